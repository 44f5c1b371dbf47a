// Builds lnd, btcd and lnd's invoice reader from the Go module proxy.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { capture } from "../children.mjs";
import { MARK, newMark } from "../processes.mjs";
import { withLock } from "../setup/lock.mjs";
import { step } from "../setup/step.mjs";
import { markerOf, moduleOf } from "./cache.mjs";
import { findGo } from "./go-version.mjs";

const LND = "github.com/lightningnetwork/lnd";
/** In the order of their size: what is wrong with Go or the proxy shows soon. */
const PROGRAMS = [
  { name: "decode", package: "./decode" },
  { name: "btcd", package: "github.com/btcsuite/btcd" },
  { name: "lnd", package: `${LND}/cmd/lnd` },
];
/** lnd's own interface files, for the test that compares ours with them. */
const PROTOS = [
  "lightning.proto",
  "stateservice.proto",
  "walletunlocker.proto",
  "routerrpc/router.proto",
  "invoicesrpc/invoices.proto",
];

const PARTIAL = ".partial";

/**
 * Nothing is fetched that go.sum does not name, and nothing is compiled with cgo. The mark is our own: a part of
 * `npm test` that ends meanwhile ends all processes with its mark.
 */
const GO_ENV = {
  GOFLAGS: "-mod=readonly -buildvcs=false",
  GOTOOLCHAIN: "local",
  CGO_ENABLED: "0",
  [MARK]: newMark("lnd-build"),
};

/** @returns {Promise<boolean>} */
async function buildProgram(go, { directory, folder, tags, version }, { name, package: source }) {
  const file = join(folder, name);
  if (existsSync(file)) return true;
  // A name of its own until it is whole: a build that was cut short leaves nothing that looks like a program.
  const partial = `${file}${PARTIAL}`;
  const args = ["build", "-trimpath", "-ldflags", "-s -w", "-tags", tags, "-o", partial, source];
  // Beside the tests, which are to be slowed down as little as possible.
  const ok = await step(`Building ${name} (Go module ${version})`, `build-${name}`, "nice", [go, ...args], {
    cwd: directory,
    env: GO_ENV,
  });
  if (ok) renameSync(partial, file);
  return ok;
}

/** What a build that was cut short has left. The lock is held. */
function removePartial(folder) {
  for (const name of readdirSync(folder)) if (name.endsWith(PARTIAL)) rmSync(join(folder, name));
}

/** @param {readonly string[]} protos of lnd's folder lnrpc */
async function copyProtos(go, { directory, folder }, protos) {
  if (protos.length === 0) return true;
  const { code, output } = await capture(go, ["list", "-m", "-f", "{{.Dir}}", LND], {
    cwd: directory,
    env: GO_ENV,
  });
  if (code !== 0) return false;
  for (const proto of protos) {
    const file = join(folder, "protos", proto);
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(join(output.trim(), "lnrpc", proto), file);
    // The module cache is read-only.
    chmodSync(file, 0o644);
  }
  return true;
}

/**
 * Builds what is not built yet. Interrupted at any point, it goes on with what is missing at the next call.
 * @param {import("./cache.mjs").Module} module
 * @param {{ programs: readonly { name: string, package: string }[], protos?: readonly string[] }} plan
 * @returns {Promise<{ folder: string } | { reason: string }>} `reason`: why there is nothing, as half a sentence
 */
export async function buildModule(module, { programs, protos = [] }) {
  const { folder, version } = module;
  const marker = markerOf(folder);
  if (existsSync(marker)) return { folder };
  const found = await findGo(module.go);
  if ("reason" in found) return found;
  mkdirSync(folder, { recursive: true });
  return withLock(
    join(folder, "lock"),
    async () => {
      if (existsSync(marker)) return { folder };
      removePartial(folder);
      for (const program of programs)
        if (!(await buildProgram(found.go, module, program)))
          return { reason: `${program.name} could not be built: .setup/log/build-${program.name}.log` };
      if (!(await copyProtos(found.go, module, protos)))
        return { reason: `the files of lnd ${version} are not in Go's module cache` };
      writeFileSync(marker, `${version}\n`);
      return { folder };
    },
    (pid) => console.log(`Another build is running (process ${pid}); waiting for it.`),
  );
}

/** Builds lnd and what is tested with it. @param {"newest" | "oldest"} which @see buildModule */
export const buildLnd = (which = "newest") =>
  buildModule(
    moduleOf(which),
    which === "newest" ? { programs: PROGRAMS, protos: PROTOS } : { programs: PROGRAMS.slice(-1) },
  );
