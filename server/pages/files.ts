import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** A page of `web/`, by its folder. */
export type PageName = "till" | "customer" | "desk" | "card";

/** A built file as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly zipped: Uint8Array;
}

/** The built pages of one server. */
export interface PageFiles {
  /** The HTML of each page; empty where nothing was built. */
  readonly html: ReadonlyMap<PageName, PageFile>;
  /** What those pages load, by the name below `/assets/`, which holds a hash of the content; nothing of other pages. */
  readonly assets: ReadonlyMap<string, PageFile>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/manifest+json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
};

/** Where the pages were built: beside the compiled server, or in `dist` where it runs from its sources. */
const FOLDERS = ["../../web", "../../dist/web"].map((path) => join(import.meta.dirname, path));

function read(path: string): PageFile {
  const bytes = readFileSync(path);
  return {
    type: TYPES[extname(path)] ?? "application/octet-stream",
    bytes,
    zipped: gzipSync(bytes, { level: 9 }),
  };
}

/** Reads built pages with everything that they load. */
export function readPages(names: readonly PageName[]): PageFiles {
  const folder = FOLDERS.find((path) => existsSync(join(path, "assets")));
  const html = new Map<PageName, PageFile>();
  const assets = new Map<string, PageFile>();
  if (folder === undefined) return { html, assets };
  const all = readdirSync(join(folder, "assets"));
  const addMentioned = ({ bytes }: PageFile): void => {
    const text = Buffer.from(bytes).toString();
    for (const name of all) {
      if (assets.has(name) || !text.includes(name)) continue;
      const file = read(join(folder, "assets", name));
      assets.set(name, file);
      addMentioned(file);
    }
  };
  for (const name of names) {
    const page = read(join(folder, name, "index.html"));
    html.set(name, page);
    addMentioned(page);
  }
  return { html, assets };
}
