import { sha256 } from "@noble/hashes/sha2.js";
import { describeStatusWord, formatSw, INS, SW } from "../../../apdu/index.js";
import { bytesToHex, concatBytes, u32, utf8 } from "../../../common/index.js";
import type { ConformanceCase } from "../case.js";
import { COMMAND, invoiceHash, type TestCard } from "../context.js";
import { Nonconformance } from "../result.js";
import { SHAPE } from "./shape.js";

const COMMANDS = 300;
/**
 * Never sent at random: a card may lock itself for good after failed authentications, and these manage its
 * content or select something else.
 */
const LEFT_OUT: readonly number[] = [
  INS.INITIALIZE_UPDATE,
  INS.EXTERNAL_AUTHENTICATE,
  INS.SELECT,
  INS.GET_RESPONSE,
  0x70,
  0xd8,
  0xe6,
  0xf0,
];
/** Answers of the runtime that stand in place of the application's. */
const RUNTIME: readonly number[] = [0x6881, 0x6882, 0x6883, 0x6884];
/** Answers of a security domain, a phone, or to a command that is left out: none of them to these commands. */
const OF_OTHERS: readonly number[] = [
  SW.DOMAIN_LOCKED,
  SW.HOST_CRYPTOGRAM_WRONG,
  SW.SECURE_MESSAGING_MISSING,
  SW.SECURE_MESSAGING_WRONG,
  SW.NO_ROOM,
  SW.NOTHING_YET,
  SW.DECLINED,
  SW.INVOICE_NOT_ACCEPTED,
];

/** Well-formed commands that look random and are the same in every run. */
function randomCommand(n: number): Uint8Array {
  const noise = sha256(concatBytes(utf8("chequecard conformance"), u32(n)));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = noise;
  const cla = [0x00, 0x80, 0x84, a][b % 4] ?? 0;
  const known = [INS.GET_DATA, INS.VERIFY_PIN, INS.AUTHORIZE, INS.IDENTIFY, INS.UPDATE, INS.STORE_DATA];
  const chosen = known[c % 8] ?? d;
  // 6X and 9X are no instructions (ISO/IEC 7816-3); readers on T=0 refuse them.
  const ins = LEFT_OUT.includes(chosen) || chosen >> 4 === 6 || chosen >> 4 === 9 ? INS.AUTHORIZE : chosen;
  const parameters = [
    [0, 0],
    [0, 0x80],
    [e, f],
  ][(noise[6] as number) % 3] ?? [0, 0];
  const lengths = [0, 1, 8, 16, 32, 39, 40, 41, 148, 149, 255, noise[7] ?? 0];
  const length = lengths[(noise[8] ?? 0) % lengths.length] ?? 0;
  const header = Uint8Array.of(cla, ins, ...parameters);
  if (length === 0) return header;
  const data = new Uint8Array(length);
  for (let at = 0; at < length; at += 32)
    data.set(sha256(concatBytes(noise, u32(at))).subarray(0, Math.min(32, length - at)), at);
  return concatBytes(header, Uint8Array.of(length), data);
}

/** Class FF is the reader's own (PC/SC pseudo-APDUs) and never reaches a card. */
const reachesCard = (command: Uint8Array): boolean => command[0] !== 0xff;

async function stateOf(card: TestCard): Promise<string> {
  const status = await card.expect("IDENTIFY", COMMAND.identify(invoiceHash(9)), SW.OK);
  const { fields } = card.status("IDENTIFY", status);
  const profile = await card.expect("GET DATA", COMMAND.PROFILE, SW.OK);
  const pin = await card.send(COMMAND.PIN_STATE);
  return [
    `counter ${fields.counter}`,
    `sequence ${fields.updateSequence}`,
    `credit ${fields.credit}`,
    `authorized ${fields.authorizedTotal}`,
    `flags ${fields.flags}`,
    `profile ${bytesToHex(profile)}`,
    `PIN ${formatSw(pin.sw)}`,
  ].join(", ");
}

export const robustnessCases: readonly ConformanceCase[] = [
  {
    id: "robustness/random-commands",
    section: "specs/01 §5",
    title: `${COMMANDS} commands at random: a known refusal each, and nothing changes`,
    async run(context) {
      const card = await context.personalized(SHAPE);
      try {
        await card.expect("SELECT", COMMAND.SELECT, SW.OK);
        const before = await stateOf(card);
        for (let n = 0; n < COMMANDS; n++) {
          const command = randomCommand(n);
          if (!reachesCard(command)) continue;
          const step = `random command ${n}, ${bytesToHex(command.subarray(0, 5))}`;
          const { sw, data } = await card.send(command);
          const harmless = command[1] === INS.GET_DATA || command[1] === INS.IDENTIFY;
          if (sw === SW.OK && !harmless) throw new Nonconformance(step, "a refusal", formatSw(sw));
          if (sw !== SW.OK && data.length)
            throw new Nonconformance(
              step,
              "a status word alone",
              `${data.length} bytes with ${formatSw(sw)}`,
            );
          const isUnknown = describeStatusWord(sw).name === "unknown" || OF_OTHERS.includes(sw);
          if (isUnknown && !RUNTIME.includes(sw))
            throw new Nonconformance(step, "a status word of specs/01 §7", formatSw(sw));
        }
        const after = await stateOf(card);
        if (after !== before) throw new Nonconformance("state after all commands", before, after);
      } finally {
        await card.release();
      }
    },
  },
  {
    id: "robustness/own-messages",
    section: "specs/01 §6.7",
    title: "a card's own authorization and status are no updates",
    async run(context) {
      const card = await context.personalized(SHAPE);
      try {
        await card.expect("SELECT", COMMAND.SELECT, SW.OK);
        const token = await card.expect("AUTHORIZE", COMMAND.authorize(1_000n, invoiceHash(1)), SW.OK);
        const status = await card.expect("IDENTIFY", COMMAND.identify(invoiceHash(2)), SW.OK);
        const before = await stateOf(card);
        for (const [name, message] of [
          ["an authorization", token],
          ["a status", status],
        ] as const) {
          await card.expect(`UPDATE with ${name}`, COMMAND.update(message), SW.WRONG_DATA);
          const disguised = Uint8Array.from(message);
          disguised[0] = 3;
          await card.expect(
            `UPDATE with ${name} under type 03`,
            COMMAND.update(disguised),
            SW.BAD_ISSUER_SIGNATURE,
          );
        }
        const after = await stateOf(card);
        if (after !== before) throw new Nonconformance("state after all", before, after);
      } finally {
        await card.release();
      }
    },
  },
];
