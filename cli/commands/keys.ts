import { basename } from "node:path";
import { bytesToHex } from "../../common/index.js";
import { KeyFile, type KeySource } from "../../keys/index.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { issuerOf } from "../issuer/folder.js";
import type { CommandOutput } from "../output.js";
import { askSecret } from "../prompt/ask.js";
import { askCardKey } from "../prompt/card-key.js";
import { askNewPassphrase } from "../prompt/new-passphrase.js";
import { renderTable } from "../table.js";

function shown(keys: KeySource): CommandOutput {
  const keySets = keys.keySets();
  const masterKeys = keys.masterKeys();
  const batchKeys = keys.batchKeys();
  return {
    data: { keySets, masterKeys, batchKeys },
    text: [
      renderTable(
        ["KEY SET", "LABEL", "ISSUER KEY"],
        keySets.map((set) => [bytesToHex(set.id), set.label, bytesToHex(set.issuerPublicKey)]),
      ),
      renderTable(
        ["CARD KEYS", "DIVERSIFICATION"],
        masterKeys.map(({ version, diversification }) => [String(version), diversification]),
      ),
      ...(batchKeys.length === 0
        ? []
        : [
            renderTable(
              ["BATCH KEY", "LABEL"],
              batchKeys.map(({ id, label }) => [bytesToHex(id), label]),
            ),
          ]),
    ].join("\n\n"),
  };
}

/** A change of a key file. */
interface KeyChange {
  /** Its name in the audit log of the issuer in whose folder the file lies. */
  readonly action: string;
  /** Nothing secret. */
  readonly asked?: object;
  change(file: KeyFile): Promise<unknown>;
}

/** Opens the file, changes it, and shows what is in it now. */
async function withFile(context: CommandContext, path: string, changed?: KeyChange): Promise<CommandOutput> {
  const passphrase = await askSecret(context, {
    question: `Passphrase of ${path}`,
    variable: "CHEQUECARD_PASSPHRASE",
  });
  const file = await KeyFile.open(path, passphrase).finally(() => passphrase.fill(0));
  try {
    if (changed) {
      const { action, asked = {}, change } = changed;
      await audited(issuerOf(path), { action, asked: { file: basename(path), ...asked } }, () =>
        change(file),
      );
    }
    return shown(file);
  } finally {
    await file.close();
  }
}

async function create(context: CommandContext, path: string, label: string): Promise<CommandOutput> {
  const passphrase = await askNewPassphrase(context, { variable: "CHEQUECARD_PASSPHRASE" });
  const file = await KeyFile.create(path, passphrase, label).finally(() => passphrase.fill(0));
  try {
    return shown(file);
  } finally {
    await file.close();
  }
}

export const registerKeys: RegisterCommand = (program, run) => {
  const keys = program
    .command("keys")
    .description("the issuer's key file (passphrase: CHEQUECARD_PASSPHRASE, or asked for)");
  keys
    .command("create <file>")
    .description("make a key file with a key set, an issuer key and a master key for cards")
    .option("--label <text>", "name of the key set", "cards")
    .action((path: string, options: { label: string }) =>
      run((context) => create(context, path, options.label)),
    );
  keys
    .command("show <file>")
    .alias("list")
    .description("list key sets and master keys; no secret is shown")
    .action((path: string) => run((context) => withFile(context, path)));
  keys
    .command("add-key-set <file>")
    .description("add a key set for new cards; older cards keep theirs")
    .requiredOption("--label <text>", "its name")
    .option("--new-issuer-key", "with an issuer key of its own")
    .action((path: string, options: { label: string; newIssuerKey?: boolean }) =>
      run((context) =>
        withFile(context, path, {
          action: "keys add-key-set",
          asked: options,
          change: (file) =>
            file.addKeySet({ label: options.label, newIssuerKey: options.newIssuerKey ?? false }),
        }),
      ),
    );
  keys
    .command("add-batch <file>")
    .description("add a batch key for Bolt Cards; new ones get it, and those of the one before still pay")
    .requiredOption("--label <text>", "its name")
    .option(
      "--import",
      "take the issuer key of another server (32 hex digits from CHEQUECARD_CARD_KEY, or asked for)",
    )
    .action((path: string, options: { label: string; import?: boolean }) =>
      run(async (context) => {
        const key = options.import ? await askCardKey(context) : undefined;
        return withFile(context, path, {
          action: "keys add-batch",
          asked: options,
          change: (file) => file.addBatchKey({ label: options.label, ...(key === undefined ? {} : { key }) }),
        });
      }),
    );
  keys
    .command("add-card-keys <file>")
    .description("add a master key for the static keys of cards")
    .requiredOption("--key-version <number>", "1 to 127, or 255 for factory keys")
    .option("--import", "take an existing key (32 hex digits from CHEQUECARD_CARD_KEY, or asked for)")
    .option("--undiversified", "the same key on every card, as some are delivered")
    .action((path: string, options: { keyVersion: string; import?: boolean; undiversified?: boolean }) =>
      run(async (context) => {
        const key = options.import ? await askCardKey(context) : undefined;
        return withFile(context, path, {
          action: "keys add-card-keys",
          asked: options,
          change: (file) =>
            file.addMasterKey({
              version: /^\d{1,3}$/.test(options.keyVersion) ? Number.parseInt(options.keyVersion, 10) : 0,
              diversification: options.undiversified ? "none" : "kdf3",
              ...(key === undefined ? {} : { key }),
            }),
        });
      }),
    );
  keys
    .command("passphrase <file>")
    .description("change the passphrase (the new one: CHEQUECARD_NEW_PASSPHRASE, or asked for)")
    .action((path: string) =>
      run((context) =>
        withFile(context, path, {
          action: "keys passphrase",
          change: async (file) => {
            const next = await askNewPassphrase(context, { variable: "CHEQUECARD_NEW_PASSPHRASE" });
            await file.changePassphrase(next).finally(() => next.fill(0));
          },
        }),
      ),
    );
};
