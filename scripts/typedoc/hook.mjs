// TypeDoc works through TypeScript's JavaScript interface, which `typescript` 7 no longer has. It is given the
// TypeScript that @arethetypeswrong/core brings along.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const own = createRequire(import.meta.url);
const typescript = createRequire(own.resolve("@arethetypeswrong/core")).resolve("typescript");

export const resolve = (specifier, context, next) =>
  specifier === "typescript"
    ? { url: pathToFileURL(typescript).href, format: "commonjs", shortCircuit: true }
    : next(specifier, context);
