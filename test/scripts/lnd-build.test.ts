import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { builtFolder, markerOf, moduleOf } from "../../scripts/lnd/cache.mjs";
import { isGoNewEnough } from "../../scripts/lnd/go-version.mjs";
import { lnd } from "../../scripts/parts/lnd.mjs";
import { runPart } from "../../scripts/parts/run-part.mjs";
import { newFolder } from "../../testing/hooks.js";

describe("the programs of the part lnd", () => {
  it("lie outside of the repository, by the version of lnd and everything that goes into them", () => {
    const cache = newFolder();
    const { folder, version, directory } = moduleOf("newest", { XDG_CACHE_HOME: cache });
    expect(version).toMatch(/^v0\.\d+\.\d+-beta$/);
    expect(folder).toMatch(new RegExp(`^${cache}/chequecard/lnd-${version}-[0-9a-f]{8}$`));
    expect(existsSync(join(directory, "go.sum"))).toBe(true);
  });

  it("are there only when the whole build has ended", () => {
    const env = { XDG_CACHE_HOME: newFolder() };
    const { folder } = moduleOf("newest", env);
    expect(builtFolder("newest", env)).toBeUndefined();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "lnd"), "");
    expect(builtFolder("newest", env)).toBeUndefined();
    writeFileSync(markerOf(folder), "");
    expect(builtFolder("newest", env)).toBe(folder);
    rmSync(markerOf(folder));
    expect(builtFolder("newest", env)).toBeUndefined();
  });

  it("are built by Go 1.25.10 or newer, and by no other program", () => {
    for (const version of ["go1.25.10", "go1.25.11", "go1.26", "go1.26.8", "go2.0"])
      expect([version, isGoNewEnough(`go version ${version} linux/amd64`)]).toEqual([version, true]);
    for (const version of ["go1.25.9", "go1.25", "go1.19.8", "go0.99.99", "gopher"])
      expect([version, isGoNewEnough(`go version ${version} linux/amd64`)]).toEqual([version, false]);
  });

  it("are not built unless that is asked for, which takes one line", async () => {
    const prepared = await lnd.prepare?.({ withLnd: false });
    const outcome = await runPart(lnd, { args: [], mustRun: false, prepared });
    expect(outcome).toMatchObject({
      ...{ passed: 0, failed: 0, skipped: 1 },
      notes: [
        "The part lnd is skipped, because its programs are built and run only with --with-lnd or CI=true.",
      ],
    });
  });
});
