import { sha256 } from "@noble/hashes/sha2.js";
import {
  KEY_CHECK_LENGTH,
  LIFECYCLE,
  MAX_NODE_URI_LENGTH,
  SEALED_BODY_LENGTH,
} from "../../apdu/constants.js";
import { concatBytes, u16 } from "../../common/index.js";
import {
  BOLT_CARD_NAME,
  COUNTER_LENGTH,
  KEY_LENGTH,
  MAX_BASE_LENGTH,
  UID_LENGTH,
} from "../bolt-card/state.js";
import type { JournalEntry, MemoryImage } from "../runtime/persistent-memory.js";

/** What the applet keeps, by the names of its Java fields. */
export interface AppletMemory {
  readonly places: Readonly<Record<string, Uint8Array>>;
  readonly journal: readonly JournalEntry[];
}

const ZEROS = (length: number): Uint8Array => new Uint8Array(length);
const filled = (bytes: Uint8Array, length: number): Uint8Array => {
  const out = new Uint8Array(length);
  out.set(bytes);
  return out;
};

/** Reads what the bridge saved (applet/harness, CardImage.java). */
export function readMemory(saved: Uint8Array): AppletMemory {
  let at = 0;
  const u8 = (): number => saved[at++] ?? 0;
  const length = (): number => (u8() << 8) | u8();
  const take = (n: number): Uint8Array => {
    at += n;
    return saved.slice(at - n, at);
  };
  const name = (): string => new TextDecoder().decode(take(u8()));
  const places: Record<string, Uint8Array> = {};
  for (let left = length(); left > 0; left--) {
    const place = name();
    places[place] = take(length());
  }
  const journal: JournalEntry[] = [];
  for (let left = length(); left > 0; left--) {
    const cell = name();
    const offset = length();
    journal.push({ cell, offset, old: take(length()) });
  }
  return { places, journal };
}

/** What the bridge loads. */
export function writeMemory({ places, journal }: AppletMemory): Uint8Array {
  const name = (text: string) => concatBytes(Uint8Array.of(text.length), new TextEncoder().encode(text));
  const bytes = (content: Uint8Array) => concatBytes(u16(content.length), content);
  return concatBytes(
    u16(Object.keys(places).length),
    ...Object.entries(places).map(([place, content]) => concatBytes(name(place), bytes(content))),
    u16(journal.length),
    ...journal.map(({ cell, offset, old }) => concatBytes(name(cell), u16(offset), bytes(old))),
  );
}

const APPLICATION = "card-application/";
const DOMAIN = "issuer-security-domain/";
/** Places that lie in pieces of one array, by the names of the simulated card's cells. */
const PIECES: readonly (readonly [cell: string, place: string, offset: number, length: number])[] = [
  ["lifecycle", "card.lifecycle", 0, 1],
  ["card-id", "card.cardId", 0, 8],
  ["key-set-id", "card.keySetId", 0, 4],
  ["published", "card.published", 0, 1],
  ["credit", "ledger.limits", 0, 8],
  ["max-per-transaction", "ledger.limits", 8, 8],
  ["pin-threshold", "ledger.limits", 16, 8],
  ["no-pin-budget", "ledger.limits", 24, 8],
  ["max-transactions", "ledger.limits", 32, 4],
  ["sequence", "ledger.sequence", 0, 4],
  ["counter", "ledger.spent", 0, 4],
  ["authorized", "ledger.spent", 4, 8],
  ["no-pin-spent", "ledger.spent", 12, 8],
  ["ring", "ledger.ring", 0, 212],
];
const DOMAIN_CELLS = [
  ["serial", "domain.serial"],
  ["parameter-i", "domain.parameterI"],
  ["keys", "domain.keys"],
  ["failures", "domain.failures"],
] as const;

/** The applet's memory as the cells of a simulated card: the same state, told in the same words. */
export function cellsOf({ places }: AppletMemory): Record<string, Uint8Array> {
  const place = (name: string): Uint8Array => places[name] ?? ZEROS(0);
  const is = (name: string): boolean => place(name)[0] === 1;
  const [high = 0, low = 0] = place("card.nodeUriLength");
  const uriLength = (high << 8) | low;
  const uri = concatBytes(Uint8Array.of(uriLength), place("card.nodeUri").subarray(0, uriLength));
  const cells: Record<string, Uint8Array> = {
    "seal-key": filled(place("keys.seal"), 16),
    "issuer-point": filled(place("keys.issuer"), 65),
    "node-uri": filled(uri, 1 + MAX_NODE_URI_LENGTH),
    "secret-key": filled(place("keys.secret"), 32),
    // Without its mark the pair does not count (specs/04 §5).
    point: is("keys.present") ? filled(place("keys.point"), 65) : ZEROS(65),
    certificate: is("card.certified")
      ? concatBytes(Uint8Array.of(SEALED_BODY_LENGTH), place("card.certificate"))
      : ZEROS(1 + SEALED_BODY_LENGTH),
    pin: is("pin.set") ? concatBytes(place("pin.pin.tries"), place("pin.pin.value")) : ZEROS(9),
  };
  for (const [cell, name, offset, length] of PIECES) cells[cell] = place(name).slice(offset, offset + length);
  const named = Object.entries(cells).map(([cell, content]) => [APPLICATION + cell, content] as const);
  const domain = DOMAIN_CELLS.map(([cell, name]) => [DOMAIN + cell, place(name)] as const);
  return { ...Object.fromEntries([...named, ...domain]), ...boltCellsOf(places) };
}

