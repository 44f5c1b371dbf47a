/**
 * Characters with which a text that is not ours would command a terminal, forge a line or hide what it says: C0, DEL
 * and C1 controls, line and paragraph separators, bidirectional controls, zero-width and other invisible characters
 * (Cf), lone surrogates, private and unassigned ones.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\u034f|\u17b4|\u17b5/gu;
/** The same without the line breaks of a text of several lines. */
const UNSEEN_IN_LINES = new RegExp(`(?!\\n)(?:${UNSEEN.source})`, "gu");

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
};

/**
 * A text that is not ours as a terminal or a log may have it, on one line: what is not seen is written as `\u001b`.
 * Every invoice description, alias, label, name of a column or a reader and error of others comes through here.
 */
export const visible = (text: string): string => text.replace(UNSEEN, escaped);

/** The same for a text of several lines, which were broken by us. */
export const visibleLines = (text: string): string => text.replace(UNSEEN_IN_LINES, escaped);

/** JSON that a terminal may have: the same data, with what is not seen escaped. */
export const visibleJson = (json: string): string =>
  json.replace(UNSEEN_IN_LINES, (character) =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
      .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
      .join(""),
  );
