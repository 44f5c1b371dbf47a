/** Tests of one file. */
export interface TestPart {
  readonly tests: string;
  /** Regular expression for the full titles of those that are run. */
  readonly named: string;
}

/** What is run to look for a bug. */
export type Part =
  | TestPart
  | {
      readonly campaign:
        | "tearing"
        | "model"
        | "fuzzing"
        | "applet-tears"
        | "applet-twins"
        | "applet-bytes"
        | "face-tears"
        | "chip-tears"
        | "applet-face-tears"
        | "applet-face-twins"
        | "system-faults"
        | "statement-faults"
        | "offline-festival"
        | "floods"
        | "bad-requests";
    };

/** A piece of a source file that stands there exactly once, and what stands in its place. */
export type Edit = readonly [piece: string, instead: string];

/** A known bug, as changes of the text of source files. */
export interface PlantedBug {
  readonly name: string;
  readonly layer: string;
  readonly edits: Readonly<Record<string, readonly Edit[]>>;
  /** Each of these must catch it. */
  readonly caughtBy: readonly Part[];
}

/** A bug and the parts that must catch it; each change names its file, a piece of it, and what stands in its place. */
export function bug(
  name: string,
  caughtBy: readonly Part[],
  ...changes: readonly (readonly [file: string, ...edit: Edit])[]
): Omit<PlantedBug, "layer"> {
  const edits: Record<string, Edit[]> = {};
  for (const [file, ...edit] of changes) edits[file] = [...(edits[file] ?? []), edit];
  return { name, edits, caughtBy };
}

/** Bugs of one layer. */
export const bugsOf = (layer: string, bugs: readonly Omit<PlantedBug, "layer">[]): PlantedBug[] =>
  bugs.map((bug) => ({ layer, ...bug }));

export const partName = (part: Part): string =>
  "campaign" in part ? part.campaign : `${part.tests}: ${part.named}`;

/**
 * The sources with a bug in them, by file.
 * @throws RangeError with the bug's name when a piece does not stand exactly once where it is to be replaced
 */
export function plant(bug: PlantedBug, read: (file: string) => string): ReadonlyMap<string, string> {
  const changed = new Map<string, string>();
  for (const [file, edits] of Object.entries(bug.edits)) {
    let source = read(file);
    for (const [piece, instead] of edits) {
      const times = source.split(piece).length - 1;
      if (times !== 1 || instead === piece)
        throw new RangeError(
          `planted bug "${bug.name}" no longer fits: need once in ${file}, found ${times} times: ${piece.trim()}`,
        );
      source = source.replace(piece, () => instead);
    }
    changed.set(file, source);
  }
  return changed;
}

/** Why bugs no longer fit the sources; empty when all do. */
export const misfits = (bugs: readonly PlantedBug[], read: (file: string) => string): string[] =>
  bugs.flatMap((bug) => {
    try {
      plant(bug, read);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : bug.name];
    }
  });