const BOLT_CARD = `${BOLT_CARD_NAME}/`;
/** Cells and places of the Bolt Card application that are alike, and their lengths. */
const BOLT_PIECES = [
  ["lifecycle", "bolt.face.lifecycle", 1],
  ["uid", "bolt.face.uid", UID_LENGTH],
  ["picc-key", "bolt.keys.picc", KEY_LENGTH],
  ["mac-key", "bolt.keys.mac", KEY_LENGTH],
  ["counter", "bolt.face.counter", COUNTER_LENGTH],
] as const;

/** None where it is not installed. */
function boltCellsOf(places: AppletMemory["places"]): Record<string, Uint8Array> {
  const { "bolt.face.address": text, "bolt.face.addressLength": length } = places;
  if (!text || !length) return {};
  const shown = text.subarray(0, length[1] ?? 0);
  const address = filled(concatBytes(Uint8Array.of(shown.length), shown), 1 + MAX_BASE_LENGTH);
  const cells = BOLT_PIECES.map(([cell, place, size]) => [
    BOLT_CARD + cell,
    filled(places[place] ?? ZEROS(0), size),
  ]);
  return { [`${BOLT_CARD}address`]: address, ...Object.fromEntries(cells) };
}

/** Keys of zeros stand for none. */
function boltPlaces(cells: MemoryImage["cells"]): Record<string, Uint8Array> {
  const address = cells[`${BOLT_CARD}address`];
  if (!address) return {};
  const place = ([cell, name]: (typeof BOLT_PIECES)[number]) => {
    const content = cells[BOLT_CARD + cell] ?? ZEROS(0);
    const isNone = name.startsWith("bolt.keys.") && !content.some(Boolean);
    return [name, isNone ? ZEROS(0) : content] as const;
  };
  return {
    "bolt.face.address": address.slice(1),
    "bolt.face.addressLength": Uint8Array.of(0, address[0] ?? 0),
    ...Object.fromEntries(BOLT_PIECES.map(place)),
  };
}

/** A new applet's memory with the state of a simulated card in it. */
export function withCells(fresh: AppletMemory, { cells }: Pick<MemoryImage, "cells">): AppletMemory {
  const places: Record<string, Uint8Array> = Object.fromEntries(
    Object.entries(fresh.places).map(([name, content]) => [name, content.slice()]),
  );
  const cell = (name: string): Uint8Array => cells[APPLICATION + name] ?? ZEROS(0);
  const key = (bytes: Uint8Array): Uint8Array => (bytes.some(Boolean) ? bytes : ZEROS(0));
  for (const [name, place, offset] of PIECES) places[place]?.set(cell(name), offset);
  for (const [name, place] of DOMAIN_CELLS) {
    const content = cells[DOMAIN + name];
    if (content) places[place] = content;
  }
  const uri = cell("node-uri");
  const certificate = cell("certificate");
  const point = key(cell("point"));
  const pin = cell("pin");
  const hasPin = pin.subarray(1).some(Boolean);
  const isMade = cell("lifecycle")[0] !== LIFECYCLE.BLANK && point.length > 0;
  return {
    journal: [],
    places: {
      ...places,
      "card.nodeUriLength": Uint8Array.of(0, uri[0] ?? 0),
      "card.nodeUri": filled(uri.subarray(1), MAX_NODE_URI_LENGTH),
      "card.certified": Uint8Array.of(certificate[0] ? 1 : 0),
      "card.certificate": filled(certificate.subarray(1), SEALED_BODY_LENGTH),
      "card.keyCheck": isMade ? sha256(point).slice(0, KEY_CHECK_LENGTH) : ZEROS(KEY_CHECK_LENGTH),
      "keys.secret": key(cell("secret-key")),
      "keys.point": point,
      "keys.issuer": key(cell("issuer-point")),
      "keys.seal": key(cell("seal-key")),
      "keys.present": Uint8Array.of(point.length > 0 ? 1 : 0),
      "pin.set": Uint8Array.of(hasPin ? 1 : 0),
      "pin.pin.value": hasPin ? pin.slice(1) : ZEROS(8),
      "pin.pin.tries": hasPin ? pin.slice(0, 1) : Uint8Array.of(3),
      ...boltPlaces(cells),
    },
  };
}
