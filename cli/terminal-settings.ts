import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import {
  ChequecardError,
  isCurrency,
  MAX_MSAT,
  mistakes,
  ParseError,
  parseAmount,
  readStrictYaml,
  readTextFile,
  schemaMistakes,
  ValueError,
  yamlMistakes,
} from "../common/index.js";
import { LANGUAGES, type Language } from "../common/languages/language.js";
import { parseCharge } from "../host/terminal/charge-amount.js";
import type { RateRules } from "../host/terminal/rate-book.js";
import { type LndConfig, lndConfigOf, merchantLndConfigSchema } from "../lightning/nodes/lnd/config.js";
import type { FloorLimits } from "../offline/pack.js";
import { knownSource, RATE_SOURCES, type RateSource } from "../server/till/rate-sources.js";
import { checkHookUrl } from "../server/webhooks/address.js";

const MAX_BYTES = 64 * 1024;

const sum = z.string().superRefine((text, context) => {
  try {
    parseAmount(text, "amount");
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    context.addIssue({ code: "custom", message: error.message.replace(/^amount: /, "") });
  }
});

const schema = z.strictObject({
  /** The lnd that this folder is about, instead of an embedded node. */
  node: merchantLndConfigSchema.optional(),
  /** ISO 4217, of sums without a currency. */
  currency: z.string().refine(isCurrency, "need a code of ISO 4217 such as eur").optional(),
  /** That the terminal speaks, whatever the machine's language is. */
  language: z.enum(LANGUAGES, `need one of ${LANGUAGES.join(", ")}`).optional(),
  /** Printed on receipts. */
  place: z.string().min(1).max(64).optional(),
  /** Device of the receipt printer, or a file. */
  printer: z.string().min(1).max(4096).optional(),
  /** Width of its paper in millimetres. */
  paper: z
    .union([z.literal(58), z.literal(80)], "need 58 or 80")
    .transform(String)
    .optional(),
  /** That it prints with. */
  "code-page": z.string().min(1).max(32).optional(),
  /** Asked about above it. */
  "max-sale": sum.optional(),
  /** Tips that a customer is offered; left out: none. */
  tips: z
    .strictObject({
      percents: z.array(z.int().min(1).max(100)).max(6).optional(),
      amounts: z.array(z.string().min(1).max(40)).max(6).optional(),
    })
    .optional(),
  /** Where the till that serves an API reads what one bitcoin costs. */
  "rate-source": z
    .strictObject({
      from: z.enum(RATE_SOURCES, `need one of ${RATE_SOURCES.join(", ")}`).optional(),
      url: z.string().max(2048).optional(),
      path: z.string().min(1).max(256).optional(),
      "every-minutes": z.int().min(1).max(1440).optional(),
    })
    .refine(
      ({ from, url, path }) => (from === undefined) === (url !== undefined && path !== undefined),
      "need either from, or url and path",
    )
    .optional(),
  /** A rate that differs by more from the last one is asked about. */
  "rate-band-percent": z.int().min(1).max(50).optional(),
  /** An older rate is not used. */
  "rate-max-age-minutes": z.int().min(1).max(10_080).optional(),
  /** Whether Bolt Cards are taken, too. */
  "bolt-cards": z.boolean().optional(),
  /** What is accepted without a connection, beside the limits of the acceptance pack. */
  offline: z
    .strictObject({
      "per-sale": sum.optional(),
      "per-card": sum.optional(),
      "per-terminal": sum.optional(),
      "max-sales": z.int().min(0).max(1_000_000).optional(),
      "max-pack-hours": z.int().min(1).max(8760).optional(),
      /** Sales a second that are forwarded. */
      "forward-rate": z.int().min(1).max(10_000).optional(),
    })
    .optional(),
});

/** What a terminal does unless its options say otherwise. */
interface TerminalSettings {
  readonly currency?: string;
  readonly place: string;
  readonly maxSale?: string;
  readonly printer?: string;
  readonly paper?: string;
  readonly codePage?: string;
}

/**
 * Reads `terminal.yaml` in the folder of the merchant's node, where there is one.
 * @throws ParseError with every mistake; FileError
 */
function readTerminalSettings(node: string): TerminalSettings {
  const read = readSettings(node);
  const { currency, place = "chequecard", "max-sale": maxSale, "code-page": codePage } = read;
  return {
    place,
    ...(read.printer === undefined ? {} : { printer: read.printer }),
    ...(read.paper === undefined ? {} : { paper: read.paper }),
    ...(codePage === undefined ? {} : { codePage }),
    ...(currency === undefined ? {} : { currency }),
    ...(maxSale === undefined ? {} : { maxSale }),
  };
}

/** The file of settings in the folder of a merchant's node. */
const settingsPath = (node: string): string => join(node, "terminal.yaml");

