import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { newFolder } from "../../testing/hooks.js";

const CONVERT = resolve(import.meta.dirname, "../../applet/convert.sh");
const folder = newFolder();
const run = promisify(execFile);

const convert = (...args: readonly string[]) =>
  run(CONVERT, args).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

/** Programs in the places of the vendor's kit that write down what they are asked. */
function kit(name: string): string {
  const root = join(folder, name);
  for (const part of ["bin", "api_export_files_3.0.4"]) mkdirSync(join(root, part), { recursive: true });
  const program = (file: string, text: string) => {
    writeFileSync(join(root, "bin", file), `#!/usr/bin/env bash\n${text}\n`);
    chmodSync(join(root, "bin", file), 0o755);
  };
  program(
    "converter.sh",
    `printf '%s\\n' "$@" > "${root}/asked"; while [ "$1" != -d ]; do shift; done; printf cap > "$2/applet.cap"`,
  );
  program("verifycap.sh", `echo "verified $(basename "\${!#}")"`);
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

  it("asks the kit for the package and the applet of specs/01, and prints what the verifier says", async () => {
    const root = kit("kit");
    const { code, stdout } = await convert(root, exportFiles());
    expect(code).toBe(0);
    expect(stdout).toMatch(/CAP file: .*chequecard\.cap, 3 bytes, for Java Card 3\.0\.4/);
    expect(stdout).toContain("verified chequecard.cap");
    const asked = readFileSync(join(root, "asked"), "utf8").split("\n");
    expect(asked).toEqual(
      expect.arrayContaining([
        "0xf0:0x43:0x48:0x45:0x51:0x55:0x45:0x01",
        "chequecard.applet.ChequecardApplet",
        "chequecard.applet",
        "0xf0:0x43:0x48:0x45:0x51:0x55:0x45",
        "1.0",
      ]),
    );
    expect(asked[asked.indexOf("-target") + 1]).toBe("3.0.4");
  });
});
