import type { Command } from "commander";
import { bytesToHex, secp256k1, visible } from "../../common/index.js";
import { shownMsat } from "../../common/languages/shown.js";
import { TERMINAL } from "../../common/languages/spoken.js";
import { fingerprint } from "../../offline/fingerprint.js";
import type { AcceptancePack } from "../../offline/pack.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { askNode } from "../node/ask-node.js";
import { withCarriedFile } from "../offline/code-pictures.js";
import {
  expectTerminalKey,
  installPack,
  makeTerminalKey,
  PackShelf,
  readProfile,
} from "../offline/terminal-folder.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { confirm } from "../prompt/confirm.js";
import { formatTime } from "./invoice.js";

function key({ node }: { node: string }): CommandOutput {
  const { publicKey, isNew } = makeTerminalKey(node);
  const hex = bytesToHex(publicKey);
  const profile = readProfile(node);
  const payee = profile && bytesToHex(secp256k1.publicKey(profile.payeeKey));
  return {
    data: { publicKey: hex, fingerprint: fingerprint(publicKey), payee: payee ?? null, isNew },
    text: `${renderRecord([
      [TERMINAL.pack.key, hex],
      [TERMINAL.pack.fingerprint, fingerprint(publicKey)],
      [TERMINAL.pack.payee, payee ?? TERMINAL.pack.ownNode],
    ])}\n${TERMINAL.pack.send(`chequecard issuer pack make --for ${hex} --payee ${payee ?? "NODE-ID"}`)}`,
  };
}

interface InstallOptions {
  readonly node: string;
  readonly issuer?: string;
}

async function networkOf(context: CommandContext, folder: string) {
  const profile = readProfile(folder);
  return profile?.network ?? (await askNode(folder, "info", {}, context.signal)).answer.network;
}

async function install(
  context: CommandContext,
  files: readonly string[],
  options: InstallOptions,
): Promise<CommandOutput> {
  const network = await networkOf(context, options.node);
  const pack = await withCarriedFile(context, files, "pack", options.node, (file) =>
    installPack(file, {
      folder: options.node,
      network,
      now: Math.floor(Date.now() / 1000),
      trust: (found) => isMeant(context, found, options.issuer),
    }),
  );
  return {
    data: packData(pack),
    text: `${renderPack(pack)}\n${TERMINAL.pack.installed}`,
  };
}

/** The first pack of an issuer: its fingerprint is compared, by option or by a person. @throws InputError */
async function isMeant(context: CommandContext, pack: AcceptancePack, said: string | undefined) {
  const found = fingerprint(pack.issuer);
  if (said === undefined) return await confirm(context, TERMINAL.pack.isRight(visible(pack.name), found));
  const wanted = said.toLowerCase().trim();
  return (
    wanted === found ||
    wanted.replaceAll("-", "") === found.replaceAll("-", "") ||
    wanted === bytesToHex(pack.issuer)
  );
}

const packData = (pack: AcceptancePack) => ({
  issuer: bytesToHex(pack.issuer),
  fingerprint: fingerprint(pack.issuer),
  name: pack.name,
  label: pack.label,
  sequence: pack.sequence.toString(),
  madeAt: pack.madeAt,
  validUntil: pack.validUntil,
  denied: pack.denied.length,
  keySets: pack.keySets.length,
  forwardingWindow: pack.forwardingWindow,
  floorLimits: pack.floorLimits,
  guarantee: pack.guarantee,
});

const renderPack = (pack: AcceptancePack): string => {
  const { floorLimits: floor, guarantee } = pack;
  return renderRecord([
    [TERMINAL.pack.issuer, `${visible(pack.name)}, ${fingerprint(pack.issuer)}`],
    [TERMINAL.pack.label, visible(pack.label)],
    [TERMINAL.pack.number, pack.sequence.toString()],
    [TERMINAL.pack.made, formatTime(pack.madeAt)],
    [TERMINAL.pack.until, formatTime(Math.min(pack.validUntil, pack.madeAt + floor.maxPackAgeSeconds))],
    [TERMINAL.pack.denied, String(pack.denied.length)],
    [TERMINAL.pack.oneSale, shownMsat(floor.perSale)],
    [TERMINAL.pack.oneCard, shownMsat(floor.perCard)],
    [TERMINAL.pack.all, TERMINAL.pack.allOf(shownMsat(floor.perTerminal), floor.maxSales)],
    [TERMINAL.pack.within, TERMINAL.pack.hours(Math.floor(pack.forwardingWindow / 3600))],
    [
      TERMINAL.pack.guarantee,
      guarantee
        ? TERMINAL.pack.guaranteed(shownMsat(guarantee.perCard), shownMsat(guarantee.total))
        : TERMINAL.pack.noGuarantee,
    ],
  ]);
};

function show({ node }: { node: string }): CommandOutput {
  const packs = new PackShelf(node, expectTerminalKey(node)).packs();
  return {
    data: { packs: packs.map(packData) },
    text: packs.length
      ? packs.map(renderPack).join("\n\n")
      : TERMINAL.pack.none(`chequecard terminal pack key --node ${node}`),
  };
}

/** Adds `terminal pack`. */
export function registerTerminalPack(terminal: Command, run: RunAction): void {
  const pack = terminal
    .command("pack")
    .description("acceptance packs: what an issuer gives so that its cards can pay without a connection");
  const inFolder = (command: Command): Command =>
    command.requiredOption(
      "--node <folder>",
      "the terminal's folder: a node's, or one with deputy-profile.json",
    );
  inFolder(pack.command("key").description("the key that issuers make packs for; makes it at the first time"))
    .addHelpText("after", "\nExample:\n  chequecard terminal pack key --node shop\n")
    .action((options: { node: string }) => run(async () => key(options)));
  inFolder(pack.command("install <file...>").description("install a pack, or the newer one of an issuer"))
    .option(
      "--issuer <fingerprint>",
      "the issuer's fingerprint or key, instead of the question at its first pack",
    )
    .addHelpText(
      "after",
      `
<file> is a pack, or a folder with PNG pictures of its QR codes, or these pictures.

Examples:
  chequecard terminal pack install bar-1.pack --node shop
  chequecard terminal pack install codes --node shop
`,
    )
    .action((files: string[], options: InstallOptions) => run((context) => install(context, files, options)));
  inFolder(pack.command("show").description("the installed packs, with limits and age")).action(
    (options: { node: string }) => run(async () => show(options)),
  );
}
