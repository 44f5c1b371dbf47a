import { CardStatusError } from "../../apdu/card-status-error.js";
import { type CommandApdu, command, decodeResponseApdu, encodeCommandApdu } from "../../apdu/command-apdu.js";
import { CLA, INS } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import type { Transport } from "../../apdu/transport.js";
import { CC_FILE_ID, NDEF_APPLICATION_AID } from "../../bolt-card/constants.js";
import { readNdefUri } from "../../bolt-card/ndef.js";
import { readCapabilities } from "../../bolt-card/type4.js";
import { readU16, u16 } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";

const READ_BINARY = 0xb0;
/** Bytes of the capability container that say where the message is. */
const CONTAINER = 15;
/** Longer messages are on no card that pays. */
const MAX_MESSAGE = 1024;

/**
 * The address on a Type 4 tag (specs/10 §4). The reads of its file follow each other without another command: it is another
 * address at the next row of reads.
 * @returns undefined where there is no such application
 * @throws ParseError for anything else that is no address; CardStatusError for a refusal; TransportError
 */
export async function readTag(tag: Transport): Promise<string | undefined> {
  const application = await transmit(
    tag,
    command(CLA.ISO, INS.SELECT, { p1: 0x04, data: NDEF_APPLICATION_AID, le: 256 }),
  );
  if (application.sw === SW.NOT_FOUND) return undefined;
  expectOk("SELECT", application.sw);
  await selectFile(tag, CC_FILE_ID);
  const { maxRead, ndefFile, ndefSize } = readCapabilities(await read(tag, 0, CONTAINER, CONTAINER));
  await selectFile(tag, ndefFile);
  const length = readU16(await read(tag, 0, 2, maxRead));
  if (length > Math.min(MAX_MESSAGE, ndefSize - 2))
    throw new ParseError("ndef", `need at most ${Math.min(MAX_MESSAGE, ndefSize - 2)} bytes, have ${length}`);
  return readNdefUri(await read(tag, 2, length, maxRead));
}

/**
 * How far the second face of a card is (specs/10 §8): its application is selected, and its counter stays. Cards have many
 * words for an application or a file that they lack.
 * @returns undefined where the application is missing @throws TransportError
 */
export async function secondFace(card: Transport): Promise<"blank" | "personalized" | undefined> {
  const application = command(CLA.ISO, INS.SELECT, { p1: 0x04, data: NDEF_APPLICATION_AID, le: 256 });
  if ((await transmit(card, application)).sw !== SW.OK) return undefined;
  const file = command(CLA.ISO, INS.SELECT, { p2: 0x0c, data: u16(CC_FILE_ID) });
  return (await transmit(card, file)).sw === SW.OK ? "personalized" : "blank";
}

async function selectFile(tag: Transport, file: number): Promise<void> {
  const select = command(CLA.ISO, INS.SELECT, { p2: 0x0c, data: u16(file) });
  expectOk("SELECT", (await transmit(tag, select)).sw);
}

/** `length` bytes from `offset` on, in as many reads as the tag needs, none of which may bring nothing. */
async function read(tag: Transport, offset: number, length: number, maxRead: number): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const le = Math.min(length - at, maxRead, 255);
    const [p1 = 0, p2 = 0] = u16(offset + at);
    const { data, sw } = await transmit(tag, command(CLA.ISO, READ_BINARY, { p1, p2, le }));
    expectOk("READ BINARY", sw);
    if (data.length === 0 || data.length > le)
      throw new ParseError("tag", `need 1 to ${le} bytes of a read, have ${data.length}`);
    out.set(data, at);
    at += data.length;
  }
  return out;
}

const transmit = async (tag: Transport, apdu: CommandApdu) =>
  decodeResponseApdu(await tag.transmit(encodeCommandApdu(apdu)));

function expectOk(name: string, sw: number): void {
  if (sw !== SW.OK) throw new CardStatusError(name, sw);
}
