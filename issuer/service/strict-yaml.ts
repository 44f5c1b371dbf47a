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
  const document = parsed(text, path);
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
    const problem = cause instanceof RangeError ? "nested too deep" : "aliases are not allowed";
    throw new ParseError(path, problem, { cause });
  }
}

/** The parser's own warnings would repeat the file's content; its recursion ends in a RangeError when nested too deep. */
function parsed(text: string, path: string) {
  try {
    return parseDocument(text, { uniqueKeys: true, prettyErrors: true, logLevel: "error" });
  } catch (cause) {
    throw new ParseError(path, "nested too deep", { cause });
  }
}
