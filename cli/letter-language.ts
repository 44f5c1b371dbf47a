import type { Command } from "commander";
import { LANGUAGES, type Language, languageOf } from "../common/languages/language.js";
import { InputError } from "./error-report.js";

/** `--language`. */
export interface LanguageOption {
  readonly language?: string;
}

/** Adds the option of {@link LanguageOption} to a command that writes letters. */
export const languageOption = (command: Command): Command =>
  command.option(
    "--language <code>",
    `of the letters: ${LANGUAGES.join(", ")}; default: this machine's, where it is one of them`,
  );

/** The language that letters are written in. @throws InputError */
export function letterLanguage({ language: given }: LanguageOption): Language {
  const language = given === undefined ? languageOf(process.env) : LANGUAGES.find((one) => one === given);
  if (language === undefined)
    throw new InputError(`--language: need one of ${LANGUAGES.join(", ")}, have "${given?.slice(0, 20)}"`);
  return language;
}
