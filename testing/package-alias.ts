import { join, resolve } from "node:path";

const EXPORTS = resolve(import.meta.dirname, "../exports");

/** Has Vite find what examples import by the package's name among the sources. */
export const PACKAGE_ALIAS = [
  { find: /^chequecard\/([a-z0-9]+)$/, replacement: join(EXPORTS, "$1.ts") },
  { find: /^chequecard$/, replacement: join(EXPORTS, "index.ts") },
];
