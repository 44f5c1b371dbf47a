import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { TERMINAL } from "../../common/languages/spoken.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";

type Surroundings = Pick<CommandContext, "env">;

/** Names under which Chromium and its siblings are installed. */
const CHROMIUMS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** One page on the whole screen, without anything that asks, updates or leads elsewhere. */
const KIOSK_FLAGS = [
  ...["--kiosk", "--no-first-run", "--no-default-browser-check", "--noerrdialogs"],
  ...["--disable-session-crashed-bubble", "--disable-pinch", "--overscroll-history-navigation=0"],
  ...["--disable-features=Translate", "--disable-background-networking", "--disable-component-update"],
  ...["--disable-sync", "--password-store=basic"],
];

function find(names: readonly string[], { env }: Surroundings): string | undefined {
  for (const name of names)
    for (const directory of (env.PATH ?? "").split(delimiter)) {
      const path = join(directory, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this directory.
      }
    }
  return undefined;
}

/** The program that opens an address in the browser of this machine, with its arguments. */
function opener(url: string, around: Surroundings): readonly [string, ...string[]] | undefined {
  if (process.platform === "darwin") return ["open", url];
  if (process.platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler", url];
  const { DISPLAY, WAYLAND_DISPLAY } = around.env;
  const program = DISPLAY || WAYLAND_DISPLAY ? find(["xdg-open"], around) : undefined;
  return program === undefined ? undefined : [program, url];
}

/** Opens an address in the browser of this machine. @returns whether that could be tried */
export function openInBrowser(url: string, context: CommandContext): boolean {
  const [program, ...args] = opener(url, context) ?? [];
  if (program === undefined) return false;
  const child = spawn(program, args, { stdio: "ignore", detached: true, env: { ...context.env } });
  child.once("error", () => context.note(TERMINAL.page.notStarted));
  child.unref();
  return true;
}

/** Chromium, for one page on the whole screen. @throws InputError where there is none */
export function kioskProgram(around: Surroundings): string {
  const program = process.platform === "linux" ? find(CHROMIUMS, around) : undefined;
  if (program !== undefined) return program;
  throw new InputError("--kiosk: need Chromium on Linux, and there is none", {
    hint: `Install it (Debian: apt-get install chromium), or start a browser with ${KIOSK_FLAGS[0]} yourself.`,
  });
}

/**
 * Starts Chromium with one page on the whole screen, and a profile of its own that keeps the key of this device.
 * @throws InputError where there is none
 */
export const openKiosk = (url: string, profile: string, context: Surroundings): ChildProcess =>
  spawn(kioskProgram(context), [...KIOSK_FLAGS, `--user-data-dir=${profile}`, url], {
    stdio: "ignore",
    env: { ...context.env },
  });
