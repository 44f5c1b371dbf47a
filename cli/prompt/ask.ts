import { isatty } from "node:tty";
import { TERMINAL } from "../../common/languages/spoken.js";
import { readPassphrase } from "../../keys/index.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";
import { keyboard } from "./keyboard.js";

/** A secret, and where it may come from. */
export interface SecretWanted {
  /** Names it, without a colon: `PIN`, `Passphrase of issuer.keys`. */
  readonly question: string;
  /** Environment variable that holds it instead, for scripts. */
  readonly variable: string;
  /** `--passphrase-fd`, where the command has it: its value when it was given. */
  readonly descriptor?: string | undefined;
}

/**
 * A secret typed without echo, or from where the options say. The caller clears the bytes.
 * @returns 1..1024 bytes of UTF-8
 * @throws InputError when there is neither a terminal nor the variable, or nothing was typed; KeyError
 */
export async function askSecret(context: CommandContext, wanted: SecretWanted): Promise<Uint8Array> {
  const { question, variable, descriptor } = wanted;
  if (descriptor !== undefined) return readPassphrase({ kind: "fd", fd: descriptorNumber(descriptor) });
  if (process.env[variable] === "") throw new InputError(`${question}: ${variable} is set to nothing`);
  if (process.env[variable] !== undefined) return readPassphrase({ kind: "environment", name: variable });
  if (!keyboard.isTerminal) throw nobodyToAsk(wanted);
  const typed = await keyboard.secret(`${question}: `, context.signal);
  if (typed === undefined || typed.length === 0) throw new InputError(TERMINAL.pin.nothing(question));
  return typed;
}

const nobodyToAsk = (wanted: SecretWanted): InputError =>
  new InputError(TERMINAL.pin.noTerminal(wanted.question), {
    hint:
      "descriptor" in wanted
        ? `Set the environment variable ${wanted.variable}, or give --passphrase-fd, or run this in a terminal.`
        : TERMINAL.pin.setVariable(wanted.variable),
  });

/** @throws InputError when it is no number, or a terminal, which would show what is typed */
function descriptorNumber(text: string): number {
  const fd = /^\d{1,9}$/.test(text) ? Number.parseInt(text, 10) : -1;
  if (fd < 0)
    throw new InputError(
      `--passphrase-fd: need the number of a file descriptor, have "${text.slice(0, 40)}"`,
    );
  if (isatty(fd))
    throw new InputError(`--passphrase-fd: file descriptor ${fd} is a terminal, which shows what is typed`, {
      hint: "Leave the option out to be asked without echo.",
    });
  return fd;
}

const PIN_FORM = /^\d{4,12}$/;

/**
 * A PIN of 4 to 12 digits, typed without echo; asked again where it cannot be one.
 * @throws InputError as {@link askSecret}, and for a variable that holds no PIN
 */
export async function askPin(context: CommandContext, question: string, variable: string): Promise<string> {
  const fromVariable = process.env[variable] !== undefined;
  for (let text = question; ; text = TERMINAL.pin.form(question)) {
    const typed = await askSecret(context, { question: text, variable });
    const pin = new TextDecoder().decode(typed);
    typed.fill(0);
    if (PIN_FORM.test(pin)) return pin;
    if (fromVariable) throw new InputError(`${question}: need 4 to 12 digits in ${variable}`);
  }
}

/** How a PIN is asked for while a card lies on the reader. */
export type CardPinQuestion = (
  retry: { readonly triesLeft: number } | undefined,
  signal?: AbortSignal,
) => Promise<string | undefined>;

/**
 * Asks for the PIN of the card on the reader. Where CHEQUECARD_PIN is set, it is the first try for every card; then,
 * and else, the PIN is typed. Nothing typed gives up.
 * @throws InputError at once when the variable holds no PIN; when asked, where there is no terminal
 */
export function cardPinQuestion(context: CommandContext): CardPinQuestion {
  const given = process.env.CHEQUECARD_PIN;
  delete process.env.CHEQUECARD_PIN;
  if (given !== undefined && !PIN_FORM.test(given))
    throw new InputError(TERMINAL.pin.badVariable("CHEQUECARD_PIN"));
  return async (retry, signal) => {
    if (given !== undefined && !retry) return given;
    const question = retry ? TERMINAL.pin.wrong(retry.triesLeft) : TERMINAL.pin.name;
    if (!keyboard.isTerminal && retry && given !== undefined)
      throw new InputError(TERMINAL.pin.wrongVariable("CHEQUECARD_PIN", retry.triesLeft));
    if (!keyboard.isTerminal) throw nobodyToAsk({ question: TERMINAL.pin.name, variable: "CHEQUECARD_PIN" });
    const within = signal ? AbortSignal.any([context.signal, signal]) : context.signal;
    for (let text = question; ; text = TERMINAL.pin.form(question)) {
      const typed = await keyboard.secret(`${text}: `, within);
      if (typed === undefined || typed.length === 0) return undefined;
      const pin = new TextDecoder().decode(typed);
      typed.fill(0);
      if (PIN_FORM.test(pin)) return pin;
    }
  };
}
