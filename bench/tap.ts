import { randomBytes } from "node:crypto";
import type { CardConnection, Reader } from "../apdu/index.js";
import { ChequecardError, nobleSecp256k1 } from "../common/index.js";
import { type CardSession, takeToken } from "../host/index.js";
import { connectCard, modelApplet, modelTime, recordExchanges, SimulatedReader } from "../simulator/index.js";
import buildApplet from "../testing/applet/build.js";
import { countingApplet } from "../testing/applet/counting.js";
import { benchCard, benchInvoice } from "./cards.js";
import { type Benchmark, type Figure, medianTime } from "./measure.js";

const TAPS = 400;

/** A reader that plays recorded answers back, so that only the host's own work is left. */
function playback(answers: readonly Uint8Array[]): Reader {
  const connection = (): CardConnection => {
    let at = 0;
    return {
      atr: new Uint8Array(0),
      transmit: async () => answers[at++] ?? new Uint8Array(2),
      close: async () => undefined,
    };
  };
  return { name: "playback", waitForCard: async () => connection(), waitForRemoval: async () => undefined };
}

async function recordedAnswers(): Promise<Uint8Array[]> {
  const connection = connectCard(benchCard().card);
  const answers: Uint8Array[] = [];
  const reader: Reader = {
    name: "recorder",
    waitForCard: async () => ({
      ...connection,
      transmit: async (command) => {
        const answer = await connection.transmit(command);
        answers.push(answer);
        return answer;
      },
    }),
    waitForRemoval: async () => undefined,
  };
  const { amount, hash } = benchInvoice();
  await takeToken(reader, { amount, invoiceHash: hash });
  return answers;
}

/** A tap in process, and what the model says of it on real chips. */
export const tapBenchmark: Benchmark = {
  name: "One tap: SELECT and AUTHORIZE",
  async run() {
    const secret = Uint8Array.from(randomBytes(32));
    const digest = Uint8Array.from(randomBytes(32));
    const sign = await medianTime(TAPS, () => {
      nobleSecp256k1.sign(digest, secret, { entropy: Uint8Array.from(randomBytes(32)), allowHighS: true });
    });
    const { card } = benchCard();
    const reader = new SimulatedReader();
    reader.insert(card);
    const amount = benchInvoice().amount;
    const whole = await medianTime(TAPS, () =>
      takeToken(reader, { amount, invoiceHash: Uint8Array.from(randomBytes(32)) }),
    );
    const answers = playback(await recordedAnswers());
    const { hash } = benchInvoice();
    const host = await medianTime(TAPS * 5, () => takeToken(answers, { amount, invoiceHash: hash }));
    const { traffic } = await takeToken(reader, { amount, invoiceHash: hash });
    const figures: Figure[] = [
      {
        name: "one signature",
        value: sign,
        unit: "ms",
        note: "noble with fresh entropy: what the simulated card signs with",
      },
      {
        name: "whole tap in process",
        value: whole,
        unit: "ms",
        note: "host, APDUs, simulated card, its signature",
      },
      {
        name: "tap / signature",
        value: whole / sign,
        unit: "x",
        note: "noble signature of the same run",
        goal: { atMost: 1.5 },
      },
      {
        name: "host's own share",
        value: host,
        unit: "ms",
        note: "the card's answers played back",
        goal: { atMost: 0.1 },
      },
      { name: "APDUs a tap", value: traffic.apdus, unit: "APDUs", note: "counted", goal: { atMost: 2 } },
      {
        name: "bytes on the air a tap",
        value: traffic.bytesToCard + traffic.bytesFromCard,
        unit: "bytes",
        note: "commands and responses with their status words, counted",
        goal: { atMost: 420 },
      },
    ];
    return [...figures, ...(await modelled()), ...(await modelled(true)), ...(await modelledApplet())];
  },
};

/** The same of the Java Card applet, from what its byte code does; nothing where it cannot be built. */
async function modelledApplet(): Promise<Figure[]> {
  try {
    buildApplet();
  } catch (error) {
    if (error instanceof ChequecardError) return [];
    throw error;
  }
  const { card } = benchCard();
  const run = countingApplet(card);
  const commands: Uint8Array[] = [];
  const connection = connectCard(card);
  const reader: Reader = {
    name: "recorder",
    waitForCard: async () => ({
      ...connection,
      transmit(command) {
        commands.push(command);
        return connection.transmit(command);
      },
    }),
    waitForRemoval: async () => undefined,
  };
  const { amount, hash } = benchInvoice();
  await takeToken(reader, { amount, invoiceHash: hash });
  for (const command of commands) run(command);
  commands.length = 0;
  await takeToken(reader, { amount, invoiceHash: Uint8Array.from(randomBytes(32)) });
  const exchanges = commands.map(run);
  const goals = { J3R180: 200, J3H145: 300 } as const;
  return (["J3R180", "J3H145"] as const).flatMap((chip) => {
    const model = modelApplet(chip, exchanges);
    const range = `${model.min.toFixed(0)} to ${model.max.toFixed(0)} ms`;
    const head: Figure = {
      name: `modelled tap of the applet on ${chip}, upper end`,
      value: model.max,
      unit: "ms",
      note: `a model of counted byte code, not measured: ${range}`,
      goal: { atMost: goals[chip] },
    };
    const terms = model.terms.map(
      (term): Figure => ({
        name: `  ${term.name}`,
        value: term.max,
        unit: "ms",
        note: `${term.count} x ${term.each.min}..${term.each.max} ms: ${term.source}`,
      }),
    );
    return [head, ...terms];
  });
}

/** @param withCertificate the certificate is read before AUTHORIZE, as terminals do that accept offline */
async function modelled(withCertificate = false): Promise<Figure[]> {
  const connection = connectCard(benchCard().card);
  const { transport, exchanges } = recordExchanges(connection);
  const { amount, hash } = benchInvoice();
  const reader: Reader = {
    name: "recorder",
    waitForCard: async () => ({ ...connection, transmit: (command) => transport.transmit(command) }),
    waitForRemoval: async () => undefined,
  };
  const admit = async (card: CardSession) => {
    await card.certificate();
    return undefined;
  };
  await takeToken(reader, { amount, invoiceHash: hash }, withCertificate ? { admit } : {});
  const goals = withCertificate ? { J3R180: 300, J3H145: 450 } : { J3R180: 300, J3H145: 500 };
  const what = withCertificate ? "modelled tap with certificate" : "modelled tap";
  return (["J3R180", "J3H145"] as const).flatMap((chip) => {
    const model = modelTime(chip, exchanges);
    const range = `${model.min.toFixed(0)} to ${model.max.toFixed(0)} ms`;
    const head: Figure = {
      name: `${what} on ${chip}, upper end`,
      value: model.max,
      unit: "ms",
      note: `a model, not measured: ${range}`,
      goal: { atMost: goals[chip] },
    };
    const terms = model.terms.map(
      (term): Figure => ({
        name: `  ${term.name}`,
        value: term.max,
        unit: "ms",
        note: `${term.count} x ${term.each.min}..${term.each.max} ms: ${term.source}`,
      }),
    );
    const weak = modelTime(chip, exchanges, "Pixel 8 Pro");
    const phone: Figure = {
      name: `${what} on ${chip} in a weak field, upper end`,
      value: weak.max,
      unit: "ms",
      note: `a model, not measured: ${weak.min.toFixed(0)} to ${weak.max.toFixed(0)} ms; ${weak.terms.at(-1)?.source}`,
    };
    return [head, ...terms, phone];
  });
}
