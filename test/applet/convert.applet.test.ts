import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { newFolder } from "../../testing/hooks.js";

const CONVERT = resolve(import.meta.dirname, "../../applet/convert.sh");
const TARGET = resolve(CONVERT, "../card/target");
const CLASSES = join(TARGET, "classes/chequecard/applet");
const CAP = join(TARGET, "cap-3.0.4/chequecard.cap");
const folder = newFolder();
const run = promisify(execFile);

const convert = (...args: readonly string[]) =>
  run(CONVERT, args).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

const CONVERTS = `while [ "$1" != -d ]; do shift; done; printf cap > "$2/applet.cap"`;
const VERSION = `[ "$1" = -version ] && { echo "Converter [v3.1.0]"; exit; }`;

interface Kit {
  /** What the converter does, and the verifier; shell. */
  readonly converter?: string;
  readonly verifier?: string;
}

/** Programs in the places of the vendor's kit; the converter writes down what it is asked. */
function kit(
  name: string,
  {
    converter = `${VERSION}; printf '%s\\n' "$@" >> "${join(folder, name)}/asked"; ${CONVERTS}`,
    verifier = `echo "verified $(basename "\${!#}") with 0 warnings and 0 errors"`,
  }: Kit = {},
): string {
  const root = join(folder, name);
  for (const part of ["bin", "api_export_files_3.0.4"]) mkdirSync(join(root, part), { recursive: true });
  const program = (file: string, text: string) => {
    writeFileSync(join(root, "bin", file), `#!/usr/bin/env bash\n${text}\n`);
    chmodSync(join(root, "bin", file), 0o755);
  };
  program("converter.sh", converter);
  program("verifycap.sh", verifier);
  return root;
}

function exportFiles(): string {
  const root = join(folder, "exports");
  mkdirSync(join(root, "org/globalplatform/javacard"), { recursive: true });
  writeFileSync(join(root, "org/globalplatform/javacard/globalplatform.exp"), "");
  return root;
}

