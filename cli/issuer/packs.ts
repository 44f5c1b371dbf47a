import { resolve } from "node:path";
import { bytesToHex, formatMsat, hexToBytes, msat, visible, writeDurableFile } from "../../common/index.js";
import { listPacks, type PackRow, revokePacks } from "../../issuer/ledger/packs.js";
import { makePack } from "../../issuer/service/index.js";
import type { KeySource } from "../../keys/index.js";
import { NETWORK_NAMES } from "../../lightning/network.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { fingerprint } from "../../offline/fingerprint.js";
import type { CommandContext } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { expectNewFolder, writePictures } from "../offline/code-pictures.js";
import type { CommandOutput } from "../output.js";
import { renderRecord } from "../output.js";
import { agree, type YesOption } from "../prompt/confirm.js";
import { renderTable } from "../table.js";
import { timeText } from "./card-choice.js";
import { type IssuerChoice, withIssuerKeys, withIssuerLedger } from "./folder.js";
import { readNodeId } from "./node-choice.js";

/** Options of `issuer pack make`. */
export interface MakeOptions extends IssuerChoice {
  readonly for: string;
  readonly payee: string;
  readonly label: string;
  readonly name: string;
  readonly node: readonly string[];
  readonly keySet?: readonly string[];
  readonly out?: string;
  readonly qr?: string;
  readonly passphraseFd?: string;
}

type State = "in use" | "expired" | "revoked";

function stateOf({ revoked_at, valid_until, forwarding_window }: PackRow, now: number): State {
  if (revoked_at !== null) return "revoked";
  return valid_until + 1000n * forwarding_window >= BigInt(now) ? "in use" : "expired";
}

/** A pack without any of its keys: who reads it learns nothing that opens a token. */
export const packData = (row: PackRow, now: number) => ({
  sequence: row.sequence.toString(),
  label: row.label,
  terminal: bytesToHex(row.terminal),
  terminalFingerprint: fingerprint(row.terminal),
  payee: bytesToHex(row.payee),
  issuer: bytesToHex(row.issuer),
  issuerFingerprint: fingerprint(row.issuer),
  state: stateOf(row, now),
  madeAt: timeText(row.made_at),
  validUntil: timeText(row.valid_until),
  forwardingWindowSeconds: row.forwarding_window.toString(),
  floorLimits: {
    perSale: row.per_sale,
    perCard: row.per_card,
    perTerminal: row.per_terminal,
    maxSales: row.max_sales.toString(),
    maxPackAgeSeconds: row.max_age.toString(),
  },
  denied: row.denied.toString(),
  guarantee:
    row.guaranteed_per_card === 0n
      ? null
      : {
          perCard: row.guaranteed_per_card,
          total: row.guaranteed_in_all,
          contradictions: row.contradictions === 1n,
        },
  revokedAt: row.revoked_at === null ? null : timeText(row.revoked_at),
});

/** The same for people. */
function packText(row: PackRow, now: number): string {
  const guarantee =
    row.guaranteed_per_card === 0n
      ? "none: what the issuer refuses is the merchant's loss"
      : `${formatMsat(msat(row.guaranteed_per_card))} for a card, ${formatMsat(msat(row.guaranteed_in_all))} in all${row.contradictions === 1n ? ", cards that contradicted themselves too" : ""}`;
  return renderRecord([
    ["Pack", row.sequence.toString()],
    ["Terminal", `${row.label}, key ${fingerprint(row.terminal)}`],
    ["Payee", bytesToHex(row.payee)],
    ["Issuer", `key ${fingerprint(row.issuer)}`],
    ["State", stateOf(row, now)],
    ["Made", timeText(row.made_at)],
    ["Valid until", timeText(row.valid_until)],
    ["Forward within", `${row.forwarding_window} seconds`],
    ["One sale", formatMsat(msat(row.per_sale))],
    ["One card", formatMsat(msat(row.per_card))],
    ["Terminal in all", `${formatMsat(msat(row.per_terminal))}, ${row.max_sales} sales`],
    ["Greatest age", `${row.max_age} seconds`],
    ["Denied cards", row.denied.toString()],
    ["Guarantee", guarantee],
    ["Revoked", row.revoked_at === null ? undefined : timeText(row.revoked_at)],
  ]);
}

