import cliProgress from "cli-progress";
import type { CommandContext } from "./command-context.js";

/** A running progress bar. */
export interface Progress {
  advance(by?: number): void;
  /** A second call does nothing. */
  stop(): void;
}

const SILENT: Progress = { advance: () => undefined, stop: () => undefined };

/** A progress bar on standard error; none with `--json` or where standard error is no terminal. */
export function progress(context: CommandContext, title: string, total: number): Progress {
  if (context.json || !process.stderr.isTTY) return SILENT;
  const bar = new cliProgress.SingleBar({
    stream: process.stderr,
    format: `${title} {bar} {value}/{total} {eta_formatted} left`,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(total, 0);
  return {
    advance: (by = 1) => bar.increment(by),
    stop: () => bar.stop(),
  };
}
