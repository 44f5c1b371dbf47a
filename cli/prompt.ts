import { type PassphraseSource, readPassphrase } from "../keys/index.js";
import { InputError } from "./error-report.js";

/**
 * A PIN typed without echo, or from where the options say.
 * @param variable environment variable that holds it instead, for scripts
 * @throws InputError when there is neither a terminal nor the variable
 */
export async function askPin(question: string, variable: string): Promise<string> {
  const source: PassphraseSource =
    process.env[variable] === undefined
      ? { kind: "prompt", question: `${question}: ` }
      : { kind: "environment", name: variable };
  if (source.kind === "prompt" && !process.stdin.isTTY)
    throw new InputError(`${question}: there is no terminal to type it on`, {
      hint: `Set the environment variable ${variable}, or run this in a terminal.`,
    });
  return new TextDecoder().decode(await readPassphrase(source));
}
