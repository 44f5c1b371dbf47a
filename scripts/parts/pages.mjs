// The pages of tills, desks and cards in a real Chromium.
import { findProgram } from "../children.mjs";
import { inNamespace, namespaceWorks } from "../pcscd/namespace.mjs";
import { providePcscd } from "../pcscd/provide.mjs";
import { hasNativeReaders } from "../setup/dependencies.mjs";
import { runningTests, runVitest } from "./vitest.mjs";

/** @type {import("./run-part.mjs").Part} */
export const pages = {
  name: "pages",
  budget: 6,
  limit: 60,
  doing: () => runningTests("pages"),
  async run(args) {
    if (findProgram("chromium") === undefined)
      return {
        passed: 0,
        failed: 0,
        skipped: 0,
        skipReason: "there is no Chromium: apt-get install chromium",
      };
    const all = ["--config", "test/vitest.pages.config.ts", ...args];
    // Tills read their cards from a pcscd of their own.
    if (hasNativeReaders() && (await namespaceWorks()))
      return runVitest("pages", { args: all, wrap: inNamespace });
    const pcscd = await providePcscd();
    if ("reason" in pcscd) return { passed: 0, failed: 0, skipped: 0, skipReason: pcscd.reason };
    try {
      const env = { CHEQUECARD_PCSCD: pcscd.own ? "private" : "shared" };
      return await runVitest("pages", { args: all, env });
    } finally {
      await pcscd.stop();
    }
  },
};
