import { type PassphraseSource, readPassphrase } from "../keys/index.js";
import type { CommandContext } from "./command-context.js";

/**
 * A passphrase from where it is: the environment variable when it is set, the file descriptor when one is named,
 * else typed without echo. The caller clears the bytes.
 * @throws KeyError `no-passphrase`
 */
export function askPassphrase(
  context: CommandContext,
  question: string,
  variable: string,
  descriptor?: string,
): Promise<Uint8Array> {
  const source: PassphraseSource =
    descriptor !== undefined
      ? { kind: "fd", fd: Number.parseInt(descriptor, 10) }
      : context.env[variable] !== undefined
        ? { kind: "environment", name: variable }
        : { kind: "prompt", question: `${question}: ` };
  return readPassphrase(source);
}
