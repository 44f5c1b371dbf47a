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

async function outcome(target: FuzzTarget, input: Uint8Array): Promise<Omit<Reading, "milliseconds">> {
  try {
    const running = target.run(input);
    const value = running instanceof Promise ? await running : running;
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
 * Has a target read an input, and says what is wrong with how it did. An input that took too long is read again:
 * the best of five counts, since machines are noisy.
 * @param timed false: no clock has a say, as in tests
 */
export async function readInput(target: FuzzTarget, input: Uint8Array, timed: boolean): Promise<Reading> {
  const { limitMs = DEFAULT_LIMIT_MS } = target;
  let best = Number.POSITIVE_INFINITY;
  let read: Omit<Reading, "milliseconds"> = { problem: undefined, way: "" };
  for (let time = 0; time < 5 && best > limitMs; time++) {
    const start = performance.now();
    read = await outcome(target, input);
    best = Math.min(best, performance.now() - start);
    if (!timed || read.problem) break;
  }
  const slow = timed && !read.problem && best > limitMs;
  return {
    ...read,
    problem: slow ? `${input.length} bytes took ${Math.round(best)} ms` : read.problem,
    milliseconds: best,
  };
}
