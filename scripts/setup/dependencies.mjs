// The npm packages, as package-lock.json says, with their native parts.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, statePath } from "./places.mjs";
import { readStamp, removeStamp, sha256, writeStamp } from "./stamps.mjs";
import { step } from "./step.mjs";

const NATIVE_PACKAGE = "node_modules/@pokusew/pcsclite";
const NATIVE_PART = `${NATIVE_PACKAGE}/build/Release/pcsclite.node`;
const PCSC_HEADER = "/usr/include/PCSC/winscard.h";

/**
 * Whether an installation is the one that the lock file describes. npm writes `node_modules/.package-lock.json` as
 * the last thing of an installation.
 * @param {object} lock content of package-lock.json
 * @param {object | undefined} installed content of node_modules/.package-lock.json
 */
export function isInstalled(lock, installed) {
  if (!installed?.packages) return false;
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === "") return true;
    const found = installed.packages[path];
    return found ? found.version === wanted.version : Boolean(wanted.optional || wanted.devOptional);
  });
}

/**
 * Whether the lock file has an entry for every optional dependency. One written where the packages of other platforms
 * cannot be had lacks them, and `npm ci` refuses it, though nothing here needs them.
 * @param {object} lock content of package-lock.json
 */
export function isLockComplete(lock) {
  const has = (path, name) => {
    for (let directory = path; ; directory = directory.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, "")) {
      if (lock.packages[`${directory}${directory && "/"}node_modules/${name}`]) return true;
      if (directory === "") return false;
    }
  };
  return Object.entries(lock.packages).every(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).every((name) => has(path, name)),
  );
}

/** What must be done about the npm packages: nothing, install them, or build the native part for readers. */
export function plan({ installed, sameNode, nativePackage, nativePart, header, nativeFailed }) {
  if (!installed || !sameNode) return "install";
  if (nativePart || !header || nativeFailed) return "nothing";
  return nativePackage ? "rebuild" : "install";
}

/** The version of Node's binary interface, which the native parts were built for. */
const nodeInterface = () => `${process.platform}-${process.arch}-${process.versions.modules}`;

/** node-gyp would fetch Node's headers; Debian's packages of Node bring them along. */
const environment = () => (existsSync("/usr/include/node/node.h") ? { npm_config_nodedir: "/usr" } : {});

const npm = (title, name, args) => step(title, name, "npm", args, { env: environment() });

/**
 * Installs the npm packages if they are not there, and builds the native part for readers if it was left out
 * before and can be built now.
 * @param {{ force?: boolean, explained?: boolean }} options `force`: try again what failed before; `explained`: it has
 *   been said already that packages of the system are missing
 * @returns {Promise<{ ok: boolean, problems: readonly string[] }>}
 */
export async function setUpDependencies({ force = false, explained = false } = {}) {
  const lockText = readFileSync(join(ROOT, "package-lock.json"), "utf8");
  const marker = join(ROOT, "node_modules/.package-lock.json");
  const stamp = statePath("dependencies.json");
  const known = readStamp(stamp);
  const lockFile = JSON.parse(lockText);
  const installed = isInstalled(lockFile, readStamp(marker));
  const lock = sha256(lockText);
  const failedBefore = known?.nativeFailed === true && known.lock === lock && !force;
  const todo = plan({
    installed,
    sameNode: known === undefined || known.node === nodeInterface(),
    nativePackage: existsSync(join(ROOT, NATIVE_PACKAGE)),
    nativePart: existsSync(join(ROOT, NATIVE_PART)),
    header: existsSync(PCSC_HEADER),
    nativeFailed: failedBefore,
  });
  if (todo !== "nothing") {
    removeStamp(stamp);
    if (!(await carryOut(todo, isLockComplete(lockFile))))
      return { ok: false, problems: ["The npm packages could not be installed; see above."] };
  }
  const native = existsSync(join(ROOT, NATIVE_PART));
  const nativeFailed = !native && existsSync(PCSC_HEADER);
  if (todo !== "nothing" || known === undefined)
    writeStamp(stamp, { lock, node: nodeInterface(), nativeFailed });
  if (native || (explained && !nativeFailed)) return { ok: true, problems: [] };
  return {
    ok: true,
    problems: ["nfc-pcsc could not be built: no card readers. See docs/pcsc.md for what it needs."],
  };
}

async function carryOut(todo, lockComplete) {
  if (todo === "rebuild") {
    // A failure here leaves everything else usable.
    await npm("Building the native part for card readers", "npm-rebuild", ["rebuild", "@pokusew/pcsclite"]);
    return true;
  }
  const directory = join(ROOT, "node_modules");
  // First of all the marker: cut short, it must not survive the rest.
  rmSync(join(directory, ".package-lock.json"), { force: true });
  rmSync(directory, { recursive: true, force: true });
  const title = "Installing npm packages (some are compiled; this takes a minute or two)";
  return npm(title, "npm-install", lockComplete ? ["ci"] : ["install", "--no-save"]);
}

/** Whether the native part for readers is there. */
export const hasNativeReaders = () => existsSync(join(ROOT, NATIVE_PART));
