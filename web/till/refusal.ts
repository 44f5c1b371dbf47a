import type { TillTexts } from "../../common/languages/till.js";
import type { ApiProblem } from "../shell/api.js";

/** What went wrong and what to do next, as {@link Message} shows it. */
interface Told {
  readonly text?: string | undefined;
  readonly hint?: string | undefined;
}

/** Where in a request the API found it: `items/0/amount: `, `--rate: `. */
const FIELD = /^(?:--[\w-]+|[a-z]+(?:\/\w+)+): /;
/** What to type, for those who work with commands. */
const COMMAND = /--\w|\bchequecard /;

/**
 * A refusal in the words of the page. The sentences of the API are in the till's language, as the page is, but for what only
 * programs do wrong.
 * @param notRead what a field was to be that the API could not read
 * @param again what to do next where the API names a command
 */
export function told(
  { refusals }: TillTexts,
  problem: ApiProblem | undefined,
  {
    notRead,
    again,
  }: { readonly notRead?: { readonly said: string; readonly next: string }; readonly again?: string } = {},
): Told {
  if (!problem) return {};
  const { code, message, hint } = problem;
  const known = Object.entries(refusals).find(([name]) => name === code)?.[1];
  const own = known ?? (code === "parse" ? notRead : undefined);
  if (own) return { text: own.said, hint: own.next };
  return {
    text: message.replace(FIELD, ""),
    hint: hint !== undefined && COMMAND.test(hint) ? again : hint,
  };
}