/** `issuer pack make` */
export async function makeIssuerPack(context: CommandContext, options: MakeOptions): Promise<CommandOutput> {
  const terminal = readNodeId(options.for, "--for");
  const payee = readNodeId(options.payee, "--payee");
  const nodes = options.node.map((uri) => parseNodeUri(uri, "--node"));
  const { qr } = options;
  if (qr !== undefined) expectNewFolder(qr);
  return await withIssuerLedger(context, options, (store, config, folder) =>
    withIssuerKeys(context, config.keys, options.passphraseFd, async (keys) => {
      const now = Date.now();
      context.note("Collecting the cards that must not be accepted.");
      const keySets = options.keySet?.map((name) => keySetNamed(keys, name));
      const request = { terminal, payee, nodes, label: options.label, name: options.name, keySets };
      const entry = {
        action: "pack make",
        asked: { terminal: options.for, payee: options.payee, label: options.label, name: options.name },
      };
      const { row, file } = await audited(
        folder,
        entry,
        () => makePack({ store, keys, config }, request, now),
        (done) => ({ told: { pack: done.row.sequence.toString(), denied: done.row.denied.toString() } }),
      );
      const name = options.out ?? (qr === undefined ? `pack-${row.sequence}.cqpack` : undefined);
      const path = name === undefined ? undefined : resolve(name);
      if (path !== undefined) writeDurableFile(path, file);
      const codes = qr === undefined ? undefined : writePictures(qr, "pack", file);
      const privacy =
        "Who holds this pack and its terminal's key can link the taps of the cards of these key sets. It moves no money.";
      return {
        data: { file: path, codes, bytes: file.length, network: config.network, ...packData(row, now) },
        text: [
          packText(row, now),
          renderRecord([
            ["Network", NETWORK_NAMES[config.network]],
            ["File", path === undefined ? undefined : `${path}, ${file.length} bytes`],
            ["QR codes", codes ? `${codes.count} in ${codes.folder}` : undefined],
          ]),
          privacy,
          `Next, at the terminal: chequecard terminal pack install ${path ?? codes?.folder}\nIt asks for the issuer's key once: ${fingerprint(row.issuer)}`,
        ].join("\n\n"),
      };
    }),
  );
}

/** The id of a key set by its id or label. @throws InputError */
function keySetNamed(keys: Pick<KeySource, "keySets">, name: string): Uint8Array {
  const all = keys.keySets();
  const found = all.filter(({ id, label }) => label === name || bytesToHex(id) === name.toLowerCase());
  const [only] = found;
  if (only && found.length === 1) return only.id;
  throw new InputError(
    `--key-set: need the id or label of one key set, have "${visible(name.slice(0, 64))}"${found.length > 1 ? ", which several have" : ""}`,
    {
      hint: `The key file has: ${all.map(({ id, label }) => `${bytesToHex(id)} (${visible(label)})`).join(", ")}`,
    },
  );
}

/** `issuer pack list` */
export async function listIssuerPacks(
  context: CommandContext,
  options: IssuerChoice,
): Promise<CommandOutput> {
  return await withIssuerLedger(context, options, async (store) => {
    const now = Date.now();
    const packs = await listPacks(store.db);
    return { data: { packs: packs.map((row) => packData(row, now)) }, text: packTable(packs, now) };
  });
}