/** How a terminal sells without a connection. */
export interface OfflineSettings {
  readonly limits: FloorLimits;
  /** Sales a second. */
  readonly forwardRate: number | undefined;
}

/** What terminal.yaml says of sales without a connection; where it says nothing the pack's limits count. @throws as above */
export function offlineSettings(node: string): OfflineSettings {
  const { offline = {} } = readSettings(node);
  const sumOf = (text: string | undefined) => (text === undefined ? MAX_MSAT : parseAmount(text));
  return {
    limits: {
      perSale: sumOf(offline["per-sale"]),
      perCard: sumOf(offline["per-card"]),
      perTerminal: sumOf(offline["per-terminal"]),
      maxSales: offline["max-sales"] ?? Number.MAX_SAFE_INTEGER,
      maxPackAgeSeconds: (offline["max-pack-hours"] ?? 8760) * 3600,
    },
    forwardRate: offline["forward-rate"],
  };
}

/** What terminal.yaml says of tips and rates. */
export interface TillSettings {
  readonly tips: { readonly percents: readonly number[]; readonly amounts: readonly string[] } | undefined;
  readonly rules: RateRules;
  readonly source: RateSource | undefined;
  /** Between two questions to the source. */
  readonly everyMs: number;
}

/**
 * @param currency ISO 4217, of the till
 * @throws ParseError also for a source without a currency; ValueError for an address that must not be asked
 */
export function tillSettings(node: string, currency: string | undefined): TillSettings {
  const read = readSettings(node);
  const { tips, "rate-source": from } = read;
  const path = settingsPath(node);
  if (from && currency === undefined)
    throw new ParseError(path, "rate-source: need a currency beside it, such as currency: eur");
  for (const text of tips?.amounts ?? []) expectTip(text, currency, path);
  const maxAgeMinutes = read["rate-max-age-minutes"] ?? (from ? 60 : 24 * 60);
  return {
    tips: tips && { percents: tips.percents ?? [], amounts: tips.amounts ?? [] },
    rules: { bandPercent: read["rate-band-percent"] ?? 10, maxAgeSeconds: maxAgeMinutes * 60 },
    source: from && sourceOf(from, currency ?? "", path),
    everyMs: (from?.["every-minutes"] ?? 1) * 60_000,
  };
}

/** @throws ParseError for what is no sum in the till's currency or in bitcoin */
function expectTip(text: string, currency: string | undefined, file: string): void {
  try {
    parseCharge(text, currency === undefined ? undefined : `1${currency}`, currency);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const problem = error.path === "--rate" ? `need a currency beside it, have "${text}"` : error.message;
    throw new ParseError(file, `tips/amounts: ${problem.replace(/^--\w+: /, "")}`);
  }
}

function sourceOf(
  {
    from,
    url,
    path,
  }: {
    readonly from?: string | undefined;
    readonly url?: string | undefined;
    readonly path?: string | undefined;
  },
  currency: string,
  file: string,
): RateSource {
  const known = from === undefined ? undefined : knownSource(from, currency);
  if (known) return known;
  try {
    const { hostname } = checkHookUrl(url ?? "", "https://rates.example/btc");
    return { name: hostname, url: url ?? "", path: path ?? "" };
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new ParseError(file, `rate-source/url: ${error.problem}`);
  }
}

/** The language that terminal.yaml names. Of a file that cannot be read the command that needs it says so. */
export function languageSetting(node: string): Language | undefined {
  try {
    return readSettings(node).language;
  } catch (error) {
    if (error instanceof ChequecardError) return undefined;
    throw error;
  }
}

/** Whether the terminal takes Bolt Cards: unless its settings say no. @throws as {@link readTerminalSettings} */
export const takesBoltCards = (node: string): boolean => readSettings(node)["bolt-cards"] ?? true;

/** The lnd of a merchant's folder, if it names one. @throws as {@link readTerminalSettings} */
export function lndOfFolder(node: string): LndConfig | undefined {
  const { node: lnd } = readSettings(node);
  return lnd && lndConfigOf(lnd, (file) => resolve(node, file));
}

function readSettings(node: string): z.output<typeof schema> {
  const path = settingsPath(node);
  if (!existsSync(path)) return {};
  const text = readTextFile(path, MAX_BYTES);
  const value = readStrictYaml(text, path) ?? {};
  const read = schema.safeParse(value);
  if (!read.success)
    throw mistakes(
      path,
      yamlMistakes(schemaMistakes(read.error, schema, value), text, "settings"),
      "Correct the file; nothing was charged.",
    );
  return read.data;
}

/** Options with what the settings say where they say nothing. @throws as {@link readTerminalSettings} */
export const withSettings = <T extends { readonly node: string }>(options: T): T & TerminalSettings => ({
  ...readTerminalSettings(options.node),
  ...options,
});