describe("applet/convert.sh", () => {
  it("explains itself, and refuses what is missing before it does anything", async () => {
    expect((await convert("--help")).stdout).toMatch(/^Usage: applet\/convert.sh KIT EXPORTS \[TARGET\]/);
    expect(await convert()).toMatchObject({ code: 2, stderr: expect.stringContaining("Usage") });
    const refused = async (args: readonly string[], text: RegExp) =>
      expect(await convert(...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(text) });
    await refused([folder, folder, "2.2.2"], /TARGET: need 3\.0\.4 or 3\.0\.5, have 2\.2\.2/);
    await refused([join(folder, "nothing"), folder], /KIT: .* is not a folder/);
    await refused([folder, folder], /KIT: .* has neither lib\/tools\.jar nor bin\/converter\.sh/);
    await refused([kit("without exports"), join(folder, "nothing")], /EXPORTS: no globalplatform\.exp below/);
    await refused([kit("old"), exportFiles(), "3.0.5"], /no api_export_files_3\.0\.5/);
  });

  it("asks the kit for the packages and the applets of specs/01 and specs/10, and prints what the verifier says", async () => {
    const root = kit("kit");
    const { code, stdout } = await convert(root, exportFiles());
    expect(code).toBe(0);
    expect(stdout).toMatch(/Kit: +version 3\.1\.0/);
    expect(stdout).toMatch(/CAP file: .*chequecard\.cap, 3 bytes, for Java Card 3\.0\.4/);
    expect(stdout).toMatch(/CAP file: .*boltcard\.cap, 3 bytes, for Java Card 3\.0\.4/);
    for (const cap of ["chequecard.cap", "boltcard.cap"]) {
      expect(stdout).toContain(`verified ${cap} with 0 warnings and 0 errors (exit 0)`);
      expect(readFileSync(join(dirname(CAP), cap), "utf8")).toBe("cap");
    }
    const asked = readFileSync(join(root, "asked"), "utf8").split("\n");
    expect(asked).toEqual(
      expect.arrayContaining([
        "0xf0:0x43:0x48:0x45:0x51:0x55:0x45:0x01",
        "chequecard.applet.ChequecardApplet",
        "chequecard.applet",
        "0xf0:0x43:0x48:0x45:0x51:0x55:0x45",
        "0xf0:0x43:0x48:0x45:0x51:0x55:0x42:0x01",
        "chequecard.bolt.BoltCardApplet",
        "chequecard.bolt",
        "0xf0:0x43:0x48:0x45:0x51:0x55:0x42",
        "1.0",
      ]),
    );
    expect(asked[asked.indexOf("-target") + 1]).toBe("3.0.4");
  });

  it.each<[string, Kit, RegExp]>([
    [
      "an old converter",
      { converter: 'echo "Class File Converter, Version 3.0.4"' },
      /is version 3\.0\.4, need 3\.1/,
    ],
    [
      "a converter of the first kits",
      { converter: 'echo "Converter 2.2.2"' },
      /is version 2\.2\.2, need 3\.1/,
    ],
    [
      "a converter that refuses",
      { converter: `${VERSION}; echo "error: unsupported class file"; exit 3` },
      /the converter refused the applet \(exit 3\)/,
    ],
    ["a converter that writes nothing", { converter: `${VERSION}; true` }, /wrote no CAP file/],
    [
      "a converter that writes an empty file",
      { converter: `${VERSION}; while [ "$1" != -d ]; do shift; done; : > "$2/applet.cap"` },
      /wrote no CAP file, or an empty one/,
    ],
    [
      "a verifier that refuses",
      { verifier: 'echo "bad"; exit 1' },
      /the verifier refused the CAP file; it was removed/,
    ],
    [
      "a verifier that finds errors and ends well",
      { verifier: 'echo "Verification completed with 0 warnings and 12 errors."' },
      /the verifier found errors/,
    ],
    ["a verifier that says nothing", { verifier: "exit 0" }, /the verifier said nothing/],
    ["a verifier that is not there", { verifier: "exit 127" }, /the verifier refused/],
  ])("%s leaves no CAP file that could be loaded", async (name, wrong, text) => {
    await convert(kit("right before"), exportFiles());
    const failed = await convert(kit(name, wrong), exportFiles());
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringMatching(text) });
    expect(failed.stdout).not.toContain("CAP file:");
    // A kit that cannot be used is refused before what an earlier one made is removed.
    expect(existsSync(CAP)).toBe(/is version/.test(failed.stderr));
    expect(existsSync(`${dirname(CAP)}.unverified`)).toBe(false);
  });

  it("goes on with a kit that does not tell its version", async () => {
    const { stdout } = await convert(
      kit("silent", { converter: `[ "$1" = -version ] && exit 1; ${CONVERTS}` }),
      exportFiles(),
    );
    expect(stdout).toMatch(/does not tell its version; 3\.1 or newer is needed/);
    expect(stdout).toMatch(/CAP file: .*3 bytes/);
  });

  it("refuses a Java that the kit does not run on, and classes that no converter reads", async () => {
    const java = join(folder, "java");
    mkdirSync(java);
    writeFileSync(join(java, "java"), "#!/bin/sh\necho 'openjdk version \"21.0.1\"' >&2\n");
    chmodSync(join(java, "java"), 0o755);
    const env = { ...process.env, PATH: `${java}:${process.env.PATH}` };
    const failed = await run(CONVERT, [kit("k"), exportFiles()], { env }).catch((error) => error);
    expect(failed).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/needs Java 8 to 17, this is 21/),
    });
    const later = join(CLASSES, "Later.class");
    writeFileSync(later, Uint8Array.of(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61));
    try {
      expect(await convert(kit("k"), exportFiles())).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/Later\.class is of version 61, need 51 \(Java 7\)/),
      });
    } finally {
      rmSync(later);
    }
  });
});
