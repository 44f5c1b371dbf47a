import {
  CardStatusError,
  CLA,
  command,
  decodeResponseApdu,
  encodeCommandApdu,
  INS,
  SW,
  type Transport,
} from "../apdu/index.js";
import { NDEF_FILE_ID } from "../bolt-card/constants.js";
import { decryptPicc, sunMac } from "../bolt-card/sun.js";
import { concatBytes, equalBytes, hexToBytes, u16 } from "../common/index.js";
import { secondFace } from "../host/bolt-card/read-tag.js";
import type { FaceKeys, FaceReading } from "./face-registry.js";

/** What the second face of a card is: the application for it is missing, empty, or filled. */
export type FaceStage = "absent" | "blank" | "personalized";

const SELECT_SILENTLY = 0x0c;
/** More than the file has. */
const READ_ALL = 256;

/** Selects the application and says how far it is; the counter stays. @throws CardStatusError; TransportError */
export const faceStage = async (transport: Transport): Promise<FaceStage> =>
  (await secondFace(transport)) ?? "absent";

/** Reads the address of the selected application: its counter is one higher then. @throws CardStatusError; TransportError */
export async function readAddress(transport: Transport): Promise<string> {
  const selection = command(CLA.ISO, INS.SELECT, { p2: SELECT_SILENTLY, data: u16(NDEF_FILE_ID) });
  const { sw } = decodeResponseApdu(await transport.transmit(encodeCommandApdu(selection)));
  if (sw !== SW.OK) throw new CardStatusError("SELECT", sw);
  const first = await readBinary(transport, 0);
  const [, messageLength = 0, , , payloadLength = 0] = first;
  // The longest address fills the file, which is a byte longer than a read.
  const isCut = first.length < 2 + messageLength;
  const file = isCut ? concatBytes(first, await readBinary(transport, first.length)) : first;
  const isWhole = messageLength === payloadLength + 4 && file.length >= 2 + messageLength;
  return isWhole ? Buffer.from(file.subarray(7, 6 + payloadLength)).toString("latin1") : "";
}

async function readBinary(transport: Transport, offset: number): Promise<Uint8Array> {
  const [p1 = 0, p2 = 0] = u16(offset);
  const read = command(CLA.ISO, INS.READ_BINARY, { p1, p2, le: READ_ALL });
  const { data, sw } = decodeResponseApdu(await transport.transmit(encodeCommandApdu(read)));
  if (sw !== SW.OK) throw new CardStatusError("READ BINARY", sw);
  return data;
}

/** The reading in an address, where it is the face's own; undefined for any other. */
export function ownReading(
  address: string,
  base: string,
  uid: Uint8Array,
  keys: FaceKeys,
): FaceReading | undefined {
  const values = /^([0-9A-F]{32})&c=([0-9A-F]{16})$/.exec(address.slice(base.length));
  if (!address.startsWith(base) || !values) return undefined;
  const [p, c] = values.slice(1).map((hex) => hexToBytes(hex.toLowerCase()));
  const picc = p && decryptPicc(keys.piccKey, p);
  if (!p || !c || !picc || !equalBytes(picc.uid, uid)) return undefined;
  return equalBytes(sunMac(keys.macKey, uid, picc.counter), c) ? { counter: picc.counter, p, c } : undefined;
}
