import { type Ended, endOf, runProgram } from "../../testing/programs.js";
import type { StrikeOrder } from "./striker.js";

/** JavaScript files: the command line, and what is loaded before it to end it. */
export interface Programs {
  readonly program: string;
  readonly striker: string;
}

/** When a command is ended, and how: at a step of what it changes on the disk, or after a time. */
export type Strike =
  | { readonly at: "step"; readonly step: number; readonly signal: StrikeOrder["signal"] }
  | { readonly at: "time"; readonly ms: number; readonly signal: StrikeOrder["signal"] };

/** How a command ended that may have been struck. */
export interface VictimEnd extends Ended {
  readonly struck: boolean;
  readonly seconds: number;
}

/** What blank cards of the issuer that is made come with. */
const CARD_KEY = "f04142434445464748494a4b4c4d4e0f";
export const PASSPHRASE = "of an issuer that is killed";
/** Ended by Ctrl-C once it could take notice of it. */
const INTERRUPTED = 130;

/**
 * Runs a command as a process of its own, and ends it.
 * @param log where the names of the steps are written
 * @throws Error when it does not end by itself
 */
export async function runVictim(
  { program, striker }: Programs,
  args: readonly string[],
  strike?: Strike,
  log?: string,
): Promise<VictimEnd> {
  const order: StrikeOrder = {
    signal: strike?.signal ?? "SIGKILL",
    step: strike?.at === "step" ? strike.step : 0,
    ...(log === undefined ? {} : { log }),
  };
  const started = performance.now();
  const running = runProgram(program, ["--json", ...args], {
    load: striker,
    input: "",
    env: {
      CHEQUECARD_PASSPHRASE: PASSPHRASE,
      CHEQUECARD_CARD_KEY: CARD_KEY,
      CHEQUECARD_LETTERS_PASSPHRASE: PASSPHRASE,
      CHEQUECARD_STRIKE: JSON.stringify(order),
    },
  });
  const timer = strike?.at === "time" ? setTimeout(() => running.end(strike.signal), strike.ms) : undefined;
  const { code, out, errors } = await endOf(running);
  clearTimeout(timer);
  const seconds = (performance.now() - started) / 1000;
  if (code === null && strike === undefined)
    throw new Error(`${args.join(" ")} did not end by itself: ${out}${errors}`);
  return { code, out, errors, struck: code === null || code === INTERRUPTED, seconds };
}
