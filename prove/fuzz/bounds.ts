import { ChequecardError } from "../../common/index.js";
import type { FuzzTarget } from "./target.js";

/** What reading an input came to. */
export interface Reading {
  /** Undefined: as it must be. */
  readonly problem: string | undefined;
  /** Inputs with the same one took the same way, as far as can be seen from outside. */
  readonly way: string;
  readonly milliseconds: number;
}

const DEFAULT_LIMIT_MS = 50;
/** Inputs that took too long are read so often: for what is compiled meanwhile, and since machines are noisy. */
const MAX_READINGS = 10;
/** A result may be this many times as large as its input, and a little more: nothing unfolds. */
const GROWTH = 64;
const GROWTH_FROM = 64 * 1024;

/** Bytes and characters of a value, given up above `most`. */
function sizeOf(value: unknown, most: number): number {
  let size = 0;
  const open: unknown[] = [value];
  while (open.length && size <= most) {
    const next = open.pop();
    size += 8;
    if (typeof next === "string") size += next.length;
    else if (next instanceof Uint8Array) size += next.length;
    else if (next instanceof Set || next instanceof Map) open.push(...next);
    else if (typeof next === "object" && next !== null) open.push(...Object.values(next));
  }
  return size;
}

/** The message without what differs from input to input. */
const wayOf = (error: ChequecardError): string =>
  `${error.code} ${error.message.slice(0, 120).replace(/[0-9a-f]*\d[0-9a-f]*/gi, "#")}`;

/** What the way and the problem were, and how long it took. */
async function timedOutcome(target: FuzzTarget, input: Uint8Array): Promise<Reading> {
  const start = performance.now();
  const before = process.cpuUsage();
  let waits = false;
  const outcome = await outcomeOf(input, () => {
    const running = target.run(input);
    waits = running instanceof Promise;
    return running;
  });
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  // What waits for nothing took no longer than the processor worked for it: the rest went to other programs.
  return { ...outcome, milliseconds: waits ? elapsed : Math.min(elapsed, (user + system) / 1000) };
}

async function outcomeOf(input: Uint8Array, run: () => unknown): Promise<Omit<Reading, "milliseconds">> {
  try {
    const value = await run();
    const most = GROWTH_FROM + GROWTH * input.length;
    if (sizeOf(value, most) > most) return { problem: `grew beyond ${most} bytes`, way: "grew" };
    return { problem: undefined, way: typeof value === "string" ? value.slice(0, 80) : "read" };
  } catch (error) {
    if (error instanceof ChequecardError) return { problem: undefined, way: wayOf(error) };
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { problem: `threw ${what.slice(0, 200)}`, way: "untyped" };
  }
}

/**
 * Has a target read an input, and says what is wrong with how it did. Of an input that took too long the best of ten
 * readings counts.
 * @param timed false: no clock has a say, as in tests
 */
export async function readInput(target: FuzzTarget, bytes: Uint8Array, timed: boolean): Promise<Reading> {
  const { limitMs = DEFAULT_LIMIT_MS } = target;
  const input = target.prepare?.(bytes) ?? bytes;
  let read = await timedOutcome(target, input);
  for (let time = 1; timed && !read.problem && time < MAX_READINGS && read.milliseconds > limitMs; time++) {
    const again = await timedOutcome(target, input);
    read = { ...again, milliseconds: Math.min(read.milliseconds, again.milliseconds) };
  }
  const isSlow = timed && !read.problem && read.milliseconds > limitMs;
  return isSlow
    ? { ...read, problem: `${input.length} bytes took ${Math.round(read.milliseconds)} ms` }
    : read;
}
