import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

/**
 * Who may import whom (CONTRIBUTING.md, "The folders"); every folder may import itself. Biome can only forbid names, so
 * that a new folder would be allowed everywhere; cycles between files are its rule noImportCycles.
 */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  common: [],
  keys: ["common"],
  apdu: ["common"],
  "bolt-card": ["apdu", "common"],
  simulator: ["apdu", "bolt-card", "common"],
  lightning: ["common"],
  offline: ["apdu", "lightning", "common"],
  host: ["apdu", "bolt-card", "lightning", "offline", "common"],
  personalize: ["apdu", "bolt-card", "host", "keys", "lightning", "common"],
  issuer: ["apdu", "bolt-card", "lightning", "offline", "keys", "common"],
  exports: [
    ...["common", "keys", "apdu", "bolt-card", "simulator", "lightning", "offline", "host", "personalize"],
    "issuer",
  ],
  reference: [],
  specs: ["reference"],
  // It answers with what the commands' own operations do, and what they print with --json.
  server: ["common", "keys", "apdu", "bolt-card", "lightning", "offline", "host", "issuer", "cli"],
  cli: [
    ...["common", "keys", "apdu", "bolt-card", "simulator", "lightning", "offline", "host", "personalize"],
    ...["issuer", "server"],
  ],
  // A browser has neither files nor sockets: it asks the server over HTTP.
  web: ["common"],
};

/** Folders whose types others may use, and nothing that is there at run time. */
const TYPES_OF: Readonly<Record<string, readonly string[]>> = { web: ["server"] };

/** Checks, campaigns and figures share what is in `testing/`, and nothing of each other. */
const APART: Readonly<Record<string, readonly string[]>> = {
  testing: ["test", "prove", "bench"],
  test: ["prove", "bench"],
  prove: ["test", "bench"],
  bench: ["test", "prove"],
};

/** The simulator shares constants, types and cryptography with the host, never its parsers and encoders. */
const SIMULATOR_MAY_USE = [
  /^apdu\/(constants|status-words|transport|reader)\.ts$/,
  /^apdu\/sealed\/crypto\.ts$/,
  /^apdu\/secure-channel\/primitives(-[a-z-]+)?\.ts$/,
  /^apdu\/exchange\/constants\.ts$/,
  /^bolt-card\/constants\.ts$/,
];

interface Import {
  readonly from: string;
  readonly to: string;
}

const IMPORT = /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g;

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}

function importsOf(file: string, text = readFileSync(join(ROOT, file), "utf8")): Import[] {
  return [...text.matchAll(IMPORT)].map(([, specifier = ""]) => ({
    from: file,
    to: relative(ROOT, resolve(ROOT, dirname(file), specifier)).replace(/\.js$/, ".ts"),
  }));
}

/** Imports that are there at run time. */
const valueImportsOf = (file: string): Import[] =>
  importsOf(file, readFileSync(join(ROOT, file), "utf8").replace(/(?:import|export) type[^;]*;/g, ""));

const show = ({ from, to }: Import): string => `${from} -> ${to}`;

describe("the import table", () => {
  it.each(Object.keys(TABLE))("%s imports only what it may", (folder) => {
    const files = sources(folder);
    expect(files.length).toBeGreaterThan(0);
    const allowed = [folder, ...(TABLE[folder] ?? [])];
    const types = [...allowed, ...(TYPES_OF[folder] ?? [])];
    const foreign = files.flatMap((file) => [
      ...importsOf(file).filter(({ to }) => !types.includes(to.split("/")[0] ?? "")),
      ...valueImportsOf(file).filter(({ to }) => !allowed.includes(to.split("/")[0] ?? "")),
    ]);
    expect(foreign.map(show)).toEqual([]);
  });

  it("pages import two packages, and nothing of Node.js", () => {
    const packages = sources("web").flatMap((file) =>
      [...readFileSync(join(ROOT, file), "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^."][^"]*)"/g)].map(
        ([, name = ""]) => name,
      ),
    );
    expect([...new Set(packages)].sort()).toEqual(["preact", "preact/hooks", "qr"]);
  });

  it.each(Object.keys(APART))("%s uses none of the folders beside it but testing", (folder) => {
    const foreign = sources(folder)
      .flatMap((file) => importsOf(file))
      .filter(({ to }) => APART[folder]?.includes(to.split("/")[0] ?? ""));
    expect(foreign.map(show)).toEqual([]);
  });

  it("the simulator shares no parser with the host", () => {
    const shared = sources("simulator")
      .flatMap((file) => importsOf(file))
      .filter(
        ({ to }) => /^(apdu|bolt-card)\//.test(to) && !SIMULATOR_MAY_USE.some((allowed) => allowed.test(to)),
      );
    expect(shared.map(show)).toEqual([]);
  });

  it("no product code uses the reference implementation", () => {
    const users = Object.keys(TABLE)
      .filter((folder) => folder !== "reference" && folder !== "specs")
      .flatMap(sources)
      .flatMap((file) => importsOf(file))
      .filter(({ to }) => to.startsWith("reference/"));
    expect(users.map(show)).toEqual([]);
  });

  it("no product code uses the draft to the letter", () => {
    const users = Object.keys(TABLE)
      .flatMap(sources)
      .flatMap((file) => importsOf(file))
      .filter(
        ({ from, to }) => to.startsWith("lightning/draft-819/") && !from.startsWith("lightning/draft-819/"),
      );
    expect(users.map(show)).toEqual([]);
  });

  it("a sale reaches what it needs, not whole folders", () => {
    const reached = new Set(["host/terminal/terminal.ts"]);
    for (const file of reached) for (const { to } of valueImportsOf(file)) reached.add(to);
    // Texts are no folder that a sale depends on.
    const logic = [...reached].filter((file) => !file.startsWith("common/languages/"));
    expect(logic.length).toBeGreaterThan(30);
    expect(logic.length).toBeLessThanOrEqual(72);
  });

  it("sees imports at all", () => {
    expect(importsOf("apdu/commands/select.ts").map(({ to }) => to)).toContain("apdu/tlv.ts");
    const used = sources("prove").flatMap((file) => importsOf(file));
    expect(used.map(({ to }) => to)).toContain("testing/random.ts");
  });
});
