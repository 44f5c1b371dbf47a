import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { hex, type keysOf } from "./fixture.js";

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

/** What a security domain with the keys of version 30 is asked through the channel, and answers. */
export const DOMAIN_TALK = {
  commands: ["80ca00e000", "80ca004200", "80f24002024f0000"],
  answers: [
    "e012c00401308810c00402308810c004033088109000",
    "6a88",
    "e3134f08f0434845515545019f700107c5030000009000",
  ],
} as const;

interface Session {
  /** Name of a PC/SC reader; without it the card is talked to through the program's input and output. */
  readonly reader?: string;
  readonly aid: Uint8Array;
  readonly keys: ReturnType<typeof keysOf>;
  /** Plain commands in hex. */
  readonly commands: readonly string[];
}

/** Arguments of the Python that has yubikit: select the application, open a channel with every protection, send commands. */
export const yubikitSession = ({ reader = "-", aid, keys, commands }: Session): string[] => [
  join(import.meta.dirname, "yubikit_session.py"),
  reader,
  hex(aid),
  keys.version.toString(16),
  ...[keys.enc, keys.mac, keys.dek].map(hex),
  ...commands,
];
