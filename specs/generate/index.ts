import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { renderSchema, SCHEMAS, schemaFile } from "../schemas/index.js";

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

/** Path of the page or the JSON Schema of a vector file. */
export const aboutPath = (name: string): string => join(packageRoot(), "specs", "vector-files", name);

interface Output {
  readonly path: string;
  readonly text: string;
}

/** Everything that is generated: the vector files, and the JSON Schemas of all of them. */
async function outputs(): Promise<readonly Output[]> {
  const files = (await loadGenerators()).map((generator) => ({
    path: vectorPath(generator.file),
    text: render(generator),
  }));
  const schemas = Object.keys(SCHEMAS).map((file) => ({
    path: aboutPath(schemaFile(file)),
    text: renderSchema(file),
  }));
  return [...files, ...schemas];
}

const shown = ({ path }: Output): string => relative(packageRoot(), path);

/** The files that are not what is generated; empty when all are. */
export async function driftedFiles(): Promise<readonly string[]> {
  const differs = ({ path, text }: Output): boolean =>
    !existsSync(path) || readFileSync(path, "utf8") !== text;
  return (await outputs()).filter(differs).map(shown);
}

/** Writes every file that is generated and returns their names. */
export async function writeVectors(): Promise<readonly string[]> {
  const all = await outputs();
  for (const { path, text } of all) writeFileSync(path, text);
  return all.map(shown);
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  if (process.argv.includes("--check")) {
    const drifted = await driftedFiles();
    for (const file of drifted) console.error(`${file} is not what is generated`);
    process.exitCode = drifted.length ? 1 : 0;
  } else {
    for (const file of await writeVectors()) console.log(file);
  }
}
