// Packages of the operating system: which are needed, which are missing, how they are installed.
import { readFileSync } from "node:fs";
import { capture } from "../children.mjs";
import { statePath } from "./places.mjs";
import { readStamp, removeStamp, writeStamp } from "./stamps.mjs";
import { step } from "./step.mjs";

/** Debian's packages, what each is for, and whether only the tests need it. */
export const PACKAGES = [
  { name: "g++", use: "native npm packages", testOnly: false },
  { name: "make", use: "native npm packages", testOnly: false },
  { name: "python3", use: "native npm packages", testOnly: false },
  { name: "libpcsclite-dev", use: "card readers", testOnly: false },
  { name: "pcscd", use: "card readers", testOnly: false },
  { name: "vsmartcard-vpcd", use: "the virtual reader", testOnly: false },
  { name: "util-linux", use: "a private pcscd for the tests", testOnly: true },
  { name: "iproute2", use: "a private pcscd for the tests", testOnly: true },
  { name: "opensc", use: "tests with opensc-tool", testOnly: true },
  { name: "python3-pyscard", use: "tests with pyscard", testOnly: true },
  { name: "softhsm2", use: "tests with a PKCS#11 token", testOnly: true },
  { name: "postgresql", use: "tests on PostgreSQL", testOnly: true },
  { name: "openjdk-17-jdk-headless", use: "the tests of the Java Card applet", testOnly: true },
  { name: "maven", use: "the tests of the Java Card applet", testOnly: true },
  { name: "patroni", use: "the campaign with three database machines", testOnly: true },
  { name: "etcd-server", use: "the campaign with three database machines", testOnly: true },
  { name: "haproxy", use: "the campaign with three database machines", testOnly: true },
  { name: "curl", use: "the campaign with three database machines", testOnly: true },
  { name: "chromium", use: "tests of the pages in a browser", testOnly: true },
  { name: "pgbouncer", use: "tests with a pooler before PostgreSQL", testOnly: true },
];

const RETRY_AFTER_MS = 3_600_000;
const APT_OPTIONS = [
  "-o",
  "DPkg::Lock::Timeout=120",
  "-o",
  "Acquire::Retries=1",
  "-o",
  "Acquire::http::Timeout=20",
  "-o",
  "Acquire::https::Timeout=20",
];
const APT_ENVIRONMENT = { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };

/**
 * Whether an os-release file (os-release(5)) is Debian's, Ubuntu's or that of a system derived from them.
 * @param {string} text
 */
export function isDebianLike(text) {
  const values = new Map();
  for (const line of text.split("\n")) {
    const match = /^([A-Z_]+)=(.*)$/.exec(line.trim());
    if (match) values.set(match[1], match[2].replace(/^(["'])(.*)\1$/, "$2"));
  }
  const names = `${values.get("ID") ?? ""} ${values.get("ID_LIKE") ?? ""}`.toLowerCase().split(/\s+/);
  return names.includes("debian") || names.includes("ubuntu");
}

/** Names that are wanted for a purpose. @param {"start" | "test"} purpose */
export const wantedPackages = (purpose) =>
  PACKAGES.filter(({ testOnly }) => purpose === "test" || !testOnly).map(({ name }) => name);

/**
 * The wanted packages that dpkg does not report as installed.
 * @param {string} report lines of `name<TAB>status`, status as in `${db:Status-Abbrev}`
 */
export function missingPackages(report, wanted) {
  const installed = new Set();
  for (const line of report.split("\n")) {
    const [name, status] = line.split("\t");
    if (name && status?.startsWith("ii")) installed.add(name.replace(/:.*$/, ""));
  }
  return wanted.filter((name) => !installed.has(name));
}

/** What cannot be had without these packages, as a list in words. */
export function uses(names) {
  return [...new Set(PACKAGES.filter(({ name }) => names.includes(name)).map(({ use }) => use))].join(", ");
}

async function queryMissing(wanted) {
  const format = `\${Package}\\t\${db:Status-Abbrev}\\n`;
  const { output } = await capture("dpkg-query", ["--show", `--showformat=${format}`, ...wanted]);
  return missingPackages(output, wanted);
}

const apt = (title, name, args) =>
  // Not bound to this process: a dpkg killed half-way leaves the system's package database in need of repair.
  step(title, name, "apt-get", [...APT_OPTIONS, ...args], { env: APT_ENVIRONMENT, bind: false });

async function install(missing) {
  const install = ["install", "--yes", "--no-install-recommends"];
  const title = `Installing Debian packages: ${missing.join(" ")}`;
  const fetched = await apt("Fetching Debian's package lists", "apt-update", ["update", "--quiet"]);
  if (await apt(title, "apt-install", [...install, ...missing])) return;
  if (!fetched) return;
  // An earlier dpkg may have been cut short; and one package that cannot be had must not keep the others away.
  await step("Completing an interrupted dpkg", "dpkg-configure", "dpkg", ["--configure", "-a"], {
    env: APT_ENVIRONMENT,
    bind: false,
  });
  for (const name of await queryMissing(missing))
    await apt(`Installing ${name}`, `apt-install-${name}`, [...install, name]);
}

function debianLike() {
  try {
    return isDebianLike(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

/**
 * Installs what is missing where this is Debian or Ubuntu and we are root; says what to do elsewhere. What failed is
 * tried again after an hour, or at once with `force`.
 * @param {"start" | "test"} purpose
 * @returns {Promise<readonly string[]>} sentences about what is missing still
 */
export async function setUpPackages(purpose, { force = false } = {}) {
  const wanted = wantedPackages(purpose);
  if (!debianLike())
    return process.platform === "linux"
      ? [
          `This is not Debian or Ubuntu. Where something is missing, install what there corresponds to: ${wanted.join(" ")}.`,
        ]
      : [];
  const missing = await queryMissing(wanted);
  const stamp = statePath("apt-failed.json");
  if (missing.length === 0) {
    removeStamp(stamp);
    return [];
  }
  const failure = readStamp(stamp);
  const triedLately =
    failure?.missing?.join() === missing.join() && Math.abs(Date.now() - failure.at) < RETRY_AFTER_MS;
  if (process.getuid?.() === 0 && (force || !triedLately)) {
    await install(missing);
    const left = await queryMissing(wanted);
    if (left.length === 0) return [];
    writeStamp(stamp, { missing: left, at: Date.now() });
    return [stillMissing(left)];
  }
  return [stillMissing(missing)];
}

function stillMissing(names) {
  const command = `${process.getuid?.() === 0 ? "" : "sudo "}apt-get install ${names.join(" ")}`;
  return `Debian packages are missing: run \`${command}\`. Skipped meanwhile: ${uses(names)}.`;
}
