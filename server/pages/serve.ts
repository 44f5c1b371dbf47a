import type { Context, Env, Hono } from "hono";
import { HttpProblem } from "../problem.js";
import { type PageFile, type PageName, readPages } from "./files.js";

/**
 * What a page may do: load scripts and styles of this server, ask this server, and nothing else. No inline code, no text
 * made into HTML, in no frame.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": PAGE_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
  "x-frame-options": "DENY",
};

const send = (context: Context, { type, bytes, zipped }: PageFile): Response => {
  const isZipped = /\bgzip\b/.test(context.req.header("accept-encoding") ?? "");
  context.header("vary", "accept-encoding");
  if (isZipped) context.header("content-encoding", "gzip");
  return context.body(Uint8Array.from(isZipped ? zipped : bytes), 200, { "content-type": type });
};

/**
 * Adds pages to a server, with the files that they load, and those of no other page.
 * @param pages by path
 */
export function addPages<Bound extends Env>(
  app: Hono<Bound>,
  pages: Readonly<Record<string, PageName>>,
): void {
  const { html, assets } = readPages(Object.values(pages));
  for (const [path, name] of Object.entries(pages))
    app.get(path, (context) => {
      const page = html.get(name);
      if (!page)
        throw new HttpProblem(503, "not-built", "the pages are not built", { hint: "Run: npm run build" });
      for (const [header, value] of Object.entries(PAGE_HEADERS)) context.header(header, value);
      return send(context, page);
    });
  app.get("/assets/:name", (context) => {
    const file = assets.get(context.req.param("name"));
    if (!file) return context.notFound();
    // Its name changes with its content.
    context.header("cache-control", "public, max-age=31536000, immutable");
    return send(context, file);
  });
}
