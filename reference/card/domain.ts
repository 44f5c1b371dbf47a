import { hex, unhex } from "../bytes.js";
import { aesDecrypt } from "../crypto.js";
import { keyCheckValue } from "../scp03.js";
import { tlv } from "../tlv.js";
import {
  accept,
  type Card,
  diversificationOf,
  exactly,
  type KeySlot,
  type Outcome,
  refuse,
} from "./state.js";

/** The simulated security domain (specs/04 §12), as far as the vectors meet it. */
const SLOTS = 3;
const byte = (value: number): string => value.toString(16).padStart(2, "0");

const OBJECTS: Readonly<Record<number, (card: Card) => string>> = {
  // Production data: fabricator, type, batch and serial number; the rest is zero.
  40831: ({ serial }) =>
    tlv("9f7f", `43515343${"00".repeat(8)}${serial.slice(4)}${serial.slice(0, 4)}`.padEnd(84, "0")),
  // Key information: identifier, version, type AES, length of every key.
  224: ({ slots }) =>
    tlv(
      "e0",
      slots
        .flatMap(({ version }) => [1, 2, 3].map((id) => tlv("c0", `${byte(id)}${byte(version)}8810`)))
        .join(""),
    ),
  // Card recognition data: GlobalPlatform 2.3, SCP03 with the parameter i.
  102: ({ i }) => {
    const identifier = (...rest: number[]) => tlv("06", `2a864886fc6b${rest.map(byte).join("")}`);
    const names =
      identifier(1) +
      tlv("60", identifier(2, 2, 3)) +
      tlv("63", identifier(3)) +
      tlv("64", identifier(4, 3, i));
    return tlv("66", tlv("73", names));
  },
};

/** A command of the domain, its data in clear. @param session version of the channel's keys, undefined without one */
export function domainCommand(
  card: Card,
  ins: number,
  p1p2: number,
  data: Uint8Array,
  session: number | undefined,
): Outcome {
  switch (ins) {
    case 0xca: {
      const object = OBJECTS[p1p2];
      return object ? accept(card, exactly(object(card))) : refuse(card, "6a88");
    }
    case 0xd8:
      return session === undefined ? refuse(card, "6982") : putKey(card, p1p2, data, session);
    case 0xf2:
      return session === undefined ? refuse(card, "6982") : accept(card, { kind: "any" });
    case 0xa4:
      return refuse(card, "6a82");
    default:
      return refuse(card, "6d00");
  }
}

/** One key of PUT KEY: type, length, key under Key-DEK, check value (specs/04 §8.5). */
function putKeyField(field: string, dek: string): string | undefined {
  if (!field.startsWith("881110") || field.slice(38, 40) !== "03") return undefined;
  const key = hex(aesDecrypt(unhex(dek), Buffer.alloc(16), unhex(field.slice(6, 38))));
  return keyCheckValue(key) === field.slice(40) ? key : undefined;
}

/** PUT KEY (specs/04 §8.5): all three keys or none. */
function putKey(card: Card, p1p2: number, data: Uint8Array, session: number): Outcome {
  if ((p1p2 & 0x80ff) !== 0x81) return refuse(card, "6a86");
  if (data.length !== 70) return refuse(card, "6700");
  const current = card.slots.find((slot) => slot.version === session);
  const version = data[0] ?? 0;
  if (!current) return refuse(card, "6a88");
  const [enc, mac, dek] = [1, 24, 47].map((at) => putKeyField(hex(data.subarray(at, at + 23)), current.dek));
  if (version < 1 || version > 127 || !enc || !mac || !dek) return refuse(card, "6a80");
  const replaced = p1p2 >> 8;
  const factory = card.slots.findIndex((slot) => slot.version === 255);
  const added = factory < 0 ? card.slots.length : factory;
  const at = replaced === 0 ? added : card.slots.findIndex((slot) => slot.version === replaced);
  if (at < 0) return refuse(card, "6a88");
  if (at >= SLOTS) return refuse(card, "6a84");
  if (card.slots.some((slot, i) => slot.version === version && i !== at)) return refuse(card, "6a80");
  const slots: KeySlot[] = [...card.slots];
  slots[at] = { version, enc, mac, dek, sequence: 0 };
  const checks = [enc, mac, dek].map(keyCheckValue).join("");
  return accept({ ...card, slots }, exactly(byte(version) + checks));
}

/** Answer to INITIALIZE UPDATE up to the card's challenge, and the static keys of that version. */
export const domainInformation = (): string =>
  tlv("6f", tlv("84", "a000000151000000") + tlv("a5", "9f6501ff"));
export const slotOf = (card: Card, version: number): KeySlot | undefined =>
  version === 0 ? card.slots[0] : card.slots.find((slot) => slot.version === version);
export const helloHead = (card: Card, version: number): string =>
  `${hex(diversificationOf(card))}${byte(version)}03${byte(card.i)}`;
export const nextSequence = (card: Card, version: number): Card => ({
  ...card,
  slots: card.slots.map((slot) =>
    slot.version === version ? { ...slot, sequence: slot.sequence + 1 } : slot,
  ),
});
