import type { RegisterCommand } from "../command-context.js";
import { csvOptions } from "../csv-options.js";
import { type CloseEventOptions, closeEvent } from "../issuer/close-event.js";
import { DESK_PORT, type ServeOptions } from "../issuer/desk-api.js";
import {
  configPath,
  issuerFolder,
  issuerOption,
  passphraseOption,
  readIssuerConfig,
} from "../issuer/folder.js";
import { type InitOptions, initIssuer } from "../issuer/init.js";
import { serveIssuer } from "../issuer/serve.js";
import { serviceOptions } from "../issuer/service-options.js";
import { type KeyPlace, registerApiKeys } from "./api-keys.js";
import { registerWebhooks } from "./api-webhooks.js";

export const registerIssuer: RegisterCommand = (program, run) => {
  const issuer = program
    .command("issuer")
    .description("the issuer's service: verifies taps, pays them once, keeps the ledger");
  passphraseOption(
    issuer
      .command("init <folder>")
      .description("make an issuer: configuration, key file, ledger, node, and a first profile for cards"),
  )
    .option("--label <text>", "name of the key set and of the first profile", "cards")
    .option(
      "--database <file|url>",
      "the ledger: an SQLite file in the folder, or postgresql://user@host/database",
    )
    .option("--node <folder>", "an embedded node that is there already; default: a new one in the folder")
    .option("--lnd <host:port>", "an lnd as its node: host and port of its gRPC")
    .option("--certificate <file>", "lnd's tls.cert")
    .option("--macaroon <file>", "the macaroon that opens lnd")
    .option("--chain <file>", "simulated chain of the new node; default: chain.db beside the folder")
    .option("--alias <text>", "name of the new node")
    .option(
      "--address <host:port>",
      "public address of the node, which cards keep for good; default: asked for",
    )
    .option("--port <number>", "port on 127.0.0.1 for peers of the new node; cards keep it for good")
    .option("--currency <code>", "of sums at the desk, such as eur, or none; default: asked for, else none")
    .option("--pin", "every card gets a PIN, asked for above 5,000 sat; default: asked for, else none")
    .option("--no-pin", "cards have no PIN")
    .option(
      "--factory-keys <kind>",
      "keys of the blank cards, version 255: test (the published test key), known (one key for all) or derived (from a master key, KDF3); default: asked for",
    )
    .addHelpText(
      "after",
      `
What no option says is asked for. The key of known and derived is CHEQUECARD_CARD_KEY (32 hex digits), or asked for.
It ends with the commands that make a first card and run the service.

Examples:
  chequecard issuer init festival
  chequecard issuer init festival --label festival --port 9735 --address pay.festival.example:9735 \\
    --currency eur --pin --factory-keys known
`,
    )
    .action((folder: string, options: InitOptions) => run((context) => initIssuer(context, folder, options)));
  issuer
    .command("check <folder>")
    .description("read the configuration and name every mistake in it")
    .action((folder: string) =>
      run(async () => {
        readIssuerConfig(folder);
        return { data: { config: configPath(folder), good: true }, text: "The configuration is good." };
      }),
    );
  serviceOptions(issuer.command("serve <folder>").description("run the service until Ctrl-C or SIGTERM"))
    .addHelpText(
      "after",
      `
The log goes to standard output as JSON, figures and state to http://127.0.0.1:9740/metrics and /health. The other
commands (cards, report, ledger) work while it runs. With --http programs and the desk's page do the same over HTTP:
docs/api.md. With --reader the desk serves cards at that reader, and makes cards there. With --card-page
holders see what is on their cards: docs/issuer.md. With --bolt-cards it serves Bolt Cards: docs/bolt-card.md. It may be
killed at any moment: what it has promised is in the ledger, and the next start goes on with it.

Examples:
  chequecard issuer serve festival
  chequecard issuer serve festival --http --reader ACR1252
  chequecard issuer serve festival --passphrase-fd 3 3< /run/credentials/passphrase
`,
    )
    .action((folder: string, options: ServeOptions) =>
      run((context) => serveIssuer(context, folder, options)),
    );
  csvOptions(
    issuer
      .command("close-event <folder>")
      .description("block every card and list what has to be paid out")
      .option("--csv <file>", "write the list as CSV"),
    { priced: true },
  )
    .option("--cash-out-all", "book it all as paid out")
    .option("--note <text>", "kept with these bookings", "event closed")
    .option("--yes", "book it without asking, for scripts")
    .addHelpText(
      "after",
      "\nExamples:\n  chequecard issuer close-event festival --csv due.csv\n  chequecard issuer close-event festival --cash-out-all --yes\n",
    )
    .action((folder: string, options: CloseEventOptions) =>
      run((context) => closeEvent(context, folder, options)),
    );
  const place: KeyPlace = {
    of: "the issuer's desk",
    roles: ["desk", "read"],
    option: issuerOption,
    folderOf: (context, choice) => {
      const folder = issuerFolder(context, choice);
      readIssuerConfig(folder);
      return folder;
    },
    port: DESK_PORT,
    isAudited: true,
  };
  registerApiKeys(issuer, run, place);
  registerWebhooks(issuer, run, place, ["card.blocked"]);
};
