import type { Command } from "commander";
import { languageOf } from "../common/languages/language.js";
import { speak } from "../common/languages/speak.js";

/**
 * Has a command and those below it speak the language that their folder's terminal.yaml names, or else the environment's.
 * With `--json` the process speaks English: what programs read is never translated.
 */
export const speaking = (command: Command): Command =>
  command.hook("preAction", async (_, action) => {
    const { json, node } = action.optsWithGlobals<{ json?: boolean; node?: string }>();
    if (!json) await speak((await languageOfFolder(node)) ?? languageOf(process.env));
  });

async function languageOfFolder(folder: string | undefined) {
  if (folder === undefined) return undefined;
  // What reads the file is loaded where there is one.
  const { languageSetting } = await import("./terminal-settings.js");
  return languageSetting(folder);
}
