import {
  CARD_AID,
  CardStatusError,
  CLA,
  type CommandApdu,
  command,
  decodeResponseApdu,
  encodeCommandApdu,
  formatSw,
  INS,
  ISSUER_SECURITY_DOMAIN_AID,
  type SecureChannel,
  type SelectResponse,
  SW,
  select,
  send,
  type Transport,
  unwrapTlv,
} from "../apdu/index.js";
import { bytesToHex, concatBytes, hexToBytes, ParseError } from "../common/index.js";
import { PersonalizationError } from "./errors.js";
import { type FaceStage, faceStage } from "./face-reading.js";
import { type KeyInformation, readKeyInformation, requireUsableKeys } from "./key-information.js";

const PRODUCTION_DATA = 0x9f7f;
const KEY_INFORMATION = 0xe0;
/** Length of the production data, which some cards send without their tag. */
const PRODUCTION_LENGTH = 42;
const MIN_PRODUCTION_LENGTH = 18;
const LETTERS = /^[A-Za-z]{4}$/;

/** What a card says of itself before anybody authenticates. */
export interface Probe {
  /** Names the chip in the journal: parts of its production data that never change, hex. */
  readonly chip: string;
  /** Keys of its security domain; undefined when it does not tell. */
  readonly keys: KeyInformation | undefined;
  readonly application: SelectResponse;
  /** How far its second face is; undefined when that was not asked. */
  readonly face: FaceStage | undefined;
}

const getDataCommand = (tag: number): CommandApdu =>
  command(CLA.PROPRIETARY, INS.GET_DATA, { p1: tag >> 8, p2: tag & 0xff, le: 256 });

/** What cards tell to anyone, or not: any refusal means that this one does not. */
async function getData(
  transport: Transport,
  tag: number,
): Promise<{ readonly data: Uint8Array | undefined; readonly sw: number }> {
  const { data, sw } = decodeResponseApdu(await transport.transmit(encodeCommandApdu(getDataCommand(tag))));
  return { data: sw === SW.OK ? data : undefined, sw };
}

/**
 * Fabricator, type, fabrication date, serial number and batch: what personalization and issuers do not change
 * (specs/04 §8.1). @throws ParseError; PersonalizationError `unsupported-card` for a serial number that is none
 */
function chipName(object: Uint8Array): string {
  const path = "production data";
  const bare = object.length === PRODUCTION_LENGTH && !(object[0] === 0x9f && object[1] === 0x7f);
  const data = bare ? object : unwrapTlv(object, PRODUCTION_DATA, path);
  if (data.length < MIN_PRODUCTION_LENGTH)
    throw new ParseError(`${path}/9F7F`, `need at least ${MIN_PRODUCTION_LENGTH} bytes, have ${data.length}`);
  const serial = data.subarray(12, 16);
  const letters = Buffer.from(serial).toString("latin1");
  const constant = ["ffffffff", "00000000"].includes(bytesToHex(serial));
  if (constant || LETTERS.test(letters))
    throw new PersonalizationError(
      "unsupported-card",
      `the serial number in the card's production data is ${constant ? bytesToHex(serial).toUpperCase() : `the text "${letters}"`}, the same on every card of its kind`,
      { hint: NO_NAME },
    );
  return bytesToHex(concatBytes(data.subarray(0, 4), data.subarray(10, 18)));
}

const NO_NAME = "Without a name of its chip a half-done card cannot be recognised; use another kind of card.";

/** Finds the application under the security domain. @throws PersonalizationError `no-application`, `unsupported-card` */
async function selectApplication(transport: Transport): Promise<SelectResponse> {
  try {
    return await send(transport, select, { aid: CARD_AID });
  } catch (cause) {
    if (cause instanceof CardStatusError && cause.sw === SW.NOT_FOUND)
      throw new PersonalizationError("no-application", "the card application is not on this card", {
        cause,
        hint: "Load the application onto the card first.",
      });
    if (cause instanceof ParseError && cause.path.endsWith("/major"))
      throw new PersonalizationError("unsupported-card", cause.message, { cause, hint: cause.hint ?? "" });
    throw cause;
  }
}

/** AIDs of issuer security domains: GlobalPlatform's, that of older cards, Gemalto's. */
const DOMAIN_AIDS = [
  ISSUER_SECURITY_DOMAIN_AID,
  hexToBytes("a000000003000000"),
  hexToBytes("a000000018434d00"),
] as const;
/** 6283: the card is locked and its domain selected all the same. */
const SELECTED: readonly number[] = [SW.OK, SW.DOMAIN_LOCKED];

/**
 * Selects the issuer security domain: without an AID, as GlobalPlatform has it for every card, and by the AIDs that are
 * known where a card does not take that (specs/04 §8.1). @throws PersonalizationError `unsupported-card`
 */
export async function selectDomain(transport: Transport): Promise<void> {
  let last: number = SW.OK;
  for (const data of [new Uint8Array(0), ...DOMAIN_AIDS]) {
    const apdu = command(CLA.ISO, INS.SELECT, { p1: 0x04, data, le: 256 });
    last = decodeResponseApdu(await transport.transmit(encodeCommandApdu(apdu))).sw;
    if (SELECTED.includes(last)) return;
  }
  throw new PersonalizationError("unsupported-card", "the card has no issuer security domain", {
    cause: new CardStatusError("SELECT", last),
    hint: "Use a GlobalPlatform card (JCOP 3 or 4, for example).",
  });
}

/** The keys of the security domain, asked for through a channel to it; undefined when the card does not tell. */
export async function keysThrough(channel: SecureChannel): Promise<KeyInformation | undefined> {
  const { data, sw } = await channel.send(getDataCommand(KEY_INFORMATION));
  return sw === SW.OK ? readKeyInformation(data) : undefined;
}

/**
 * Learns everything about a card that can be learned without changing anything: 4 APDUs, and 2 more for its second face. The
 * application is selected afterwards.
 * @throws PersonalizationError, CardStatusError, ParseError, TransportError
 */
export async function probeCard(transport: Transport, withFace = false): Promise<Probe> {
  await selectDomain(transport);
  const production = await getData(transport, PRODUCTION_DATA);
  if (!production.data)
    throw new PersonalizationError(
      "unsupported-card",
      `the card does not tell its production data (9F7F): it answered ${formatSw(production.sw)}`,
      { hint: NO_NAME },
    );
  const chip = chipName(production.data);
  const information = await getData(transport, KEY_INFORMATION);
  const keys = information.data && readKeyInformation(information.data);
  if (keys) requireUsableKeys(keys);
  const face = withFace ? await faceStage(transport) : undefined;
  const application = await selectApplication(transport);
  return { chip, keys, application, face };
}
