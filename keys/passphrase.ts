import { readSync } from "node:fs";
import { KeyError } from "./key-source.js";

const MAX_LENGTH = 1024;

/** Where a passphrase comes from; exactly one. */
export type PassphraseSource =
  /** The first line of an open file descriptor, as in `3< file`. */
  | { readonly kind: "fd"; readonly fd: number }
  /** An environment variable, removed from the environment once it is read so that no child inherits it. */
  | { readonly kind: "environment"; readonly name: string };

/**
 * Reads a passphrase. The caller clears the bytes after use.
 * @returns 1..1024 bytes of UTF-8
 * @throws KeyError `no-passphrase` when there is none, or it is too long
 */
export function readPassphrase(
  source: PassphraseSource,
  environment: NodeJS.ProcessEnv = process.env,
): Uint8Array {
  const found = source.kind === "fd" ? readLine(source.fd) : takeVariable(source.name, environment);
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
