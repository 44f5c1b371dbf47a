import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

/** Builds the pages before the tests of their part: they are tested as they are served. */
export default function buildPages(): void {
  const { status, stderr } = spawnSync(
    process.execPath,
    [resolve(import.meta.dirname, "../scripts/web.mjs")],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(`the pages cannot be built: ${stderr}`);
}
