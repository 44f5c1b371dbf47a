import { IV_LENGTH, KEY_SET_ID_LENGTH, SEALED_BODY_LENGTH, SW } from "../../../apdu/index.js";
import { bytesToHex } from "../../../common/index.js";
import type { ConformanceCase } from "../case.js";
import { COMMAND, type TestCard } from "../context.js";
import { Nonconformance } from "../result.js";
import { SHAPE } from "./shape.js";

/** C2, length in two bytes. */
const HEAD_LENGTH = 3;
const IV_AT = HEAD_LENGTH + 1 + KEY_SET_ID_LENGTH;
const ROUNDS = 3;
const READINGS = 4;

/** A certificate that says nothing: the card does not judge it. */
const bodyOf = (fill: number): Uint8Array => new Uint8Array(SEALED_BODY_LENGTH).fill(fill);

/** Everything of a card's answers to GET DATA C2. */
async function readings(card: TestCard): Promise<readonly Uint8Array[]> {
  const out = [];
  for (let round = 1; round <= ROUNDS; round++) {
    await card.expect("SELECT", COMMAND.SELECT, SW.OK);
    for (let reading = 1; reading <= READINGS; reading++)
      out.push(await card.expect(`GET DATA C2, ${reading} (round ${round})`, COMMAND.CERTIFICATE, SW.OK));
    await card.reset();
  }
  return out;
}

export const certificateCases: readonly ConformanceCase[] = [
  {
    id: "certificate/fresh-iv",
    section: "specs/01 §6.2",
    title: "no certificate is sealed twice under one IV, also after a reset",
    async run(context) {
      const card = await context.personalized({ ...SHAPE, certificate: bodyOf(0x5a) });
      try {
        const ivs = new Set<string>();
        for (const [i, data] of (await readings(card)).entries()) {
          const iv = bytesToHex(data.subarray(IV_AT, IV_AT + IV_LENGTH));
          if (ivs.has(iv))
            throw new Nonconformance(`GET DATA C2, answer ${i + 1}`, "a fresh IV", "an earlier one");
          ivs.add(iv);
        }
      } finally {
        await card.release();
      }
    },
  },
  {
    id: "certificate/batch",
    section: "specs/01 §10",
    title: "certificates of two cards of one batch differ in nothing but sealed bytes",
    async run(context) {
      const batch = context.sameBatch(SHAPE);
      const seen: string[] = [];
      for (const fill of [1, 2]) {
        const card = await batch.next({ certificate: bodyOf(fill) });
        try {
          await card.expect("SELECT", COMMAND.SELECT, SW.OK);
          const data = await card.expect("GET DATA C2", COMMAND.CERTIFICATE, SW.OK);
          seen.push(`${data.length} bytes, ${bytesToHex(data.subarray(0, IV_AT))}`);
        } finally {
          await card.release();
        }
      }
      const [first = "", second = ""] = seen;
      if (first !== second) throw new Nonconformance("the same command to two cards", first, second);
    },
  },
];
