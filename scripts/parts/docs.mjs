// Everything that the documents say to type, in namespaces with a pcscd, and the first hour of a new user.
import { namespaceWorks } from "../pcscd/namespace.mjs";
import { hasNativeReaders } from "../setup/dependencies.mjs";
import { runningTests, runVitest } from "./vitest.mjs";

/** @type {import("./run-part.mjs").Part} */
export const docs = {
  name: "docs",
  budget: 4,
  limit: 60,
  doing: () => runningTests("docs"),
  async run(args) {
    if (!hasNativeReaders()) return { passed: 0, failed: 0, skipped: 0, skipReason: "nfc-pcsc is not built" };
    if (!(await namespaceWorks()))
      return { passed: 0, failed: 0, skipped: 0, skipReason: "namespaces with a pcscd are not allowed here" };
    return runVitest("docs", { args: ["--config", "test/vitest.docs.config.ts", ...args] });
  },
};
