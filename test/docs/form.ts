/** What somebody finds out by trying, as a text of a document shows it: numbers, ids and times differ. */
export const form = (text: string): string =>
  text
    .replace(/\b[0-9a-f]{4}(-[0-9a-f]{4})+\b|\b[0-9a-f]{8,}\b/g, "#")
    .replace(/\d[\d,.:]*/g, "0")
    .replace(/\s+/g, " ")
    .trim();
