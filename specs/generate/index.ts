import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A module of this folder that makes one file of specs/vectors. */
export interface Generator {
  /** Name of the file in specs/vectors. */
  readonly file: string;
  /** What the file holds, as plain JSON values. Deterministic: the same at every call. */
  generate(): unknown;
}

const here = dirname(fileURLToPath(import.meta.url));

/** The package's root, from the sources as well as from the compiled code. */
function packageRoot(): string {
  let at = here;
  while (!existsSync(join(at, "package.json"))) {
    const parent = dirname(at);
    if (parent === at) throw new Error(`no package.json above ${here}`);
    at = parent;
  }
  return at;
}

/** Path of a vector file. */
export const vectorPath = (file: string): string => join(packageRoot(), "specs", "vectors", file);

/** Every generator of this folder, in the order of their names. */
export async function loadGenerators(): Promise<readonly Generator[]> {
  const names = readdirSync(here)
    .filter((name) => /\.[jt]s$/.test(name) && !/^index\.|\.d\.ts$/.test(name))
    .sort();
  return Promise.all(
    names.map(
      async (name) => (await import(/* @vite-ignore */ pathToFileURL(join(here, name)).href)) as Generator,
    ),
  );
}

/** The text of a vector file: two spaces, a line feed at the end. */
export const render = (generator: Generator): string => `${JSON.stringify(generator.generate(), null, 2)}\n`;

/** The files that are not what their generators make; empty when all are. */
export async function driftedFiles(): Promise<readonly string[]> {
  const drifted = (await loadGenerators()).filter((generator) => {
    const path = vectorPath(generator.file);
    return !existsSync(path) || readFileSync(path, "utf8") !== render(generator);
  });
  return drifted.map(({ file }) => file);
}

/** Writes every vector file and returns their names. */
export async function writeVectors(): Promise<readonly string[]> {
  const generators = await loadGenerators();
  for (const generator of generators) writeFileSync(vectorPath(generator.file), render(generator));
  return generators.map(({ file }) => file);
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  if (process.argv.includes("--check")) {
    const drifted = await driftedFiles();
    for (const file of drifted) console.error(`specs/vectors/${file} is not what its generator makes`);
    process.exitCode = drifted.length ? 1 : 0;
  } else {
    for (const file of await writeVectors()) console.log(`specs/vectors/${file}`);
  }
}
