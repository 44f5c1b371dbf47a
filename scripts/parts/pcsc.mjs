// The tests on PC/SC: with a pcscd of their own in a namespace of its own, else with what there is.
import { inNamespace, namespaceWorks } from "../pcscd/namespace.mjs";
import { providePcscd } from "../pcscd/provide.mjs";
import { hasNativeReaders } from "../setup/dependencies.mjs";
import { runningTests, runVitest } from "./vitest.mjs";

/** @type {import("./run-part.mjs").Part} */
export const pcsc = {
  name: "PC/SC",
  budget: 2,
  limit: 30,
  doing: () => runningTests("pcsc"),
  async run(args) {
    const all = ["--config", "test/vitest.pcsc.config.ts", ...args];
    if (hasNativeReaders() && (await namespaceWorks()))
      return runVitest("pcsc", { args: all, wrap: inNamespace });
    const pcscd = await providePcscd();
    if ("reason" in pcscd) return { passed: 0, failed: 0, skipped: 0, skipReason: pcscd.reason };
    try {
      return await runVitest("pcsc", {
        args: all,
        env: { CHEQUECARD_PCSCD: pcscd.own ? "private" : "shared" },
      });
    } finally {
      await pcscd.stop();
    }
  },
};
