import { execFileSync } from "node:child_process";
import { misfits, type PlantedBug, partName } from "./bug.js";
import { PLANTED_BUGS } from "./bugs.js";
import { type Effort, Tree } from "./tree.js";

/** What became of a planted bug. */
export interface Planted {
  readonly bug: string;
  readonly layer: string;
  readonly files: readonly string[];
  /** Every part that must catch it, with what it said first; undefined: it overlooked the bug. */
  readonly parts: readonly { readonly part: string; readonly said: string | undefined }[];
}

interface PlantedOptions extends Effort {
  /** Only bugs whose names contain it. */
  readonly only: string;
  readonly tell: (text: string) => void;
}

/** Seconds for a campaign to show that it finds nothing where nothing is. */
const CONTROL_SECONDS = 15;
/** Most for all tests together. */
const TESTS_SECONDS = 300;
const MAX_SAID = 300;

/** True when every part that must catch the bug did. */
export const isCaught = ({ parts }: Planted): boolean => parts.every(({ said }) => said !== undefined);

/**
 * Plants one bug after the other in a copy of the sources and has the parts look for it that must catch it.
 * @throws RangeError at once when a bug no longer fits the sources, or a part finds something without any bug
 */
export async function runPlanted({ seed, seconds, only, tell }: PlantedOptions): Promise<Planted[]> {
  const tree = new Tree();
  const bugs = PLANTED_BUGS.filter(({ name }) => name.includes(only));
  try {
    const unfit = misfits(PLANTED_BUGS, (file) => tree.read(file));
    if (unfit.length > 0) throw new RangeError(unfit.join("\n"));
    tree.compile();
    execFileSync(process.execPath, ["dist/prove/index.js", "--help"], { cwd: tree.folder });
    await findNothing(tree, bugs, seed, tell);
    const found: Planted[] = [];
    for (const bug of bugs) {
      const planted = await tree.with(bug, () => lookFor(tree, bug, { seed, seconds }));
      tell(`${bug.name}: ${outcome(planted)}`);
      found.push(planted);
    }
    return found;
  } finally {
    tree.remove();
  }
}

/** Every part that will be asked, on the sources as they are. */
async function findNothing(
  tree: Tree,
  bugs: readonly PlantedBug[],
  seed: number,
  tell: (text: string) => void,
): Promise<void> {
  const parts = [
    ...new Map(bugs.flatMap((bug) => bug.caughtBy.map((part) => [partName(part), part]))).values(),
  ];
  const complain = (name: string, said: string | undefined) => {
    if (said !== undefined) throw new RangeError(`without a bug, ${name}: ${said}`);
  };
  for (const part of parts) {
    if (!("campaign" in part)) continue;
    tell(`without a bug: ${part.campaign}`);
    complain(part.campaign, await tree.look(part, { seed, seconds: CONTROL_SECONDS }));
  }
  const tests = parts.filter((part) => "tests" in part);
  if (tests.length === 0) return;
  tell("without a bug: the tests");
  complain("tests", await tree.test(tests, { seed, seconds: TESTS_SECONDS }));
}

async function lookFor(tree: Tree, bug: PlantedBug, effort: Effort): Promise<Planted> {
  const parts: { part: string; said: string | undefined }[] = [];
  for (const part of bug.caughtBy)
    parts.push({ part: partName(part), said: (await tree.look(part, effort))?.slice(0, MAX_SAID) });
  return { bug: bug.name, layer: bug.layer, files: Object.keys(bug.edits), parts };
}

/** Bugs whose names contain a text, each with the parts that must catch it. */
export const listBugs = (only: string): string =>
  PLANTED_BUGS.filter(({ name }) => name.includes(only))
    .map(({ name, layer, caughtBy }) => [`${layer}: ${name}`, ...caughtBy.map(partName)].join("\n    "))
    .join("\n");

const outcome = ({ parts }: Planted): string =>
  parts.map(({ part, said }) => (said === undefined ? `NOT CAUGHT by ${part}` : part)).join("; ");

/** One line for each bug. */
export function renderPlanted(found: readonly Planted[]): string {
  const [bugs, layers] = [found.map(({ bug }) => bug.length), found.map(({ layer }) => layer.length)];
  const [width, inner] = [Math.max(...bugs), Math.max(...layers)];
  const lines = found.map(
    (planted) => `${planted.bug.padEnd(width)}  ${planted.layer.padEnd(inner)}  ${outcome(planted)}`,
  );
  return [...lines, "", `${found.filter(isCaught).length} of ${found.length} planted bugs caught`].join("\n");
}
