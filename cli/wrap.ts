/**
 * Text in lines of at most this width, broken between words; a longer word keeps its line.
 * @param indent before every line; @param hanging more before all but the first
 */
export function wrap(text: string, width: number | undefined, indent = "", hanging = ""): string {
  if (width === undefined) return indent + text;
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + hanging;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].join("\n");
}
