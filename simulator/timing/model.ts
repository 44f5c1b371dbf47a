import { INS, TAG } from "../../apdu/constants.js";
import type { Transport } from "../../apdu/transport.js";
import {
  BYTE_ON_AIR,
  type Chip,
  type Cost,
  FIELD_ACTIVATION,
  FIELD_FACTOR,
  type Field,
  OPERATION_COST,
  type Operation,
  type Range,
  READER_OVERHEAD,
} from "./chips.js";

/** One APDU pair as the model sees it. */
export interface ModelledExchange {
  /** Bytes of the command APDU. */
  readonly command: number;
  /** Bytes of the response APDU, status word included. */
  readonly response: number;
  readonly operations: readonly Operation[];
}

/** A line of the model: `count` times `each` milliseconds. */
export interface TimeTerm extends Range {
  readonly name: string;
  readonly count: number;
  readonly each: Range;
  readonly source: string;
}

/** What a model says a sequence of exchanges takes on a chip. It is not a measurement. */
export interface ModelledTime extends Range {
  readonly chip: Chip;
  readonly field: Field;
  readonly terms: readonly TimeTerm[];
}

/** What is signed already is sealed under a fresh IV. */
const SEALING_STORED: readonly Operation[] = ["random-16", "cipher-init", "aes-cbc-of-128"];
const SEALING: readonly Operation[] = ["sha256-of-133", "signature-init", "ecdsa-sign", ...SEALING_STORED];

/** Operations of a command that succeeds, by instruction; one that is not listed costs its bytecode alone. */
const OPERATIONS: Readonly<Record<number, readonly Operation[]>> = {
  [INS.VERIFY_PIN]: ["persistent-write", "persistent-write"],
  [INS.CHANGE_REFERENCE_DATA]: ["persistent-write", "persistent-write", "persistent-write"],
  [INS.AUTHORIZE]: ["transaction", ...SEALING],
  [INS.IDENTIFY]: SEALING,
  [INS.INITIALIZE_UPDATE]: ["persistent-write", "session-key-derivation"],
  [INS.EXTERNAL_AUTHENTICATE]: ["persistent-write", "persistent-write", "secure-messaging"],
  [INS.GENERATE_KEY_PAIR]: [
    "secure-messaging",
    "ec-key-generation",
    "persistent-write",
    "persistent-write",
    "sha256-of-133",
    "signature-init",
    "ecdsa-sign",
  ],
  // Seven cells a block on average, of the thirteen and the lifecycle.
  [INS.STORE_DATA]: ["secure-messaging", ...Array.from({ length: 7 }, () => "persistent-write" as const)],
  [INS.PUT_KEY]: ["secure-messaging", "secure-messaging", "persistent-write"],
  [INS.RESET]: ["secure-messaging", ...Array.from({ length: 9 }, () => "persistent-write" as const)],
  [INS.UPDATE]: [
    "cipher-init",
    "aes-cbc-of-128",
    "sha256-of-133",
    "signature-init",
    "ecdsa-verify",
    "sha256-of-133",
    "transaction",
  ],
};

/** GET DATA of a certificate that is there: the one object that is not copied but sealed (specs/01 §6.2). */
const isCertificate = (command: Uint8Array, response: Uint8Array): boolean =>
  command[1] === INS.GET_DATA && command[2] === 0 && command[3] === TAG.CERTIFICATE && response.length > 2;

/** The exchange that a command APDU and its response APDU make. */
export function modelledExchange(command: Uint8Array, response: Uint8Array): ModelledExchange {
  const operations = isCertificate(command, response) ? SEALING_STORED : (OPERATIONS[command[1] ?? 0] ?? []);
  return {
    command: command.length,
    response: response.length,
    operations: ["command-bytecode", ...operations],
  };
}

/** Notes the exchanges that go through a transport, for {@link modelTime}. */
export function recordExchanges(inner: Transport): {
  readonly transport: Transport;
  readonly exchanges: readonly ModelledExchange[];
} {
  const exchanges: ModelledExchange[] = [];
  const transport: Transport = {
    async transmit(command) {
      const response = await inner.transmit(command);
      exchanges.push(modelledExchange(command, response));
      return response;
    },
  };
  return { transport, exchanges };
}

/**
 * How long a card of this kind would take for the exchanges after it comes into the field, as a range with every
 * term (specs/01 §11).
 */
export function modelTime(
  chip: Chip,
  exchanges: readonly ModelledExchange[],
  field: Field = "strong",
): ModelledTime {
  const counts = new Map<Operation, number>();
  for (const operation of exchanges.flatMap(({ operations }) => operations))
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
  const work = [...counts].map(
    ([operation, count]) => [operation, count, OPERATION_COST[chip][operation]] as const,
  );
  return modelTimeOf(chip, exchanges, work, field);
}

/** The same with the work of the chip given: names, how often, and how long one takes. */
export function modelTimeOf(
  chip: Chip,
  exchanges: readonly Omit<ModelledExchange, "operations">[],
  work: readonly (readonly [name: string, count: number, each: Cost])[],
  field: Field = "strong",
): ModelledTime {
  const { factor, source } = FIELD_FACTOR[field];
  const bytes = exchanges.reduce((sum, { command, response }) => sum + command + response, 0);
  const terms = [
    term("field activation", 1, FIELD_ACTIVATION),
    term("reader and USB, per APDU", exchanges.length, READER_OVERHEAD),
    term("bytes on the air", bytes, BYTE_ON_AIR),
    ...work.map(([name, count, each]) => term(name, count, each)),
  ];
  if (factor !== 1) {
    const sum = (end: keyof Range) => work.reduce((total, [, count, each]) => total + count * each[end], 0);
    terms.push(
      term(`the field of ${field}`, 1, {
        min: sum("min") * (factor - 1),
        max: sum("max") * (factor - 1),
        source,
      }),
    );
  }
  const total = (end: keyof Range) => terms.reduce((sum, line) => sum + line[end], 0);
  return { chip, field, min: total("min"), max: total("max"), terms };
}

function term(name: string, count: number, { min, max, source }: Cost): TimeTerm {
  return { name, count, each: { min, max }, source, min: count * min, max: count * max };
}
