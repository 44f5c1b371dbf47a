/** Changes of one character, and swaps of two neighbours, between two short texts. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const best = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(isSwap ? Math.min(best, (before[j - 2] ?? 0) + 1) : best);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

/** Longer names are not compared: nobody mistypes them by a letter. */
const MAX_LENGTH = 64;

/** The one of the known names that a mistyped one may have meant; undefined when none is near. */
export function similarTo(text: string, known: readonly string[]): string | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const found = known
    .map((name) => ({ name, far: distance(text.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)[0];
  return found && found.far <= Math.max(1, Math.floor(found.name.length / 3)) ? found.name : undefined;
}
