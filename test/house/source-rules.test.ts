import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const CODE =
  /^(common|keys|apdu|simulator|host|personalize|lightning|issuer|cli|bench|scripts|specs|examples)\/.*\.(ts|mjs|py)$/;

const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => CODE.test(file));

function offenders(pattern: RegExp, allow: (file: string, line: string) => boolean = () => false): string[] {
  return tracked.flatMap((file) =>
    readFileSync(join(ROOT, file), "utf8")
      .split("\n")
      .flatMap((line, i) =>
        pattern.test(line) && !allow(file, line) ? [`${file}:${i + 1} ${line.trim()}`] : [],
      ),
  );
}

describe("rules that hold for every source file", () => {
  it("finds the sources", () => expect(tracked.length).toBeGreaterThan(40));

  it("no Math.random: money and keys need real randomness", () =>
    expect(offenders(/Math\.random/)).toEqual([]));

  it("no money through a double", () =>
    expect(
      offenders(
        /\bNumber\([^)]*([Mm]sat|[Aa]mount|[Cc]redit|[Tt]otal|[Ff]ee|[Bb]alance|[Rr]eceived|[Ff]unded|[Ll]imit|[Bb]udget|[Tt]hreshold)/,
      ),
    ).toEqual([]));

  it("nothing is skipped, focused, postponed or ignored", () =>
    expect(
      offenders(/\b(TODO|FIXME|XXX)\b|@ts-(ignore|nocheck|expect-error)|biome-ignore(?! [\w/]+: \w+)/),
    ).toEqual([]));

  it("no secret is compared with ordinary equality", () =>
    expect(offenders(/(preimage|pin|mac|cryptogram|secret)\)?\s*(===|!==)\s*bytesToHex/i)).toEqual([]));
});
