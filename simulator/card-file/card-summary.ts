import { LIFECYCLE, type LifecycleByte } from "../../apdu/constants.js";
import { readU32, readU64 } from "../../common/index.js";
import { BOLT_CARD_NAME, STAGE } from "../bolt-card/state.js";
import type { CardProtocol } from "../runtime/protocol.js";
import { readCardFile } from "./card-file.js";

/** What a card file says of its card, without any key or PIN. Amounts in millisatoshi. */
export interface CardSummary {
  readonly protocol: CardProtocol;
  readonly lifecycle: LifecycleByte;
  /** 8 bytes; zeros when blank. */
  readonly cardId: Uint8Array;
  readonly nodeUri: string | undefined;
  readonly credit: bigint;
  readonly authorized: bigint;
  readonly available: bigint;
  readonly maxPerTransaction: bigint;
  readonly pinThreshold: bigint;
  readonly noPinBudget: bigint;
  readonly noPinSpent: bigint;
  readonly counter: number;
  readonly maxTransactions: number;
  readonly updateSequence: number;
  readonly pinTriesLeft: number | undefined;
  /** What its certificate says (specs/02 §3.4); its signature is not verified. Undefined without one. */
  readonly certificate: { readonly offlineLimit: bigint; readonly validUntilSeconds: number } | undefined;
  /** Its second face (specs/10 §8); undefined where that application is not installed. */
  readonly boltCard: BoltCardSummary | undefined;
}

/** What a card file says of the second face, without its keys. */
export interface BoltCardSummary {
  readonly lifecycle: "blank" | "personalized";
  /** The address before the value of p; empty when blank. */
  readonly base: string;
  /** 7 bytes; zeros when blank. */
  readonly uid: Uint8Array;
  /** Reads of the address so far. */
  readonly counter: number;
}

/**
 * Reads a card file without locking it; a card in use is shown as it was last saved. A transaction that was
 * torn is rolled back in what is shown, not in the file.
 * @throws CardFileError
 */
export function summarizeCardFile(path: string): CardSummary {
  const { protocol, memory } = readCardFile(path);
  for (const { cell, offset, old } of memory.journal.toReversed()) memory.cells[cell]?.set(old, offset);
  const cell = (name: string): Uint8Array => memory.cells[`card-application/${name}`] ?? new Uint8Array(8);
  const amount = (name: string) => readU64(cell(name));
  const uri = cell("node-uri");
  const body = cell("certificate");
  const [tries = 0, ...pin] = cell("pin");
  // 00: its RESET was torn, and it will show itself blank.
  const lifecycle = (cell("lifecycle")[0] || LIFECYCLE.BLANK) as LifecycleByte;
  const credit = amount("credit");
  const authorized = amount("authorized");
  return {
    protocol,
    lifecycle,
    cardId: cell("card-id"),
    nodeUri:
      lifecycle === LIFECYCLE.BLANK
        ? undefined
        : Buffer.from(uri.subarray(1, 1 + (uri[0] ?? 0))).toString("latin1"),
    credit,
    authorized,
    available: credit - authorized,
    maxPerTransaction: amount("max-per-transaction"),
    pinThreshold: amount("pin-threshold"),
    noPinBudget: amount("no-pin-budget"),
    noPinSpent: amount("no-pin-spent"),
    counter: readU32(cell("counter")),
    maxTransactions: readU32(cell("max-transactions")),
    updateSequence: readU32(cell("sequence")),
    pinTriesLeft: pin.some((byte) => byte !== 0) ? tries : undefined,
    certificate: body[0]
      ? { validUntilSeconds: readU32(body, 1 + 42), offlineLimit: readU64(body, 1 + 46) }
      : undefined,
    boltCard: boltCardSummary(memory.cells),
  };
}

function boltCardSummary(cells: Readonly<Record<string, Uint8Array>>): BoltCardSummary | undefined {
  const cell = (name: string) => cells[`${BOLT_CARD_NAME}/${name}`] ?? new Uint8Array(8);
  const counter = cells[`${BOLT_CARD_NAME}/counter`];
  if (!counter) return undefined;
  const isPersonalized = cell("lifecycle")[0] === STAGE.PERSONALIZED;
  const address = cell("address");
  return {
    lifecycle: isPersonalized ? "personalized" : "blank",
    base: isPersonalized ? Buffer.from(address.subarray(1, 1 + (address[0] ?? 0))).toString("latin1") : "",
    uid: isPersonalized ? cell("uid") : new Uint8Array(7),
    counter: readU32(Uint8Array.of(0, ...counter)),
  };
}
