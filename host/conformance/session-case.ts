import {
  CAPABILITY,
  decodeResponseApdu,
  formatSw,
  type ResponseApdu,
  withResponseChaining,
} from "../../apdu/index.js";
import { bytesToHex, hexToBytes, msat } from "../../common/index.js";
import type { ConformanceCase } from "./case.js";
import { type CardShape, COMMAND, type TestCard } from "./context.js";
import { Nonconformance, NotApplicable } from "./result.js";
import type {
  ScriptedCard,
  ScriptedCommand,
  ScriptedData,
  ScriptedSession,
  ScriptedStep,
} from "./session-file.js";
import { scriptedUpdate } from "./update-message.js";

/** A scripted session as a case. */
export function sessionCase(session: ScriptedSession): ConformanceCase {
  const { id, section, title, card, steps } = session;
  return {
    id,
    section,
    title,
    async run(context) {
      if (session.malformed && !context.target.passesMalformed)
        throw new NotApplicable("the way to this card takes well-formed APDUs only");
      try {
        if (card.lifecycle === "blank") await runBlank(await context.blank(), steps);
        else await runPersonalized(await context.personalized(shapeOf(card)), steps);
      } catch (error) {
        if (!session.optional || !(error instanceof Nonconformance)) throw error;
        throw new NotApplicable(`optional: ${error.message}`);
      }
    },
  };
}

/** Limits and texts as the provisioning hook wants them. */
function shapeOf(card: Exclude<ScriptedCard, { lifecycle: "blank" }>): CardShape {
  const bits = {
    available: CAPABILITY.AVAILABLE_PUBLISHED,
    maxPerTransaction: CAPABILITY.MAX_PER_TRANSACTION_PUBLISHED,
    pinThreshold: CAPABILITY.PIN_THRESHOLD_PUBLISHED,
  };
  return {
    nodeUri: card.nodeUri,
    limits: {
      credit: msat(BigInt(card.credit), "credit"),
      maxPerTransaction: BigInt(card.maxPerTransaction),
      pinThreshold: BigInt(card.pinThreshold),
      noPinBudget: BigInt(card.noPinBudget),
      maxTransactions: card.maxTransactions,
    },
    publish: card.publish.reduce((all, name) => all | bits[name], 0),
    ...(card.pin === null ? {} : { pin: card.pin }),
    ...(card.certificate === null ? {} : { certificate: hexToBytes(card.certificate) }),
  };
}

async function runPersonalized(card: TestCard, steps: readonly ScriptedStep[]): Promise<void> {
  try {
    for (const step of steps) {
      if ("power" in step) await card.reset();
      else judge(step, await card.send(commandFor(step, card)), card);
    }
  } finally {
    await card.release();
  }
}

async function runBlank(
  card: Awaited<ReturnType<Parameters<ConformanceCase["run"]>[0]["blank"]>>,
  steps: readonly ScriptedStep[],
): Promise<void> {
  const transport = withResponseChaining(card.transport);
  try {
    for (const step of steps) {
      if ("power" in step) await card.reset();
      else judge(step, decodeResponseApdu(await transport.transmit(hexToBytes(step.command))), undefined);
    }
  } finally {
    await card.release();
  }
}

function commandFor(step: ScriptedCommand, card: TestCard): Uint8Array {
  if (!step.update) return hexToBytes(step.command);
  const { cardId, keySetId, sealKey } = card.settings;
  const { publicKey, issuerSecretKey } = card;
  return COMMAND.update(
    scriptedUpdate(step.update, { cardId, keySetId, sealKey, publicKey, issuerSecretKey }),
  );
}

/** @throws Nonconformance */
function judge(step: ScriptedCommand, response: ResponseApdu, card: TestCard | undefined): void {
  const allowed = typeof step.sw === "string" ? [step.sw] : step.sw;
  const sw = formatSw(response.sw).toLowerCase();
  if (!allowed.includes(sw))
    throw new Nonconformance(step.comment, allowed.join(" or ").toUpperCase(), sw.toUpperCase());
  judgeData(step.comment, step.data ?? "", response.data, card);
}

function judgeData(
  comment: string,
  expected: ScriptedData,
  data: Uint8Array,
  card: TestCard | undefined,
): void {
  if (typeof expected === "string") {
    const found = bytesToHex(data);
    if (found !== expected) throw new Nonconformance(comment, expected || "no data", found || "no data");
    return;
  }
  if (!card) throw new Nonconformance(comment, "a sealed message", "a card without keys");
  if ("certificate" in expected) {
    const found = bytesToHex(card.certificate(comment, data));
    if (found !== expected.certificate) throw new Nonconformance(comment, expected.certificate, found);
    return;
  }
  const [fields, wanted] =
    "authorization" in expected
      ? [card.authorization(comment, data).fields, expected.authorization]
      : [card.status(comment, data).fields, expected.status];
  for (const [name, value] of Object.entries(wanted)) {
    const found = plain((fields as unknown as Record<string, unknown>)[name]);
    if (found !== value) throw new Nonconformance(comment, `${name} ${value}`, `${name} ${found}`);
  }
}

const plain = (value: unknown): unknown =>
  value instanceof Uint8Array ? bytesToHex(value) : typeof value === "bigint" ? value.toString() : value;
