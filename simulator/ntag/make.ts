import { BOLT_KEY_LENGTH, MAX_SUN_COUNTER, UID_LENGTH } from "../../bolt-card/constants.js";
import { concatBytes, requireLength, u16, utf8, ValueError } from "../../common/index.js";
import { type CardHardware, SimulatedCard } from "../runtime/card.js";
import type { MemoryImage } from "../runtime/persistent-memory.js";
import { type ChipMemory, NOT_MIRRORED, NTAG_MEMORY, ntagApplication } from "./chip.js";

/** What an NTAG 424 DNA is programmed with. */
export interface NtagPersonalization {
  /** 7 bytes. */
  readonly uid: Uint8Array;
  /** Address up to where the card's values begin: `lnurlw://cards.example/ln`. ASCII. */
  readonly address: string;
  /** K1 and K2 of a Bolt Card, 16 bytes each. */
  readonly piccKey: Uint8Array;
  readonly macKey: Uint8Array;
  /** Shows the UID in the clear, in the place of `p`. Default false. */
  readonly plainUid?: boolean;
  /** Has the CMAC cover the address from its first character. Default false: it covers nothing, as Bolt Cards do. */
  readonly macOverAddress?: boolean;
  /** How often it was read before. Default 0. */
  readonly counter?: number;
}

/** As the chip has it at delivery: version 2.0, reads of 256 bytes, NDEF file E104 of 256 bytes, proprietary file E105. */
const CAPABILITIES = Uint8Array.of(
  ...[0x00, 0x17, 0x20, 0x01, 0x00, 0x00, 0xff],
  ...[0x04, 0x06, 0xe1, 0x04, 0x01, 0x00, 0x00, 0xff],
  ...[0x05, 0x06, 0xe1, 0x05, 0x00, 0x80, 0x82, 0x83],
);

/**
 * A programmed NTAG 424 DNA, without power.
 * @throws ValueError naming the value that is out of range
 */
export function provisionNtag(
  personalization: NtagPersonalization,
  hardware: Omit<CardHardware, "image" | "save" | "protocol"> = {},
): SimulatedCard {
  const { file, offsets } = addressFile(personalization);
  const { uid, piccKey, macKey, counter = 0 } = personalization;
  requireLength(uid, UID_LENGTH, "uid");
  requireLength(piccKey, BOLT_KEY_LENGTH, "K1");
  requireLength(macKey, BOLT_KEY_LENGTH, "K2");
  if (!Number.isInteger(counter) || counter < 0 || counter > MAX_SUN_COUNTER)
    throw new ValueError("counter", `need 0 to ${MAX_SUN_COUNTER}, have ${counter}`);
  return ntagCard(hardware, (memory) => {
    memory.uid.write(uid);
    memory.piccKey.write(piccKey);
    memory.macKey.write(macKey);
    memory.counter.write(Uint8Array.of(counter >> 16, (counter >> 8) & 0xff, counter & 0xff));
    memory.capabilities.write(CAPABILITIES);
    memory.ndef.write(file);
    memory.offsets.write(concatBytes(...offsets.map((offset) => u16(offset))));
  });
}

/** A chip with the memory of an earlier one. @throws RuntimeFault when the image is not of such a chip */
export const makeNtag = (hardware: CardHardware): SimulatedCard => ntagCard(hardware);

/** Whether a card file is of an NTAG 424 DNA. */
export const isNtag = ({ cells }: MemoryImage): boolean =>
  Object.keys(cells).some((name) => name.startsWith(`${NTAG_MEMORY}/`));

/** At PICC level until its application is selected, which answers as it does then. */
function ntagCard(hardware: CardHardware, write?: (memory: ChipMemory) => void): SimulatedCard {
  return new SimulatedCard(hardware, [], ntagApplication(write));
}

/** Length of the file, record of a URI without an abbreviation, address with places for what changes. */
function addressFile({ address, plainUid = false, macOverAddress = false }: NtagPersonalization) {
  if (!/^[\x21-\x7e]{1,180}$/.test(address))
    throw new ValueError("address", "need 1 to 180 characters of printable ASCII without spaces");
  const start = `${address}${address.includes("?") ? "&" : "?"}`;
  const [picc, ids] = plainUid ? ["", `uid=${"0".repeat(14)}x${"0".repeat(6)}`] : [`p=${"0".repeat(32)}`, ""];
  const uri = utf8(`${start}${picc}${ids}&c=${"0".repeat(16)}`);
  const file = concatBytes(u16(uri.length + 5), Uint8Array.of(0xd1, 0x01, uri.length + 1, 0x55, 0x00), uri);
  const URI_AT = 7;
  const values = URI_AT + start.length;
  const mac = URI_AT + uri.length - 16;
  const offsets = [
    plainUid ? NOT_MIRRORED : values + 2,
    plainUid ? values + 4 : NOT_MIRRORED,
    plainUid ? values + 19 : NOT_MIRRORED,
    macOverAddress ? URI_AT : mac,
    mac,
  ];
  return { file, offsets };
}
