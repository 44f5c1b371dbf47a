import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { mistakes, readStrictYaml, readTextFile, schemaMistakes, yamlMistakes } from "../../common/index.js";

/** What is sold, with its price as it would be typed: `3.50eur`, `2500sat`. */
export interface Product {
  readonly name: string;
  readonly price: string;
  /** Products that are shown together. */
  readonly group?: string | undefined;
}

const MAX_BYTES = 256 * 1024;

const schema = z.strictObject({
  products: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64),
        price: z.string().min(1).max(40),
        group: z.string().min(1).max(64).optional(),
      }),
    )
    .max(1000)
    .superRefine((products, context) => {
      const seen = new Set<string>();
      for (const [at, { name }] of products.entries()) {
        if (seen.has(name))
          context.addIssue({ code: "custom", path: [at, "name"], message: "another product has this name" });
        seen.add(name);
      }
    }),
});

/** Changes whenever the file of products does. */
export function productsVersion(folder: string): string {
  const path = join(folder, "products.yaml");
  if (!existsSync(path)) return "none";
  return createHash("sha256").update(readTextFile(path, MAX_BYTES)).digest("hex").slice(0, 12);
}

/** Reads `products.yaml` in a folder; none where there is no such file. @throws ParseError with every mistake; FileError */
export function readProducts(folder: string): readonly Product[] {
  const path = join(folder, "products.yaml");
  if (!existsSync(path)) return [];
  const text = readTextFile(path, MAX_BYTES);
  const value = readStrictYaml(text, path) ?? {};
  const read = schema.safeParse(value);
  if (read.success) return read.data.products;
  throw mistakes(
    path,
    yamlMistakes(schemaMistakes(read.error, schema, value), text, "products"),
    "Correct the file; the till goes on without products.",
  );
}
