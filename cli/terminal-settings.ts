import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import {
  isCurrency,
  mistakes,
  ParseError,
  parseAmount,
  readStrictYaml,
  readTextFile,
  schemaMistakes,
  yamlMistakes,
} from "../common/index.js";

import { type LndConfig, lndConfigOf, merchantLndConfigSchema } from "../lightning/nodes/lnd/config.js";

const MAX_BYTES = 64 * 1024;

const schema = z.strictObject({
  /** The lnd that this folder is about, instead of an embedded node. */
  node: merchantLndConfigSchema.optional(),
  /** ISO 4217, of sums without a currency. */
  currency: z.string().refine(isCurrency, "need a code of ISO 4217 such as eur").optional(),
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
  "max-sale": z
    .string()
    .superRefine((text, context) => {
      try {
        parseAmount(text, "amount");
      } catch (error) {
        if (!(error instanceof ParseError)) throw error;
        context.addIssue({ code: "custom", message: error.message.replace(/^amount: /, "") });
      }
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
