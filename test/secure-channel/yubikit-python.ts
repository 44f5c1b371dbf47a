import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const PACKAGE = "yubikey-manager==5.9.2";
const VENV = resolve(import.meta.dirname, "../../node_modules/.cache/chequecard-yubikit");

function hasYubikit(python: string): boolean {
  try {
    execFileSync(python, ["-c", "import yubikit.core.smartcard.scp"], { stdio: "ignore", timeout: 120_000 });
    return true;
  } catch {
    return false;
  }
}

/**
 * A Python that has yubikit: the one named by CHEQUECARD_YUBIKIT_PYTHON, the system's, or one in a folder of this
 * checkout, made now where Python and the package registry can be reached.
 * @returns undefined when there is none
 */
export function yubikitPython(): string | undefined {
  const own = join(VENV, "bin", "python");
  const candidates = [process.env.CHEQUECARD_YUBIKIT_PYTHON, existsSync(own) ? own : undefined, "python3"];
  const found = candidates.find((python) => python && hasYubikit(python));
  if (found) return found;
  try {
    execFileSync("python3", ["-m", "venv", VENV], { stdio: "ignore", timeout: 300_000 });
    const install = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--retries",
      "0",
      PACKAGE,
    ];
    execFileSync(own, install, { stdio: "ignore", timeout: 300_000 });
  } catch {
    return undefined;
  }
  return hasYubikit(own) ? own : undefined;
}
