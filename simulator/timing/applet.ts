import { type Chip, type Cost, OPERATION_COST } from "./chips.js";
import { type ModelledExchange, type ModelledTime, modelTimeOf } from "./model.js";

/** What the Java Card applet did for one command, counted on its own byte code. */
export interface AppletExchange extends Omit<ModelledExchange, "operations"> {
  /** By name: `bytecode`, calls of the API (`Util.arrayCopy`), `bytes moved in RAM`, `bytes to persistent memory`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Steps of persistent memory, each commit among them. */
  readonly writes: number;
}

type Interpreted = "bytecode" | "api-call" | "byte-moved" | "transaction-frame";

const ASSUMED = "assumed";
const cost = (min: number, max: number, source: string): Cost => ({ min, max, source });

/**
 * Milliseconds of what the interpreter does; the others are those of {@link OPERATION_COST}. JCAlgTest measured two programs in
 * Java of its own (github.com/crocs-muni/JCAlgTest, AlgTest_JavaCard): AES of one block, which has 28,167 byte codes by the
 * count that the applet is counted with, and 16 exclusive ors, which have 197.
 */
const INTERPRETER_COST: Readonly<Record<Chip, Readonly<Record<Interpreted, Cost>>>> = {
  J3R180: {
    bytecode: cost(0.0062, 0.0074, "JCAlgTest: 174 ms for 28,167 byte codes, 1.46 ms for 197"),
    "api-call": cost(0.005, 0.02, `${ASSUMED}: up to three byte codes`),
    "byte-moved": cost(0.0006, 0.0007, "JCAlgTest: 0.16 to 0.18 ms, Util.arrayCopy of 256 bytes in RAM"),
    "transaction-frame": cost(1, 5, `${ASSUMED}: begin and commit, without the writes`),
  },
  J3H145: {
    bytecode: cost(0.011, 0.0181, "JCAlgTest: 309 ms for 28,167 byte codes, 3.56 ms for 197"),
    "api-call": cost(0.01, 0.05, `${ASSUMED}: up to three byte codes`),
    "byte-moved": cost(0.0017, 0.0018, "JCAlgTest: 0.44 to 0.46 ms, Util.arrayCopy of 256 bytes in RAM"),
    "transaction-frame": cost(2, 8, `${ASSUMED}: begin and commit, without the writes`),
  },
};

/** Calls that have a price of their own. */
const PRICED = /^(Signature|Cipher|RandomData|MessageDigest|KeyPair)\.|^JCSystem\.(begin|commit)Transaction$/;

/**
 * How long a card with the applet would take for these exchanges after it comes into the field, with every term: what was
 * counted times public figures of the chip. A model, as the ranges say; not a measurement.
 */
export function modelApplet(chip: Chip, exchanges: readonly AppletExchange[]): ModelledTime {
  const sum = (count: (exchange: AppletExchange) => number) =>
    exchanges.reduce((total, exchange) => total + count(exchange), 0);
  const named = (name: string) => sum(({ counts }) => counts[name] ?? 0);
  const calls = sum(({ counts }) =>
    Object.entries(counts)
      .filter(([name]) => name.includes(".") && !PRICED.test(name))
      .reduce((total, [, count]) => total + count, 0),
  );
  const transactions = named("JCSystem.beginTransaction");
  const signed = named("Signature.sign");
  const verified = named("Signature.verify");
  const { [chip]: interpreter } = INTERPRETER_COST;
  const { [chip]: chips } = OPERATION_COST;
  const lines: readonly (readonly [name: string, count: number, each: Cost])[] = [
    ["bytecode", named("bytecode"), interpreter.bytecode],
    ["api-call", calls, interpreter["api-call"]],
    ["byte-moved", named("bytes moved in RAM"), interpreter["byte-moved"]],
    ["transaction-frame", transactions, interpreter["transaction-frame"]],
    ["persistent-write", sum(({ writes }) => writes) - transactions, chips["persistent-write"]],
    ["sha256-of-133", signed + verified + named("MessageDigest.doFinal"), chips["sha256-of-133"]],
    ["signature-init", named("Signature.init"), chips["signature-init"]],
    ["ecdsa-sign", signed, chips["ecdsa-sign"]],
    ["ecdsa-verify", verified, chips["ecdsa-verify"]],
    ["ec-key-generation", named("KeyPair.genKeyPair"), chips["ec-key-generation"]],
    ["random-16", named("RandomData.generateData"), chips["random-16"]],
    ["cipher-init", named("Cipher.init"), chips["cipher-init"]],
    ["aes-cbc-of-128", named("Cipher.doFinal"), chips["aes-cbc-of-128"]],
  ];
  return modelTimeOf(
    chip,
    exchanges,
    lines.filter(([, count]) => count > 0),
  );
}
