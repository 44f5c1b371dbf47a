import type { RegisterCommand } from "../command-context.js";
import { type IssuerChoice, issuerOption, passphraseOption } from "../issuer/folder.js";
import {
  listIssuerPacks,
  type MakeOptions,
  makeIssuerPack,
  revokeIssuerPacks,
  showIssuerPack,
} from "../issuer/packs.js";
import { type YesOption, yesOption } from "../prompt/confirm.js";

const PACK_ARGUMENT = "a pack's number, or the key, fingerprint or label of its terminal";

export const registerIssuerPack: RegisterCommand = (program, run) => {
  const issuer = program.commands.find((command) => command.name() === "issuer");
  if (!issuer) throw new Error("the command issuer comes first");
  const pack = issuer
    .command("pack")
    .description("what terminals need to accept cards while nobody has a connection");
  passphraseOption(issuerOption(pack.command("make").description("make a pack for one terminal")))
    .requiredOption("--for <key>", "the terminal's public key: chequecard terminal pack key shows it")
    .requiredOption("--payee <id>", "node id of the deputy whose invoices the terminal makes")
    .requiredOption("--label <text>", "what you call the terminal, such as Bar 1")
    .requiredOption("--name <text>", "what its merchant calls you")
    .requiredOption("--node <uri...>", "your nodes, pubkey@host:port each, as the cards name them")
    .option("--key-set <id...>", "key sets whose cards it may accept, by id or label; default: all")
    .option("--out <file>", "where to write it; default: pack-<number>.cqpack in this folder")
    .option("--qr <folder>", "a new folder for pictures of its QR codes, instead of a file or with --out")
    .addHelpText(
      "after",
      `
Floor limits, validity and guarantee stand in the section offline of issuer.yaml (docs/issuer.md). The file has mode 600
and opens with the terminal's key alone. Who holds it can link the taps of these cards; it moves no money.

Example:
  chequecard issuer pack make --issuer festival --for 02ab... --payee 03cd... --label "Bar 1" \\
    --name "Harbour festival" --node 02ef...@pay.festival.example:9735
`,
    )
    .action((options: MakeOptions) => run((context) => makeIssuerPack(context, options)));
  issuerOption(pack.command("list").description("every pack that was given out")).action(
    (options: IssuerChoice) => run((context) => listIssuerPacks(context, options)),
  );
  issuerOption(
    pack.command("show <pack>").description(`one pack, without its keys (<pack>: ${PACK_ARGUMENT})`),
  ).action((name: string, options: IssuerChoice) => run((context) => showIssuerPack(context, name, options)));
  yesOption(
    issuerOption(
      pack
        .command("revoke <pack>")
        .description(`take every pack of a terminal out of use, for ever (<pack>: ${PACK_ARGUMENT})`),
    ),
  ).action((name: string, options: IssuerChoice & YesOption) =>
    run((context) => revokeIssuerPacks(context, name, options)),
  );
};
