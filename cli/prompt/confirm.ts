import type { Command } from "commander";
import { TERMINAL } from "../../common/languages/spoken.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";
import { keyboard } from "./keyboard.js";

/**
 * A question that is answered with yes or no; anything but yes is no.
 * @param yes whether it was answered with `--yes` beforehand
 * @throws InputError when there is no terminal to ask on
 */
export async function confirm(context: CommandContext, question: string, yes = false): Promise<boolean> {
  if (yes) return true;
  if (!keyboard.isTerminal)
    throw new InputError(TERMINAL.question.noTerminal(question), {
      hint: TERMINAL.question.giveYes,
    });
  const answer = await keyboard.line(`${question} ${TERMINAL.question.choice} `, context.signal);
  const word = answer?.trim().toLowerCase().normalize("NFC") ?? "";
  return ["y", "yes", ...TERMINAL.question.yes.split(" ")].includes(word);
}

/** A question of {@link confirm} for those who know what to do where nobody can be asked: then there is none. */
export const askIfPossible = (
  context: CommandContext,
): { readonly agree?: (question: string) => Promise<boolean> } =>
  keyboard.isTerminal ? { agree: (question) => confirm(context, question) } : {};

/** `--yes`. */
export interface YesOption {
  readonly yes?: boolean;
}

/** Adds the option of {@link YesOption} to a command that shows what it will do, and asks. */
export const yesOption = (command: Command): Command =>
  command.option("--yes", "do it without asking, for scripts");

/** Asks whether this is meant. @throws InputError when it is not, or where there is no terminal to ask on */
export async function agree(context: CommandContext, question: string, yes = false): Promise<void> {
  if (await confirm(context, question, yes)) return;
  throw new InputError("Not confirmed: nothing was booked.");
}
