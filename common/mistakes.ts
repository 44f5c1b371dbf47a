import { ParseError } from "./errors.js";
import { visible } from "./visible.js";

/** Mistakes that are named in one error. */
export const MAX_SHOWN_MISTAKES = 100;

/** Several mistakes, each on a line of its own. */
export class MistakesError extends ParseError {}

/**
 * One error for all that is wrong with a file, so that it is corrected in one go; the first 100 are named.
 * @param path of the file
 * @param list not empty; each says where in the file
 * @param count of all, where the list has only the first
 */
export function mistakes(
  path: string,
  list: readonly string[],
  hint: string,
  count = list.length,
): ParseError {
  const [first = "unreadable"] = list;
  if (count <= 1) return new ParseError(path, first, { hint });
  const rest = count > MAX_SHOWN_MISTAKES ? [`and ${count - MAX_SHOWN_MISTAKES} more`] : [];
  const lines = [...list.slice(0, MAX_SHOWN_MISTAKES).map(visible), ...rest].join("\n  ");
  return new MistakesError(path, `${count} mistakes:\n  ${lines}`, { hint });
}
