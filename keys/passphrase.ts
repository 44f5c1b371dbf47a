import { readSync } from "node:fs";
import type { ReadStream } from "node:tty";
import { visible } from "../common/index.js";
import { KeyError } from "./key-source.js";

const MAX_LENGTH = 1024;

/** Where a passphrase comes from; exactly one. */
export type PassphraseSource =
  | { readonly kind: "prompt"; readonly question: string }
  /** The first line of an open file descriptor, as in `3< file`. */
  | { readonly kind: "fd"; readonly fd: number }
  /** An environment variable, removed from the environment once it is read so that no child inherits it. */
  | { readonly kind: "environment"; readonly name: string };

export interface PromptStreams {
  /** A terminal. */
  readonly input: ReadStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Reads a passphrase. The caller clears the bytes after use.
 * @returns 1..1024 bytes of UTF-8
 * @throws KeyError `no-passphrase` when there is none, it is too long, or the prompt was left with Ctrl-C
 */
export async function readPassphrase(
  source: PassphraseSource,
  streams: PromptStreams = { input: process.stdin, output: process.stderr },
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Uint8Array> {
  const found =
    source.kind === "fd"
      ? readLine(source.fd)
      : source.kind === "environment"
        ? takeVariable(source.name, environment)
        : await prompt(source.question, streams);
  if (found.length === 0) throw new KeyError("no-passphrase", "the passphrase is empty");
  return found;
}

const tooLong = () => new KeyError("no-passphrase", `the passphrase is longer than ${MAX_LENGTH} bytes`);

function readLine(fd: number): Uint8Array {
  const buffer = new Uint8Array(MAX_LENGTH + 2);
  let length = 0;
  try {
    while (length < buffer.length) {
      const count = readSync(fd, buffer, length, 1, null);
      if (count === 0 || buffer[length] === 0x0a) break;
      length += count;
    }
  } catch (cause) {
    throw new KeyError("no-passphrase", `file descriptor ${fd} cannot be read`, { cause });
  }
  if (length > 0 && buffer[length - 1] === 0x0d) length--;
  const line = buffer.slice(0, length);
  buffer.fill(0);
  if (length > MAX_LENGTH) throw tooLong();
  return line;
}

function takeVariable(name: string, environment: NodeJS.ProcessEnv): Uint8Array {
  const value = environment[name];
  if (value === undefined) throw new KeyError("no-passphrase", `the environment variable ${name} is not set`);
  delete environment[name];
  const bytes = new TextEncoder().encode(value);
  if (bytes.length > MAX_LENGTH) throw tooLong();
  return bytes;
}

/** Asks on a terminal without echo. Enter ends, Backspace takes a character back, Ctrl-U all, Ctrl-C gives up. */
function prompt(question: string, { input, output }: PromptStreams): Promise<Uint8Array> {
  if (!input.isTTY)
    return Promise.reject(
      new KeyError("no-passphrase", "there is no terminal to ask for the passphrase on", {
        hint: "Give it through a file descriptor or an environment variable.",
      }),
    );
  output.write(visible(question));
  const typed: number[] = [];
  return new Promise((resolve, reject) => {
    const end = (outcome: () => void): void => {
      input.off("data", onData);
      input.setRawMode(false);
      input.pause();
      output.write("\n");
      outcome();
      typed.fill(0);
    };
    const onData = (chunk: Buffer | string): void => {
      for (const byte of typeof chunk === "string" ? Buffer.from(chunk) : chunk) {
        if (byte === 0x0d || byte === 0x0a) {
          end(() => resolve(Uint8Array.from(typed)));
          return;
        }
        if (byte === 0x03 || (byte === 0x04 && typed.length === 0)) {
          end(() => reject(new KeyError("no-passphrase", "no passphrase was given")));
          return;
        }
        if (byte === 0x7f || byte === 0x08) {
          // Continuation bytes of UTF-8 belong to the character that goes.
          while (((typed.pop() ?? 0) & 0xc0) === 0x80);
        } else if (byte === 0x15) typed.length = 0;
        else if (byte >= 0x20) typed.push(byte);
        if (typed.length > MAX_LENGTH) {
          end(() => reject(tooLong()));
          return;
        }
      }
    };
    input.setRawMode(true);
    input.on("data", onData);
    input.resume();
  });
}
