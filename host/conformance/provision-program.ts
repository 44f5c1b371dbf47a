import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Reader } from "../../apdu/index.js";
import { bytesToHex, ChequecardError, hexToBytes, ParseError } from "../../common/index.js";
import { CannotProvision, type CardSettings, type ConformanceTarget, cardOnReader } from "./target.js";

/** The provisioning program did not do its work; says nothing about the card's conformance. */
export class ProvisionProgramError extends ChequecardError {
  override readonly code = "provision-program";
}

const MAX_OUTPUT = 16_384;
const DEFAULT_TIMEOUT_MS = 60_000;

/** What the program reads on standard input: hex and decimal strings (docs/conformance.md). */
export function provisionRequest(wanted: CardSettings | "blank"): object {
  if (wanted === "blank") return { state: "blank" };
  const { limits } = wanted;
  return {
    state: "personalized",
    cardId: bytesToHex(wanted.cardId),
    keySetId: bytesToHex(wanted.keySetId),
    sealKey: bytesToHex(wanted.sealKey),
    issuerPublicKey: bytesToHex(wanted.issuerPublicKey),
    nodeUri: wanted.nodeUri,
    credit: limits.credit.toString(),
    maxPerTransaction: limits.maxPerTransaction.toString(),
    pinThreshold: limits.pinThreshold.toString(),
    noPinBudget: limits.noPinBudget.toString(),
    maxTransactions: limits.maxTransactions,
    publish: wanted.publish,
    pin: wanted.pin ?? null,
    certificate: wanted.certificate ? bytesToHex(wanted.certificate) : null,
  };
}

/**
 * A target whose cards a program provisions: it is started for each card, reads the wanted state as JSON on
 * standard input, brings the card on the reader into that state by its own means, and prints
 * `{"publicKey": "04…"}`, `{}` for a blank card, or `{"cannot": "reason"}`. The reader is free while it runs.
 * @param command program and arguments
 * @param options timeoutMs: how long it may take for one card
 */
export function programTarget(
  reader: Reader,
  command: readonly [string, ...string[]],
  options: { readonly timeoutMs?: number; readonly passesMalformed?: boolean } = {},
): ConformanceTarget {
  return {
    name: reader.name,
    passesMalformed: options.passesMalformed ?? false,
    async provision(wanted) {
      const request = `${JSON.stringify(provisionRequest(wanted))}\n`;
      const output = await runProgram(command, request, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      return cardOnReader(reader, readAnswer(output, wanted === "blank"));
    },
  };
}

function readAnswer(output: string, blank: boolean): Uint8Array | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch (cause) {
    throw new ParseError("provisioning program/output", "need one JSON object", { cause });
  }
  if (typeof answer !== "object" || answer === null)
    throw new ParseError("provisioning program/output", "need one JSON object");
  const { cannot, publicKey } = answer as { cannot?: unknown; publicKey?: unknown };
  if (typeof cannot === "string") throw new CannotProvision(cannot.slice(0, 500));
  if (blank) return undefined;
  if (typeof publicKey !== "string")
    throw new ParseError("provisioning program/publicKey", "need the card's point as hex");
  return hexToBytes(publicKey, "provisioning program/publicKey");
}

async function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  input: string,
  timeoutMs: number,
): Promise<string> {
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", "inherit"],
    signal: AbortSignal.timeout(timeoutMs),
    killSignal: "SIGKILL",
  });
  const chunks: Buffer[] = [];
  let length = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length > MAX_OUTPUT) child.kill("SIGKILL");
    else chunks.push(chunk);
  });
  // A program that never reads its input ends before all of it is written.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  let code: number | null;
  try {
    [code] = (await once(child, "close")) as [number | null];
  } catch (cause) {
    const late = cause instanceof Error && cause.name === "AbortError";
    const problem = late ? `took longer than ${timeoutMs} ms` : "could not be started";
    throw new ProvisionProgramError(`${program}: ${problem}`, { cause });
  }
  if (length > MAX_OUTPUT)
    throw new ProvisionProgramError(`${program}: printed more than ${MAX_OUTPUT} bytes`);
  if (code !== 0) throw new ProvisionProgramError(`${program}: ended with exit code ${code ?? "none"}`);
  return Buffer.concat(chunks).toString("utf8");
}
