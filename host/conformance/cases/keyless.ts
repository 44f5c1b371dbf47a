import {
  CARD_AID,
  decodeResponseApdu,
  formatSw,
  IV_LENGTH,
  KEY_SET_ID_LENGTH,
  LIFECYCLE,
  type LifecycleByte,
  MESSAGE_TYPE,
  PACKAGE_AID,
  type ResponseApdu,
  readFrame,
  SEALED_MESSAGE_LENGTH,
  type SelectResponse,
  SW,
  select,
  withResponseChaining,
} from "../../../apdu/index.js";
import { bytesToHex, concatBytes, equalBytes, hexToBytes, ParseError } from "../../../common/index.js";
import type { ConformanceCase } from "../case.js";
import { COMMAND, invoiceHash } from "../context.js";
import { Nonconformance, NotApplicable } from "../result.js";
import { SHAPE } from "./shape.js";

/** A selected card that may be anyone's. */
interface SelectedCard {
  readonly fci: Uint8Array;
  readonly selected: SelectResponse;
  send(command: Uint8Array): Promise<ResponseApdu>;
  /** @throws Nonconformance */
  expect(step: string, command: Uint8Array, sw: number): Promise<Uint8Array>;
}

/** A case that spends nothing, uses no PIN try and needs no key, so that it may be run on any card. */
function keyless(
  id: string,
  section: string,
  title: string,
  check: (card: SelectedCard) => Promise<void>,
): ConformanceCase {
  return {
    id: `as-it-is/${id}`,
    section,
    title,
    async run(context) {
      const card = await context.asItIs(SHAPE);
      try {
        const transport = withResponseChaining(card.transport);
        const send = async (command: Uint8Array) => decodeResponseApdu(await transport.transmit(command));
        const expect = async (step: string, command: Uint8Array, sw: number) => {
          const response = await send(command);
          if (response.sw !== sw) throw new Nonconformance(step, formatSw(sw), formatSw(response.sw));
          return response.data;
        };
        const fci = await expect("SELECT", COMMAND.SELECT, SW.OK);
        await check({ fci, selected: readFci(fci), send, expect });
      } finally {
        await card.release();
      }
    },
  };
}

function readFci(fci: Uint8Array): SelectResponse {
  try {
    const selected = select.decodeResponse(fci);
    if (equalBytes(selected.aid, CARD_AID)) return selected;
    throw new Nonconformance("SELECT", `AID ${bytesToHex(CARD_AID)}`, bytesToHex(selected.aid));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new Nonconformance("SELECT", "the FCI of specs/01 §4.1", error.message);
  }
}

const zeros = (length: number): Uint8Array => new Uint8Array(length);
const same = (value: number): Readonly<Record<LifecycleByte, number>> => ({
  [LIFECYCLE.BLANK]: value,
  [LIFECYCLE.PERSONALIZED]: value,
  [LIFECYCLE.BLOCKED]: value,
});
const lifecycles = (blank: number, personalized: number, blocked: number) => ({
  [LIFECYCLE.BLANK]: blank,
  [LIFECYCLE.PERSONALIZED]: personalized,
  [LIFECYCLE.BLOCKED]: blocked,
});
const { CONDITIONS_NOT_SATISFIED: NOT_NOW, SECURITY_NOT_SATISFIED: NO_CHANNEL, BLOCKED } = SW;

/** Refusals that depend on the lifecycle alone (specs/01 §5). */
const REFUSALS: readonly (readonly [string, string, Readonly<Record<LifecycleByte, number>>])[] = [
  ["class A0", "a0ca00c100", same(SW.CLA_NOT_SUPPORTED)],
  ["VERIFY in class 80", "80200080", same(SW.INS_NOT_SUPPORTED)],
  ["unknown instruction", "80360000", same(SW.INS_NOT_SUPPORTED)],
  ["GET DATA of an unknown object", "80ca00c300", same(SW.REFERENCE_NOT_FOUND)],
  ["GET DATA with data", "80ca00c10100", same(SW.WRONG_LENGTH)],
  ["VERIFY, wrong P2", "00200000", lifecycles(NOT_NOW, SW.WRONG_P1P2, BLOCKED)],
  ["VERIFY, wrong length", "002000800124", lifecycles(NOT_NOW, SW.WRONG_LENGTH, BLOCKED)],
  ["VERIFY, malformed block", "00200080080000000000000000", lifecycles(NOT_NOW, SW.WRONG_DATA, BLOCKED)],
  ["CHANGE, wrong length", "002400800124", lifecycles(NOT_NOW, SW.WRONG_LENGTH, BLOCKED)],
  ["AUTHORIZE, wrong P1 P2", "80300100", lifecycles(NOT_NOW, SW.WRONG_P1P2, BLOCKED)],
  ["AUTHORIZE without data", "80300000", lifecycles(NOT_NOW, SW.WRONG_LENGTH, BLOCKED)],
  ["AUTHORIZE, amount 0", `8030000028${"00".repeat(40)}00`, lifecycles(NOT_NOW, SW.WRONG_DATA, BLOCKED)],
  [
    "AUTHORIZE, amount above 21 million bitcoin",
    `80300000281d24b2dfac520001${"11".repeat(32)}00`,
    lifecycles(NOT_NOW, SW.WRONG_DATA, BLOCKED),
  ],
  ["IDENTIFY without data", "80320000", lifecycles(NOT_NOW, SW.WRONG_LENGTH, SW.WRONG_LENGTH)],
  [
    "UPDATE, 148 bytes",
    `8034000094${"00".repeat(148)}`,
    lifecycles(NOT_NOW, SW.WRONG_LENGTH, SW.WRONG_LENGTH),
  ],
  ["GENERATE KEY PAIR", `8446800010${"00".repeat(16)}00`, lifecycles(NO_CHANNEL, NOT_NOW, NOT_NOW)],
  ["STORE DATA", "84e288000100", lifecycles(NO_CHANNEL, NOT_NOW, NOT_NOW)],
  ["RESET", "84e40000", same(NO_CHANNEL)],
];

