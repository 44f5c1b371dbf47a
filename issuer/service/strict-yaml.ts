import { parseDocument } from "yaml";
import { ParseError } from "../../common/index.js";

/** Longer than any configuration. */
const MAX_LENGTH = 256 * 1024;

/**
 * Reads YAML (JSON is YAML too) where nothing is guessed: a doubled key, an alias or an unknown tag is an error.
 * @param path of the file, for errors
 * @throws ParseError
 */
export function readStrictYaml(text: string, path: string): unknown {
  if (text.length > MAX_LENGTH)
    throw new ParseError(path, `need at most ${MAX_LENGTH} characters, have ${text.length}`);
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const line = problem.linePos?.[0].line;
    throw new ParseError(path, `${line === undefined ? "" : `line ${line}: `}neither YAML nor JSON`, {
      cause: problem,
    });
  }
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new ParseError(path, "aliases are not allowed", { cause });
  }
}
