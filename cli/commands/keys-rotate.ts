import { basename } from "node:path";
import { bytesToHex } from "../../common/index.js";
import type { KeyFile } from "../../keys/index.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { issuerOf, passphraseOption, withIssuerKeys } from "../issuer/folder.js";
import { type CommandOutput, renderRecord } from "../output.js";

interface RotateOptions {
  readonly label: string;
  readonly keepIssuerKey?: boolean;
  readonly passphraseFd?: string;
}

async function rotate(context: CommandContext, path: string, options: RotateOptions): Promise<CommandOutput> {
  return withIssuerKeys(context, path, options.passphraseFd, async (keys: KeyFile) => {
    const { label, keepIssuerKey = false } = options;
    const set = await audited(
      issuerOf(path),
      { action: "keys rotate", asked: { file: basename(path), label, keepIssuerKey } },
      () => keys.addKeySet({ label, newIssuerKey: !keepIssuerKey }),
      ({ id }) => ({ told: { keySet: id } }),
    );
    return {
      data: { keySet: set, keySets: keys.keySets() },
      text: `${renderRecord([
        ["New key set", bytesToHex(set.id)],
        ["Label", set.label],
        ["Issuer key", bytesToHex(set.issuerPublicKey)],
      ])}
New cards get it when their profile says: key-set: "${bytesToHex(set.id)}"
Cards that are out keep theirs and go on working. Restart the service before the first new card is handed out.`,
    };
  });
}

/** Adds `keys rotate` to the commands of the key file. */
export const registerKeysRotate: RegisterCommand = (program, run) => {
  const keys = program.commands.find((command) => command.name() === "keys");
  if (!keys) throw new Error("keys rotate belongs to the command keys");
  passphraseOption(
    keys
      .command("rotate <file>")
      .description("new keys for new cards: a key set with a sealing key and an issuer key of its own"),
  )
    .requiredOption("--label <text>", "name of the new key set, such as 2027")
    .option("--keep-issuer-key", "only a new sealing key; updates are signed with the newest issuer key")
    .addHelpText(
      "after",
      `
A card keeps the keys that it was personalized with for good, so older key sets stay in the file. The passphrase is
changed with: chequecard keys passphrase <file>

Example:
  chequecard keys rotate festival/issuer.keys --label 2027
`,
    )
    .action((path: string, options: RotateOptions) => run((context) => rotate(context, path, options)));
};
