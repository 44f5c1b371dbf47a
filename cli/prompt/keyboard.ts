import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { visible } from "../../common/visible.js";

/** Most bytes of a secret. */
const MAX_SECRET_LENGTH = 1024;

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const BACKSPACE = 0x08;
const CTRL_U = 0x15;
const CTRL_Z = 0x1a;
const ESCAPE = 0x1b;
const DELETE = 0x7f;

/** Takes what is typed until it has the answer. */
interface Reading {
  keys(chunk: Buffer): void;
  /** Takes back what it shows and holds. */
  stop(): void;
}

/**
 * The only reader of standard input. From the first question to the end of the command a terminal shows nothing that
 * is typed but the answer to a question for a line, and keys that answer no question are thrown away: a PIN that is
 * typed too early or twice never stands on the screen, and is never the answer to another question.
 */
class Keyboard {
  #held = false;
  #reading: Reading | undefined;
  #ended = false;
  #hangUp: (() => void) | undefined;
  #piped: { readonly lines: AsyncIterator<string>; close(): void } | undefined;

  /** Whether somebody can be asked. */
  get isTerminal(): boolean {
    return process.stdin.isTTY === true;
  }

  /** From here on nothing that is typed is shown or kept. Does nothing where there is no terminal. */
  hold(): void {
    if (this.#held || !this.isTerminal) return;
    this.#held = true;
    const { stdin } = process;
    stdin.setRawMode(true);
    stdin.on("data", this.#onData).on("end", this.#onEnd).on("error", this.#onEnd);
    stdin.resume();
    stdin.unref();
  }

  /** The terminal as it was before. */
  release(): void {
    // A pipe whose other end stays open would keep the process from ending.
    this.#piped?.close();
    this.#piped = undefined;
    if (!this.#held) return;
    this.#held = false;
    const { stdin } = process;
    stdin.off("data", this.#onData).off("end", this.#onEnd).off("error", this.#onEnd);
    if (!stdin.destroyed) stdin.setRawMode(false);
    stdin.pause();
  }

  /**
   * A line with the keys of an editor, without its end; from a pipe the next line.
   * @returns undefined when input has ended (Ctrl-D), or `signal` aborts
   */
  line(question: string, signal: AbortSignal): Promise<string | undefined> {
    if (!this.isTerminal) return this.#pipedLine(signal);
    return this.#ask(signal, (answer) => {
      const input = new PassThrough();
      const editor = createInterface({ input, output: process.stderr, terminal: true, historySize: 0 });
      editor.setPrompt(visible(question));
      editor.once("line", (text) => answer(text)).once("close", () => answer(undefined));
      editor.prompt();
      return {
        keys: (chunk) => void input.write(chunk),
        stop: () => editor.close(),
      };
    });
  }

  /**
   * Bytes typed without echo. Enter ends, Backspace takes a character back, Ctrl-U all. The caller clears them.
   * @returns at most 1,024 bytes; undefined when it was left (Ctrl-D, too long), or `signal` aborts
   */
  secret(question: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#ask(signal, (answer) => {
      process.stderr.write(visible(question));
      return secretReading(answer);
    });
  }

  #ask<T>(
    signal: AbortSignal,
    begin: (answer: (given: T | undefined) => void) => Reading,
  ): Promise<T | undefined> {
    if (this.#reading) throw new Error("the keyboard was asked two questions at once");
    if (signal.aborted || this.#ended) return Promise.resolve(undefined);
    this.hold();
    process.stdin.ref();
    return new Promise((resolve) => {
      const leave = () => end(undefined);
      const end = (given: T | undefined): void => {
        const reading = this.#reading;
        if (!reading) return;
        this.#reading = undefined;
        this.#hangUp = undefined;
        signal.removeEventListener("abort", leave);
        reading.stop();
        process.stdin.unref();
        resolve(given);
      };
      this.#hangUp = leave;
      signal.addEventListener("abort", leave);
      this.#reading = begin(end);
    });
  }

  readonly #onData = (data: Buffer | string): void => {
    const chunk = typeof data === "string" ? Buffer.from(data) : data;
    const stop = chunk.findIndex((byte) => byte === CTRL_C || byte === CTRL_Z);
    const keys = stop < 0 ? chunk : chunk.subarray(0, stop);
    if (keys.length > 0) this.#reading?.keys(keys);
    if (chunk[stop] === CTRL_C) this.#interrupt();
    else if (chunk[stop] === CTRL_Z) this.#suspend();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#hangUp?.();
  };

  /** As the terminal would do by itself. The second one ends the process, which leaves the terminal as it was. */
  #interrupt(): void {
    if (process.listenerCount("SIGINT") === 0) this.release();
    process.kill(process.pid, "SIGINT");
  }

  #suspend(): void {
    this.release();
    process.once("SIGCONT", () => {
      if (this.#reading) this.hold();
      if (this.#reading) process.stdin.ref();
    });
    process.kill(process.pid, "SIGTSTP");
  }

  async #pipedLine(signal: AbortSignal): Promise<string | undefined> {
    this.#piped ??= pipedLines();
    if (signal.aborted) return undefined;
    let leave = (): void => undefined;
    const left = new Promise<undefined>((resolve) => {
      leave = () => resolve(undefined);
      signal.addEventListener("abort", leave);
    });
    try {
      const next = await Promise.race([this.#piped.lines.next(), left]);
      return next === undefined || next.done ? undefined : next.value;
    } finally {
      signal.removeEventListener("abort", leave);
      if (signal.aborted) process.stdin.pause();
    }
  }
}

function pipedLines(): { readonly lines: AsyncIterator<string>; close(): void } {
  const reader = createInterface({ input: process.stdin });
  return { lines: reader[Symbol.asyncIterator](), close: () => reader.close() };
}

/** Collects a secret; what follows its end in the same chunk is thrown away. */
function secretReading(answer: (given: Uint8Array | undefined) => void): Reading {
  const typed: number[] = [];
  /** Within the bytes of a key such as an arrow, or of a paste's frame: none of them belongs to the secret. */
  let sequence: "none" | "begun" | "parameters" | "last" = "none";
  const escaped = (byte: number): boolean => {
    if (sequence === "none") {
      if (byte !== ESCAPE) return false;
      sequence = "begun";
    } else if (sequence === "begun")
      sequence = byte === 0x5b ? "parameters" : byte === 0x4f ? "last" : "none";
    else if (sequence === "last" || byte >= 0x40) sequence = "none";
    return true;
  };
  return {
    keys(chunk) {
      for (const byte of chunk) {
        if (byte === 0x0d || byte === 0x0a) return answer(Uint8Array.from(typed));
        if (byte === CTRL_D && typed.length === 0) return answer(undefined);
        if (escaped(byte)) continue;
        if (byte === DELETE || byte === BACKSPACE) {
          // Continuation bytes of UTF-8 belong to the character that goes.
          while (((typed.pop() ?? 0) & 0xc0) === 0x80);
        } else if (byte === CTRL_U) typed.length = 0;
        else if (byte >= 0x20) typed.push(byte);
        if (typed.length > MAX_SECRET_LENGTH) return answer(undefined);
      }
    },
    stop() {
      typed.fill(0);
      process.stderr.write("\n");
    },
  };
}

/** Of this process. */
export const keyboard = new Keyboard();
