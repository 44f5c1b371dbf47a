import { existsSync } from "node:fs";
import { join } from "node:path";
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

const MAX_BYTES = 64 * 1024;

const schema = z.strictObject({
  /** ISO 4217, of sums without a currency. */
  currency: z.string().refine(isCurrency, "need a code of ISO 4217 such as eur").optional(),
  /** Printed on receipts. */
  place: z.string().min(1).max(64).optional(),
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
}

/**
 * Reads `terminal.yaml` in the folder of the merchant's node, where there is one.
 * @throws ParseError with every mistake; FileError
 */
function readTerminalSettings(node: string): TerminalSettings {
  const path = join(node, "terminal.yaml");
  if (!existsSync(path)) return { place: "chequecard" };
  const text = readTextFile(path, MAX_BYTES);
  const value = readStrictYaml(text, path) ?? {};
  const read = schema.safeParse(value);
  if (!read.success)
    throw mistakes(
      path,
      yamlMistakes(schemaMistakes(read.error, schema, value), text, "settings"),
      "Correct the file; nothing was charged.",
    );
  const { currency, place = "chequecard", "max-sale": maxSale } = read.data;
  return {
    place,
    ...(currency === undefined ? {} : { currency }),
    ...(maxSale === undefined ? {} : { maxSale }),
  };
}

/** Options with what the settings say where they say nothing. @throws as {@link readTerminalSettings} */
export const withSettings = <T extends { readonly node: string }>(options: T): T & TerminalSettings => ({
  ...readTerminalSettings(options.node),
  ...options,
});
