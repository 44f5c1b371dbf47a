// Builds the pages of a browser, web/, into dist/web: the same sources give the same bytes, and file names carry the
// hash of what is in them.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const ROOT = join(import.meta.dirname, "..");
const WEB = join(ROOT, "web");

/** Each folder with an index.html is a page. */
const pages = readdirSync(WEB).filter((name) => existsSync(join(WEB, name, "index.html")));

await build({
  root: WEB,
  configFile: false,
  logLevel: "warn",
  base: "/",
  publicDir: false,
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: join(ROOT, "dist/web"),
    emptyOutDir: true,
    target: "es2022",
    // A data address in a style sheet or a script would need more of the policy than the pages have.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: { input: Object.fromEntries(pages.map((name) => [name, join(WEB, name, "index.html")])) },
  },
});
