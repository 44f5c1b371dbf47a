import { describePolicy, parsePolicy } from "../../issuer/policy/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { isLocalAddress } from "../../lightning/untrusted-uri.js";
import { describeProfile } from "../../personalize/index.js";
import type { RegisterCommand } from "../command-context.js";
import { readProfile } from "../personalization-setup.js";
import { parseNetwork } from "./invoice.js";

export const registerProfiles: RegisterCommand = (program, run) => {
  program
    .command("profiles")
    .description("profiles of cards")
    .command("check <file>")
    .description("read a profile and say in sentences what it means")
    .addHelpText("after", "\nExample:\n  chequecard profiles check festival.yaml\n")
    .option("--network <prefix>", "network on which the cards shall pay: bc, tb, tbs, bcrt or sb", "bcrt")
    .action((path: string, options: { network?: string }) =>
      run(async () => {
        const profile = readProfile(
          path,
          options.network === undefined ? undefined : parseNetwork(options.network),
        );
        const policy = parsePolicy(profile.policy);
        const sentences = [...describeProfile(profile), ...describePolicy(policy)];
        if (isLocalAddress(parseNodeUri(profile.nodeUri)))
          sentences.push(
            "WARNING: this address is reached from this machine or its own network only, and cards keep it for good.",
          );
        return { data: { profile, sentences }, text: sentences.join("\n") };
      }),
    );
};
