/** A text as the shell reads it as one word, for commands that are shown. */
export const shell = (text: string): string =>
  /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The command that prints PIN letters, as often as it is needed: PINs are for its reader alone, and in no page. */
export const printLettersCommand = (letters: string, journal: string): string =>
  `chequecard personalize pins ${shell(letters)} --journal ${shell(journal)} --html letters.html`;
