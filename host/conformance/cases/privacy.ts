import {
  IV_LENGTH,
  KEY_SET_ID_LENGTH,
  MESSAGE_TYPE,
  SEALED_MESSAGE_LENGTH,
  SW,
} from "../../../apdu/index.js";
import { bytesToHex, concatBytes } from "../../../common/index.js";
import type { ConformanceCase } from "../case.js";
import { COMMAND, invoiceHash, type TestCard } from "../context.js";
import { Nonconformance } from "../result.js";
import { SHAPE } from "./shape.js";

const IV_AT = 1 + KEY_SET_ID_LENGTH;
const SEALED_COMMANDS: readonly (readonly [string, Uint8Array])[] = [
  ["AUTHORIZE", COMMAND.authorize(1_000n, invoiceHash(1))],
  ["AUTHORIZE, the same again", COMMAND.authorize(1_000n, invoiceHash(1))],
  ["AUTHORIZE, another invoice", COMMAND.authorize(1_000n, invoiceHash(2))],
  ["IDENTIFY", COMMAND.identify(invoiceHash(3))],
  ["IDENTIFY, the same again", COMMAND.identify(invoiceHash(3))],
  ["IDENTIFY, another challenge", COMMAND.identify(invoiceHash(4))],
];
const ROUNDS = 3;

/** Sends the commands above in several rounds, the card being reset between them. */
async function answers(card: TestCard): Promise<{ readonly step: string; readonly data: Uint8Array }[]> {
  const out = [];
  for (let round = 1; round <= ROUNDS; round++) {
    await card.expect("SELECT", COMMAND.SELECT, SW.OK);
    for (const [name, command] of SEALED_COMMANDS) {
      const step = `${name} (round ${round})`;
      out.push({ step, data: await card.expect(step, command, SW.OK) });
    }
    await card.reset();
  }
  return out;
}

/** Everything that a reader without keys gets from a card, sealed bytes left out. */
async function residue(card: TestCard): Promise<readonly string[]> {
  const commands: readonly Uint8Array[] = [
    COMMAND.SELECT,
    COMMAND.PROFILE,
    COMMAND.NODE_URI,
    COMMAND.PIN_STATE,
    COMMAND.authorize(0n, invoiceHash(1)),
    COMMAND.authorize(1_000n, invoiceHash(1)),
    COMMAND.authorize(SHAPE.limits.maxPerTransaction + 1n, invoiceHash(2)),
    COMMAND.authorize(SHAPE.limits.pinThreshold + 1n, invoiceHash(2)),
    COMMAND.identify(invoiceHash(3)),
    COMMAND.update(new Uint8Array(SEALED_MESSAGE_LENGTH)),
    COMMAND.update(
      concatBytes(Uint8Array.of(MESSAGE_TYPE.UPDATE), card.settings.keySetId, new Uint8Array(144)),
    ),
    COMMAND.verify("0000"),
    COMMAND.PIN_STATE,
  ];
  const seen: string[] = [];
  for (const command of commands) {
    const { data, sw } = await card.send(command);
    const clear = data.length === SEALED_MESSAGE_LENGTH ? data.subarray(0, IV_AT) : data;
    seen.push(
      `${bytesToHex(command.subarray(0, 2))}: ${data.length} bytes, ${bytesToHex(clear)} ${sw.toString(16)}`,
    );
  }
  return seen;
}

export const privacyCases: readonly ConformanceCase[] = [
  {
    id: "sealed/fresh-iv",
    section: "specs/02 §1",
    title: "no IV comes twice, whatever is asked again, also after a reset",
    async run(context) {
      const card = await context.personalized(SHAPE);
      try {
        const ivs = new Map<string, string>();
        for (const { step, data } of await answers(card)) {
          const iv = bytesToHex(data.subarray(IV_AT, IV_AT + IV_LENGTH));
          const earlier = ivs.get(iv);
          if (earlier) throw new Nonconformance(step, "a fresh IV", `the IV of ${earlier}`);
          ivs.set(iv, step);
        }
      } finally {
        await card.release();
      }
    },
  },
  {
    id: "sealed/fresh-nonce",
    section: "specs/02 §2",
    title: "different statements never share a signature nonce: that would give the card key away",
    async run(context) {
      const card = await context.personalized(SHAPE);
      try {
        const digests = new Map<string, string>();
        for (const { step, data } of await answers(card)) {
          const opened = step.startsWith("AUTHORIZE")
            ? card.authorization(step, data)
            : card.status(step, data);
          const r = bytesToHex(opened.signature.subarray(0, 32));
          const digest = bytesToHex(opened.digest);
          const earlier = digests.get(r);
          if (earlier !== undefined && earlier !== digest)
            throw new Nonconformance(step, "an r of its own", "the r of another statement");
          digests.set(r, digest);
        }
      } finally {
        await card.release();
      }
    },
  },
  {
    id: "privacy/batch",
    section: "specs/01 §10",
    title: "two cards of one batch differ in nothing but sealed bytes",
    async run(context) {
      const batch = context.sameBatch(SHAPE);
      const seen: (readonly string[])[] = [];
      for (let i = 0; i < 2; i++) {
        const card = await batch.next();
        try {
          seen.push(await residue(card));
        } finally {
          await card.release();
        }
      }
      const [first = [], second = []] = seen;
      for (const [i, line] of first.entries())
        if (line !== second[i])
          throw new Nonconformance("the same command to two cards", line, second[i] ?? "nothing");
    },
  },
];
