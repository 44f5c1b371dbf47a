import { randomBytes } from "node:crypto";
import { z } from "zod";
import { readCardAddress } from "../../bolt-card/address.js";
import {
  bytesToHex,
  hexToBytes,
  mistakes,
  ParseError,
  readTextFile,
  schemaMistakes,
} from "../../common/index.js";
import {
  createCardFile,
  type NtagSummary,
  provisionNtag,
  readCardFile,
  summarizeNtag,
} from "../../simulator/index.js";
import type { RegisterCommand } from "../command-context.js";
import { InputError } from "../error-report.js";
import { type CommandOutput, renderRecord } from "../output.js";

interface NtagOptions {
  readonly keys: string;
  readonly uid?: string;
  readonly plainUid?: boolean;
}

const MAX_BYTES = 16 * 1024;
const key = z.string().regex(/^[0-9a-fA-F]{32}$/, "need 32 hex digits");
/** What the programming apps of Bolt Cards are given, in the two ways in which its fields are written. */
const schema = z.object({ lnurlw: z.string(), k1: key, k2: key });
const ALIASES: Readonly<Record<string, string>> = { lnurlw_base: "lnurlw" };

/** @throws ParseError, FileError */
function readKeys(path: string): z.output<typeof schema> {
  let value: unknown;
  try {
    value = JSON.parse(readTextFile(path, MAX_BYTES));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ParseError(path, "need JSON with LNURLW, K1 and K2, have something else");
  }
  const fields = Object.entries(typeof value === "object" && value !== null ? value : {}).map(
    ([name, content]) => [ALIASES[name.toLowerCase()] ?? name.toLowerCase(), content] as const,
  );
  const given = Object.fromEntries(fields);
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  throw mistakes(path, schemaMistakes(read.error, schema, given).map(lineOf), "No card was made.");
}

const lineOf = ({ path, problem }: ReturnType<typeof schemaMistakes>[number]): string =>
  `${path.join(".") || "the file"}: ${problem}`;

/** What is on a simulated NTAG 424 DNA, for people. */
export const renderNtag = ({ uid, counter, address }: NtagSummary): string =>
  renderRecord([
    ["Chip", "NTAG 424 DNA"],
    ["UID", bytesToHex(uid)],
    ["Reads", counter === 0 ? "none" : String(counter)],
    ["Address", address],
  ]);

function makeNtag(path: string, options: NtagOptions): CommandOutput {
  const { lnurlw, k1, k2 } = readKeys(options.keys);
  readCardAddress(lnurlw, true);
  if (options.uid !== undefined && !/^04[0-9a-fA-F]{12}$/.test(options.uid))
    throw new InputError(`--uid: need 14 hex digits that begin with 04, have "${options.uid.slice(0, 40)}"`);
  const uid = hexToBytes(options.uid ?? `04${bytesToHex(randomBytes(6))}`);
  const chip = provisionNtag({
    ...{ uid, address: lnurlw, plainUid: options.plainUid ?? false },
    ...{ piccKey: hexToBytes(k1), macKey: hexToBytes(k2) },
  });
  createCardFile(path, chip);
  const summary = summarizeNtag(readCardFile(path));
  return {
    data: { card: path, kind: "ntag-424-dna", ...summary },
    text: `${renderNtag(summary)}

Card: ${path} (holds its keys: for development only, readable by you alone)
Try: chequecard terminal charge --node shop --amount 100sat --card ${path}`,
  };
}

/** Adds `simulate ntag` to the commands of simulated cards. */
export const registerSimulateNtag: RegisterCommand = (program, run) => {
  program.commands
    .find((command) => command.name() === "simulate")
    ?.command("ntag <file>")
    .description("make a simulated Bolt Card: an NTAG 424 DNA, programmed")
    .requiredOption("--keys <file>", "JSON with LNURLW, K1 and K2, as the programming apps get it")
    .option("--uid <hex>", "its UID, 14 hex digits; default: random")
    .option("--plain-uid", "the UID in the clear in its address, in the place of p")
    .addHelpText("after", "\nExample:\n  chequecard simulate ntag bolt.json --keys programming.json\n")
    .action((path: string, options: NtagOptions) => run(async () => makeNtag(path, options)));
};