/** Packs for a report, the newest first. */
export const packTable = (packs: readonly PackRow[], now: number): string =>
  packs.length === 0
    ? "No pack was given out. Make one: chequecard issuer pack make --help"
    : renderTable(
        ["PACK", "TERMINAL", "KEY", "STATE", "VALID UNTIL", "DENIED", "ONE SALE", "IN ALL"],
        packs.map((row) => [
          row.sequence.toString(),
          visible(row.label),
          fingerprint(row.terminal),
          stateOf(row, now),
          timeText(row.valid_until),
          row.denied.toString(),
          formatMsat(msat(row.per_sale)),
          formatMsat(msat(row.per_terminal)),
        ]),
      );

/** The packs that an argument names: a sequence, a terminal's key, its fingerprint or label. @throws InputError */
function packsNamed(packs: readonly PackRow[], text: string): readonly [PackRow, ...PackRow[]] {
  const given = text.trim();
  const found = packs.filter(
    ({ sequence, terminal, label }) =>
      sequence.toString() === given ||
      bytesToHex(terminal) === given.toLowerCase() ||
      fingerprint(terminal) === given.toLowerCase() ||
      label === given,
  );
  const [first, ...others] = found;
  if (first) return [first, ...others];
  throw new InputError(
    `pack: need a pack's number, or the key, fingerprint or label of a terminal, have "${visible(given.slice(0, 80))}"`,
    { hint: 'See "chequecard issuer pack list".' },
  );
}

/** `issuer pack show` */
export async function showIssuerPack(
  context: CommandContext,
  name: string,
  options: IssuerChoice,
): Promise<CommandOutput> {
  return await withIssuerLedger(context, options, async (store) => {
    const now = Date.now();
    const [pack] = packsNamed(await listPacks(store.db), name);
    return { data: packData(pack, now), text: packText(pack, now) };
  });
}

/** `issuer pack revoke` */
export async function revokeIssuerPacks(
  context: CommandContext,
  name: string,
  options: IssuerChoice & YesOption,
): Promise<CommandOutput> {
  return await withIssuerLedger(context, options, async (store, _config, folder) => {
    const found = packsNamed(await listPacks(store.db), name);
    const terminals = new Set(found.map(({ terminal }) => bytesToHex(terminal)));
    const [{ label, terminal }] = found;
    if (terminals.size > 1)
      throw new InputError(`pack: several terminals are called "${visible(label)}"`, {
        hint: "Name one by its key or fingerprint.",
      });
    const who = `${visible(label)} (key ${fingerprint(terminal)})`;
    await agree(
      context,
      `Revoke every pack of ${who}? What it still has to forward meets the ordinary rules then, without a guarantee, and its key gets no pack again.`,
      options.yes,
    );
    const now = Date.now();
    const revoked = await audited(
      folder,
      { action: "pack revoke", asked: { terminal: bytesToHex(terminal), label } },
      () => revokePacks(store, hexToBytes(bytesToHex(terminal)), now),
      (packs) => ({ told: { packs: packs.map(({ sequence }) => sequence.toString()) } }),
    );
    const payees = new Set(found.map(({ payee }) => bytesToHex(payee)));
    const sharing = (await listPacks(store.db, now)).filter(({ payee }) => payees.has(bytesToHex(payee)));
    return {
      data: {
        terminal: bytesToHex(terminal),
        label,
        revoked: revoked.map(({ sequence }) => sequence.toString()),
        payeeInUseBy: sharing.map(({ label: other }) => other),
      },
      text: [
        revoked.length === 0
          ? `The packs of ${who} were revoked before; nothing was changed.`
          : `Revoked ${revoked.length === 1 ? "the pack" : `${revoked.length} packs`} of ${who}.`,
        ...(sharing.length === 0
          ? []
          : [
              `Its deputy is that of ${sharing.map(({ label: other }) => visible(other)).join(", ")} too, so what it forwards is still paid like theirs.`,
            ]),
        "The terminal does not know of it: it accepts cards until its pack is too old. Who holds the pack can go on linking the taps of these cards.",
      ].join("\n"),
    };
  });
}
