import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import {
  ChequecardError,
  formatMsat,
  ParseError,
  parseAmount,
  readTextFile,
  visibleLines,
} from "chequecard/common";
import { type DeputyProfile, type PreimageResult, readDeputyProfile } from "chequecard/dpp";
import { qrTerminal } from "chequecard/odt";
import { BeerTap } from "./beer-tap.js";
import { readProof } from "./proof.js";
import { simulatedValve } from "./valve.js";

const USAGE = "usage: node dist/examples/beer-tap/main.js PROFILE FOLDER [--price 800sat] [--seconds 4]";
const MAX_PROFILE_BYTES = 1 << 20;
/** Milliseconds between looks whether the offer on the screen is still good. */
const LOOK_MS = 5000;

const SENTENCES: Readonly<Record<Exclude<PreimageResult["result"], "accepted">, string>> = {
  "already-used": "This proof was shown before; its beer is poured.",
  cancelled: "That sale was cancelled.",
  expired: "That offer is over.",
  unknown: "This proves no payment to this tap.",
};

const say = (line: string): void => void process.stdout.write(`${visibleLines(line)}\n`);

async function run(profilePath: string, folder: string, price: string, seconds: number): Promise<void> {
  const profile = loadProfile(profilePath);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const tap = new BeerTap({
    profile,
    folder,
    price: parseAmount(price, "--price"),
    valve: simulatedValve(seconds, say),
  });
  const keyboard = createInterface({ input: process.stdin });
  // From here on no line is missed, also while the first code is drawn.
  const lines = keyboard[Symbol.asyncIterator]();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => keyboard.close());
  let shown = "";
  const show = async () => {
    const { invoice } = tap.offer();
    if (invoice === shown) return;
    shown = invoice;
    say(qrTerminal(`lightning:${invoice}`.toUpperCase()));
    say(`${invoice}\nOne beer: ${formatMsat(parseAmount(price))}. Pay, then show the proof of payment.`);
  };
  let failure: unknown;
  const renew = () =>
    show().catch((error) => {
      failure = error;
      keyboard.close();
    });
  const look = setInterval(() => tap.owed() ?? void renew(), LOOK_MS);
  try {
    announce(tap.owed());
    if (!tap.owed()) await show();
    for await (const line of lines) {
      await handle(tap, line.trim());
      if (!tap.owed()) await show();
    }
    if (failure) throw failure;
  } finally {
    clearInterval(look);
    tap.close();
  }
}

function loadProfile(path: string): DeputyProfile {
  return readDeputyProfile(readTextFile(path, MAX_PROFILE_BYTES));
}

/** After a power cut: no beer is lost, and none is poured onto the floor. */
function announce(owed: ReturnType<BeerTap["owed"]>): void {
  if (owed === "never-opened")
    say("The last beer was paid and not poured. Glass beneath the tap? Press Enter.");
  if (owed === "opened")
    say(
      "Power failed while the last beer was running. Type pour to pour it again, skip if the glass is full.",
    );
}

async function handle(tap: BeerTap, line: string): Promise<void> {
  const owed = tap.owed();
  if (owed) {
    if (owed === "opened" && line === "skip") tap.keep();
    else if (owed === "never-opened" || line === "pour") await tap.pour();
    else announce(owed);
    return;
  }
  if (line === "") return;
  try {
    const { result } = tap.accept(readProof(line));
    if (result !== "accepted") return say(SENTENCES[result]);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return say(error.message);
  }
  await tap.pour();
  say("Cheers!");
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { price: { type: "string", default: "800sat" }, seconds: { type: "string", default: "4" } },
    allowPositionals: true,
  });
  const [profile, folder] = positionals;
  const seconds = /^\d{1,3}(\.\d{1,3})?$/.test(values.seconds) ? Number.parseFloat(values.seconds) : 0;
  if (profile === undefined || folder === undefined || positionals.length > 2 || seconds <= 0) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  try {
    await run(profile, folder, values.price, seconds);
    return 0;
  } catch (error) {
    if (!(error instanceof ChequecardError)) throw error;
    process.stderr.write(`${visibleLines([error.message, error.hint].filter(Boolean).join("\n"))}\n`);
    return 1;
  }
}

process.exitCode = await main();
