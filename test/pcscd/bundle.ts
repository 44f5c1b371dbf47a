import { join, resolve } from "node:path";
import { build } from "vite";

/** The readers as one JavaScript file, for a process without vitest; inside the project, where nfc-pcsc is found. */
export async function bundlePcsc(): Promise<string> {
  const root = resolve(import.meta.dirname, "../..");
  const outDir = join(root, ".setup/pcsc-bundle");
  await build({
    root,
    configFile: false,
    logLevel: "silent",
    build: { ssr: "host/pcsc/index.ts", outDir, rollupOptions: { output: { entryFileNames: "pcsc.mjs" } } },
  });
  return join(outDir, "pcsc.mjs");
}
