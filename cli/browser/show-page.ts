import { once } from "node:events";
import { join } from "node:path";
import type { Command } from "commander";
import { TERMINAL } from "../../common/languages/spoken.js";
import { PAIRING_SECONDS } from "../../server/keys.js";
import type { Role } from "../../server/roles.js";
import { withKeys } from "../api-keys-file.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";
import { kioskProgram, openInBrowser, openKiosk } from "./open.js";

/** How a page is shown. */
export interface ShowOptions {
  /** False: only the address is printed. */
  readonly open?: boolean;
  readonly kiosk?: boolean;
}

/** Adds the options of {@link ShowOptions} to a command. */
export const showOptions = (command: Command): Command =>
  command
    .option("--no-open", "open no browser, print the address alone")
    .option("--kiosk", "Chromium on the whole screen, with a profile in the folder");

/** A page that is served. */
export interface ShownPage {
  readonly folder: string;
  readonly url: string;
  /** Of the key that this machine's browser gets. */
  readonly role: Role;
}

/** Holds that a page can be shown like this, before anything is served. @throws InputError */
export function expectShowable(context: CommandContext, { open, kiosk }: ShowOptions): void {
  if (open === false && kiosk) throw new InputError("--no-open and --kiosk: choose one of them");
  if (kiosk) kioskProgram(context);
}

/**
 * Shows a page in the browser of this machine, which gets a key of its own. The code in the address makes one key, once.
 * @returns the address, and what ends when the browser of a kiosk is closed
 */
export async function showPage(
  context: CommandContext,
  { folder, url, role }: ShownPage,
  { open = true, kiosk = false }: ShowOptions,
): Promise<{ readonly link: string; readonly closed: Promise<void> | undefined }> {
  const code = await withKeys(folder, (keys) => keys.invite(role));
  // Behind #: it is not sent to any server with the address, and stands in no log.
  const link = `${url}#pair=${code}`;
  if (kiosk) return { link, closed: untilClosed(context, openKiosk(link, join(folder, "kiosk"), context)) };
  const isOpened = open && openInBrowser(link, context);
  context.print(isOpened ? TERMINAL.page.opens(url) : TERMINAL.page.openOnce(PAIRING_SECONDS / 60, link));
  return { link, closed: undefined };
}

/** Ends the browser of a kiosk with the command. */
async function untilClosed(
  { signal, note }: CommandContext,
  browser: ReturnType<typeof openKiosk>,
): Promise<void> {
  const end = () => void browser.kill("SIGTERM");
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  await once(browser, "exit").catch(() => note(TERMINAL.page.notStarted));
  signal.removeEventListener("abort", end);
  if (!signal.aborted) note(TERMINAL.page.closed);
}
