import { ParseError } from "./errors.js";

const MOST_SHOWN = 100;

/**
 * One error for all that is wrong with a file, so that it is corrected in one go; the first 100 are named.
 * @param path of the file
 * @param list not empty; each says where in the file
 */
export function mistakes(path: string, list: readonly string[], hint: string): ParseError {
  const [first = "unreadable"] = list;
  if (list.length <= 1) return new ParseError(path, first, { hint });
  const rest = list.length > MOST_SHOWN ? [`and ${list.length - MOST_SHOWN} more`] : [];
  const lines = [...list.slice(0, MOST_SHOWN), ...rest].join("\n  ");
  return new ParseError(path, `${list.length} mistakes:\n  ${lines}`, { hint });
}
