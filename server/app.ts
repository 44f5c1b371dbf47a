import { type Context, Hono } from "hono";
import type { z } from "zod";
import { toJson } from "../cli/output.js";
import { mistakeText, schemaMistakes } from "../common/schema-mistakes.js";
import { readJson } from "./body.js";
import { documentPage, PAGE_STYLE } from "./document-page.js";
import type { EventStreams } from "./event-streams.js";
import { expectOwn, type HostRule } from "./gate.js";
import type { ApiKeys, ListedKey } from "./keys.js";
import { type ApiTitle, openApiDocument, REQUEST_KEY } from "./openapi.js";
import type { PageName } from "./pages/files.js";
import { addPages } from "./pages/serve.js";
import { HttpProblem, problemOf } from "./problem.js";
import type { KeyedRequests } from "./requests.js";
import { mayDo } from "./roles.js";
import type { ApiRequest, Route } from "./route.js";

/** What an API is made of. */
export interface ApiParts {
  readonly about: ApiTitle;
  readonly routes: readonly Route[];
  /** For browsers, by path. */
  readonly pages: Readonly<Record<string, PageName>>;
  readonly keys: ApiKeys;
  readonly requests: KeyedRequests;
  readonly streams: EventStreams;
  readonly rule: HostRule;
  /** Keeps who changed what; without one nothing is kept. */
  readonly audit?: Audit;
  /** Told of requests that failed by a fault of the server: method, route and code, and nothing of the request. */
  readonly onFault?: (what: string) => void;
}

/** A change that a client asks for. */
interface AuditedRequest {
  readonly caller: ListedKey | undefined;
  readonly action: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** `Idempotency-Key`; empty where there is none. */
  readonly key: string;
}

/** Has a change made, and keeps who asked for it and how it went. */
export type Audit = <T>(request: AuditedRequest, run: () => Promise<T>) => Promise<T>;

/** No request needs more, in bytes, unless its route says so. */
const MAX_BODY = 64 * 1024;

const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The application that answers the requests of an API. */
export function apiApp(parts: ApiParts): Hono {
  const { about, routes, rule } = parts;
  const app = new Hono();
  const document = openApiDocument(about, routes);
  const text = JSON.stringify(document);
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    const { method, path } = context.req;
    const isPage = method === "GET" && (path === "/api" || Object.hasOwn(parts.pages, path));
    expectOwn({ get: (name) => context.req.header(name) ?? null }, rule, isPage);
    await next();
  });
  app.get("/v1/openapi.json", (context) => context.body(text, 200, { "content-type": "application/json" }));
  app.get("/api", (context) => context.html(documentPage(document)));
  app.get("/api.css", (context) => context.body(PAGE_STYLE, 200, { "content-type": "text/css" }));
  addPages(app, parts.pages);
  for (const route of routes)
    app.on(route.method.toUpperCase(), route.path.replace(/\{(\w+)\}/g, ":$1"), (context) =>
      serve(parts, route, context),
    );
  app.notFound((context) => {
    const isKnown = routes.some(({ path }) => pathForm(path).test(context.req.path));
    return refuse(
      context,
      isKnown
        ? new HttpProblem(405, "method", "this path takes another method; see /v1/openapi.json")
        : new HttpProblem(404, "not-found", "there is no such path; see /v1/openapi.json"),
    );
  });
  app.onError((error, context) => {
    const answer = refuse(context, error);
    if (answer.status >= 500)
      parts.onFault?.(`${context.req.method} ${pathOf(routes, context)}: ${problemOf(error).code}`);
    return answer;
  });
  return app;
}

const pathForm = (path: string): RegExp => new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`);

/** The route of a request: its own path may hold what is not for a log. */
const pathOf = (routes: readonly Route[], { req }: Context): string =>
  routes.find(({ path }) => pathForm(path).test(req.path))?.path ?? "(no route)";

function refuse(context: Context, error: unknown): Response {
  const problem = problemOf(error);
  if (problem.status === 401) context.header("www-authenticate", "Bearer");
  return context.body(JSON.stringify(problem), problem.status as 400, {
    "content-type": "application/problem+json",
  });
}

function callerOf(keys: ApiKeys, { role }: Route, context: Context): ListedKey | undefined {
  if (role === undefined) return undefined;
  const [, given = ""] = /^Bearer ([\w-]{1,128})$/.exec(context.req.header("authorization") ?? "") ?? [];
  const caller = keys.find(given);
  if (!caller)
    throw new HttpProblem(401, "no-key", "Authorization: need Bearer and a key that holds", {
      hint: "Make one with the command key add, or pair this device again.",
    });
  if (!mayDo(caller.role, role))
    throw new HttpProblem(403, "role", `this needs a key of the role ${role}, this one has ${caller.role}`);
  return caller;
}

function read(schema: z.ZodObject | undefined, value: unknown, what: string): Record<string, unknown> {
  if (!schema) return {};
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first, ...more] = schemaMistakes(result.error, schema, value).map((one) => mistakeText(one, what));
  throw new HttpProblem(400, "parse", [first, ...more.slice(0, 9)].join("; "));
}

async function bodyOf(route: Route, context: Context): Promise<{ text: string; body: object }> {
  if (!route.body) return { text: "", body: {} };
  const { text, value } = await readJson(context.req.raw, route.maxBody ?? MAX_BODY);
  return { text, body: read(route.body, value, "body") };
}

async function serve(parts: ApiParts, route: Route, context: Context): Promise<Response> {
  const caller = callerOf(parts.keys, route, context);
  const params = read(route.params, context.req.param(), "path");
  const query = read(route.query, queryOf(context), "query");
  const { text, body } = await bodyOf(route, context);
  const key = route.movesMoney ? keyOf(context) : "";
  const { signal } = context.req.raw;
  const request = { params, query, body, key, caller, signal } as ApiRequest<undefined, undefined, undefined>;
  if (route.watch) return parts.streams.open(route.watch(request), caller);
  const { audit } = parts;
  const run = async () => await route.run?.(request);
  const isChange = route.method === "post" && audit !== undefined;
  const asked = {
    caller,
    action: route.action ?? route.id,
    params,
    body: body as AuditedRequest["body"],
    key,
  };
  const carryOut = async () => ({
    status: route.status ?? 200,
    answer: toJson(isChange ? await audit(asked, run) : await run()),
  });
  if (!route.movesMoney) return answered(context, await carryOut());
  const { method, path } = context.req;
  const done = await parts.requests.once({ key, method, path, body: text }, carryOut);
  if (done.repeated) context.header("idempotency-replayed", "true");
  return answered(context, done);
}

const answered = (context: Context, { status, answer }: { status: number; answer: string }): Response =>
  context.body(`${answer}\n`, status as 200, { "content-type": "application/json" });

function queryOf(context: Context): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, values] of Object.entries(context.req.queries())) {
    if (values.length > 1) throw new HttpProblem(400, "parse", `${name.slice(0, 64)}: given more than once`);
    found[name] = values[0] ?? "";
  }
  return found;
}

function keyOf(context: Context): string {
  const key = context.req.header("idempotency-key") ?? "";
  if (REQUEST_KEY.test(key)) return key;
  throw new HttpProblem(
    400,
    "parse",
    "Idempotency-Key: need 1 to 64 letters, digits, points, dashes or underscores, the first a letter or digit",
    { hint: "Choose a random one for every new request, and send it again when you retry." },
  );
}