/** How VERIFY without data answers. @throws Nonconformance */
async function pinState({ send, selected }: SelectedCard): Promise<string> {
  const { sw, data } = await send(COMMAND.PIN_STATE);
  const withPin = (sw & 0xfff0) === SW.PIN_WRONG || sw === SW.PIN_BLOCKED;
  if (data.length || (selected.profile.pinSet ? !withPin : sw !== SW.NO_PIN))
    throw new Nonconformance(
      "VERIFY without data",
      selected.profile.pinSet ? "63Cx or 6983, a PIN being set" : "6984, no PIN being set",
      formatSw(sw),
    );
  return formatSw(sw);
}

export const keylessCases: readonly ConformanceCase[] = [
  keyless("select", "specs/01 §4.1", "the FCI is well formed and stays the same", async ({ fci, expect }) => {
    const prefix = concatBytes(hexToBytes("00a4040007"), PACKAGE_AID, zeros(1));
    for (const [step, command] of [
      ["SELECT again", COMMAND.SELECT],
      ["SELECT by the package AID", prefix],
    ] as const) {
      const again = await expect(step, command, SW.OK);
      if (!equalBytes(again, fci)) throw new Nonconformance(step, bytesToHex(fci), bytesToHex(again));
    }
  }),
  keyless("get-data", "specs/01 §6.2", "GET DATA answers the objects of the FCI", async (card) => {
    const profile = bytesToHex(await card.expect("GET DATA C1", COMMAND.PROFILE, SW.OK));
    if (!/^c120/.test(profile) || !bytesToHex(card.fci).includes(profile))
      throw new Nonconformance("GET DATA C1", "the object C1 of the FCI", profile);
    const hasUri = card.selected.nodeUri !== undefined;
    const answer = await card.expect(
      "GET DATA 5F50",
      COMMAND.NODE_URI,
      hasUri ? SW.OK : SW.REFERENCE_NOT_FOUND,
    );
    if (hasUri && !bytesToHex(card.fci).endsWith(bytesToHex(answer)))
      throw new Nonconformance("GET DATA 5F50", "the object 5F50 of the FCI", bytesToHex(answer));
  }),
  keyless("refusals", "specs/01 §5", "wrong commands are refused in the order of checks", async (card) => {
    for (const [step, command, sw] of REFUSALS)
      await card.expect(step, hexToBytes(command), sw[card.selected.profile.lifecycle]);
    const again = await card.expect("SELECT", COMMAND.SELECT, SW.OK);
    if (!equalBytes(again, card.fci))
      throw new Nonconformance("SELECT after all", bytesToHex(card.fci), bytesToHex(again));
  }),
  keyless(
    "pin",
    "specs/01 §6.3",
    "the PIN's state agrees with the profile; malformed blocks cost nothing",
    async (card) => {
      if (card.selected.profile.lifecycle !== LIFECYCLE.PERSONALIZED)
        throw new NotApplicable("the card is not personalized, or it is blocked");
      const before = await pinState(card);
      for (const block of ["041234ffffffffff", "23123fffffffffff", "2412345fffffffff", "241a34ffffffffff"])
        await card.expect(`VERIFY ${block}`, hexToBytes(`0020008008${block}`), SW.WRONG_DATA);
      const after = await pinState(card);
      if (after !== before) throw new Nonconformance("VERIFY without data", before, after);
    },
  ),
  keyless(
    "sealed",
    "specs/02 §1",
    "statuses have the frame of a sealed message and fresh IVs",
    async (card) => {
      const { lifecycle } = card.selected.profile;
      if (lifecycle === LIFECYCLE.BLANK) throw new NotApplicable("the card is blank");
      const ivs = new Set<string>();
      let keySetId: Uint8Array = zeros(KEY_SET_ID_LENGTH);
      for (let i = 1; i <= 3; i++) {
        const step = `IDENTIFY ${i}`;
        const data = await card.expect(step, COMMAND.identify(invoiceHash(7)), SW.OK);
        if (data.length !== SEALED_MESSAGE_LENGTH || data[0] !== MESSAGE_TYPE.STATUS)
          throw new Nonconformance(step, "149 bytes of type 02", `${data.length} bytes of type ${data[0]}`);
        const frame = readFrame(data);
        if (i > 1 && !equalBytes(frame.keySetId, keySetId))
          throw new Nonconformance(step, bytesToHex(keySetId), bytesToHex(frame.keySetId));
        keySetId = frame.keySetId;
        ivs.add(bytesToHex(frame.iv));
        if (ivs.size !== i) throw new Nonconformance(step, "a fresh IV", "an earlier one");
      }
      const other = Uint8Array.from(keySetId, (byte) => byte ^ 0xff);
      const noise = zeros(IV_LENGTH + 128);
      const update = (type: number, id: Uint8Array) =>
        COMMAND.update(concatBytes(Uint8Array.of(type), id, noise));
      await card.expect(
        "UPDATE, unknown key set",
        update(MESSAGE_TYPE.UPDATE, other),
        SW.REFERENCE_NOT_FOUND,
      );
      await card.expect("UPDATE, type 01", update(MESSAGE_TYPE.AUTHORIZATION, keySetId), SW.WRONG_DATA);
      await card.expect("UPDATE, noise", update(MESSAGE_TYPE.UPDATE, keySetId), SW.BAD_ISSUER_SIGNATURE);
    },
  ),
];
