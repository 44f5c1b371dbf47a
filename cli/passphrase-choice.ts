import { equalBytes } from "../common/index.js";
import { type PassphraseSource, readPassphrase } from "../keys/index.js";
import type { CommandContext } from "./command-context.js";
import { InputError } from "./error-report.js";

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

/**
 * A new passphrase, typed twice where it is typed. The caller clears the bytes.
 * @throws KeyError `no-passphrase`; InputError when the two differ
 */
export async function askNewPassphrase(
  context: CommandContext,
  variable: string,
  descriptor?: string,
): Promise<Uint8Array> {
  const typed = descriptor === undefined && context.env[variable] === undefined;
  const first = await askPassphrase(context, "New passphrase", variable, descriptor);
  if (!typed) return first;
  const second = await askPassphrase(context, "Once more", variable);
  const same = equalBytes(first, second);
  second.fill(0);
  if (!same) throw new InputError("the two passphrases differ");
  return first;
}
