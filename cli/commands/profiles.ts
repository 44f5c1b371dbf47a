import { describePolicy, parsePolicy } from "../../issuer/policy/index.js";
import { describeProfile } from "../../personalize/index.js";
import type { RegisterCommand } from "../command-context.js";
import { readProfile } from "../personalization-setup.js";

export const registerProfiles: RegisterCommand = (program, run) => {
  program
    .command("profiles")
    .description("profiles of cards")
    .command("check <file>")
    .description("read a profile and say in sentences what it means")
    .addHelpText("after", "\nExample:\n  chequecard profiles check festival.yaml\n")
    .action((path: string) =>
      run(async () => {
        const profile = readProfile(path);
        const policy = parsePolicy(profile.policy);
        const sentences = [...describeProfile(profile), ...describePolicy(policy)];
        return { data: { profile, sentences }, text: sentences.join("\n") };
      }),
    );
};
