import {
  CARD_AID,
  CardStatusError,
  CLA,
  command,
  decodeResponseApdu,
  encodeCommandApdu,
  INS,
  ISSUER_SECURITY_DOMAIN_AID,
  readTlvs,
  type SelectResponse,
  SW,
  select,
  send,
  type Transport,
  unwrapTlv,
} from "../apdu/index.js";
import { bytesToHex, concatBytes, ParseError } from "../common/index.js";
import { PersonalizationError } from "./errors.js";

const PRODUCTION_DATA = 0x9f7f;
const KEY_INFORMATION = 0xe0;
const KEY_ENTRY = 0xc0;
const AES = 0x88;
/** Status words of a card that has no such object or command. */
const ABSENT: readonly number[] = [
  SW.REFERENCE_NOT_FOUND,
  SW.WRONG_P1P2,
  SW.WRONG_DATA,
  SW.INS_NOT_SUPPORTED,
  SW.NOT_FOUND,
];

/** What a card says of itself before anybody authenticates. */
export interface Probe {
  /** Names the chip in the journal: parts of its production data that never change, hex. */
  readonly chip: string;
  /** Versions of the AES keys of its security domain; undefined when it does not tell. */
  readonly keyVersions: readonly number[] | undefined;
  readonly application: SelectResponse;
}

async function getData(transport: Transport, tag: number): Promise<Uint8Array | undefined> {
  const apdu = command(CLA.PROPRIETARY, INS.GET_DATA, { p1: tag >> 8, p2: tag & 0xff, le: 256 });
  const { data, sw } = decodeResponseApdu(await transport.transmit(encodeCommandApdu(apdu)));
  if (ABSENT.includes(sw)) return undefined;
  if (sw !== SW.OK) throw new CardStatusError(`GET DATA ${tag.toString(16).toUpperCase()}`, sw);
  return data;
}

/** Fabricator, type, fabrication date, serial number and batch: what personalization and issuers do not change. */
function chipName(object: Uint8Array): string {
  const data = unwrapTlv(object, PRODUCTION_DATA, "production data");
  if (data.length < 18)
    throw new ParseError("production data/9F7F", `need at least 18 bytes, have ${data.length}`);
  return bytesToHex(concatBytes(data.subarray(0, 4), data.subarray(10, 18)));
}

/** @throws PersonalizationError `unsupported-card` when all of its keys are of another kind */
function aesVersions(object: Uint8Array): number[] {
  const path = "key information";
  const template = unwrapTlv(object, KEY_INFORMATION, path);
  const keys = readTlvs(template, `${path}/E0`).filter(
    (entry) => entry.tag === KEY_ENTRY && entry.value.length >= 4,
  );
  const versions = new Set(keys.filter(({ value }) => value[2] === AES).map(({ value }) => value[1] ?? 0));
  if (keys.length > 0 && versions.size === 0)
    throw new PersonalizationError(
      "unsupported-card",
      "the card's keys are for SCP01 or SCP02 (DES), need SCP03 (AES)",
      {
        hint: "Put the card aside and use cards with SCP03.",
      },
    );
  return [...versions];
}

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

/** Selects the issuer security domain. @throws PersonalizationError `unsupported-card` */
export async function selectDomain(transport: Transport): Promise<void> {
  const apdu = command(CLA.ISO, INS.SELECT, { p1: 0x04, data: ISSUER_SECURITY_DOMAIN_AID, le: 256 });
  const { sw } = decodeResponseApdu(await transport.transmit(encodeCommandApdu(apdu)));
  // 6283: the card is locked and its domain selected all the same.
  if (sw === SW.OK || sw === SW.DOMAIN_LOCKED) return;
  throw new PersonalizationError(
    "unsupported-card",
    "the card has no issuer security domain where it must be",
    {
      cause: new CardStatusError("SELECT", sw),
      hint: "Use a GlobalPlatform card (JCOP 3 or 4, for example).",
    },
  );
}

/**
 * Learns everything about a card that can be learned without changing anything: 4 APDUs. The application is
 * selected afterwards.
 * @throws PersonalizationError, CardStatusError, ParseError, TransportError
 */
export async function probeCard(transport: Transport): Promise<Probe> {
  await selectDomain(transport);
  const production = await getData(transport, PRODUCTION_DATA);
  if (!production)
    throw new PersonalizationError("unsupported-card", "the card does not tell its production data (9F7F)", {
      hint: "Without it a half-done card cannot be recognised; use another kind of card.",
    });
  const chip = chipName(production);
  const information = await getData(transport, KEY_INFORMATION);
  const keyVersions = information && aesVersions(information);
  const application = await selectApplication(transport);
  return { chip, keyVersions, application };
}
