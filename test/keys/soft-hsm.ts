import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import type { Pkcs11Options } from "../../keys/index.js";

const LIBRARIES = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];
const library = LIBRARIES.find(existsSync);

function hasBinding(): boolean {
  try {
    createRequire(import.meta.url)("pkcs11js");
    return true;
  } catch {
    return false;
  }
}

const installed = library !== undefined && hasBinding();

/** Tests over an empty PKCS #11 token of SoftHSM2; skipped with one line where there is none. */
export function describeWithSoftHsm(name: string, tests: (token: Pkcs11Options) => void): void {
  if (!installed) console.log(`skipped: ${name}: needs softhsm2 and the optional package pkcs11js`);
  describe.skipIf(!installed)(name, () => {
    const folder = mkdtempSync(join(tmpdir(), "chequecard-hsm-"));
    const options = { library: library ?? "", token: "chequecard test", pin: "481516" };
    beforeAll(() => {
      mkdirSync(join(folder, "tokens"));
      const configuration = join(folder, "softhsm2.conf");
      writeFileSync(configuration, `directories.tokendir = ${join(folder, "tokens")}\nlog.level = ERROR\n`);
      process.env.SOFTHSM2_CONF = configuration;
      const label = ["--label", options.token, "--pin", options.pin, "--so-pin", "2342"];
      execFileSync("softhsm2-util", ["--init-token", "--free", ...label], { stdio: "pipe" });
    });
    afterAll(() => rmSync(folder, { recursive: true }));
    tests(options);
  });
}
