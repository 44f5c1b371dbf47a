import { setTimeout as sleep } from "node:timers/promises";
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { AuditLog } from "../../cli/desk/audit-log.js";
import { cardText } from "../../cli/issuer/card-choice.js";
import { mistakeText, schemaMistakes } from "../../common/schema-mistakes.js";
import { type Rate, TokenBucket, TokenBuckets } from "../../common/token-bucket.js";
import type { PageDoor } from "../../issuer/card-page/page-door.js";
import { blockCard, isOpenPage } from "../../issuer/ledger/index.js";
import { holderView } from "../../issuer/reports/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardIdOf } from "../../issuer/store/values.js";
import { readJson } from "../body.js";
import { expectOwn, type HostRule } from "../gate.js";
import { addPages } from "../pages/serve.js";
import { HttpProblem, problemOf } from "../problem.js";
import { type OpenPage, type PageSessions, SESSION_MS } from "./sessions.js";
import { type CardOnPage, type OpenedPage, type PageNames, pageView } from "./view.js";
import { forwardedAddress, networkOf } from "./visitor.js";

/** What the pages of cards are served with. */
export interface CardPageParts {
  readonly store: Store;
  readonly door: PageDoor;
  readonly sessions: PageSessions;
  readonly names: PageNames;
  readonly rule: HostRule;
  /** Whether a proxy in front says where visitors come from. */
  readonly behindProxy: boolean;
  /** Unix milliseconds. */
  readonly clock: () => number;
  readonly monotonic: () => number;
  /** Who did what at this issuer. */
  readonly audit: Pick<AuditLog, "begin" | "end">;
  /** Told of faults: method, path and code, and nothing of the request. */
  readonly onFault: (what: string) => void;
}

/** Payments that a page shows. */
const SHOWN = 20;
/** No request needs more, in bytes. */
const MAX_BODY = 1024;
/** Requests of one network that ask for something, and those of all. */
const OF_NETWORK: Rate = { burst: 60, perSecond: 1 };
const OF_ALL: Rate = { burst: 200, perSecond: 50 };
/** An opening is answered at a multiple of it after it came, in milliseconds: a disk that syncs tells nothing. */
const ANSWER_STEP_MS = 250;

const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex, nofollow, noarchive",
};

const ROBOTS = "User-agent: *\nDisallow: /\n";

const opening = z.strictObject({ secret: z.string().max(64), code: z.string().max(16) });
const blocking = z.strictObject({ confirmed: z.literal(true) });
const nothing = z.strictObject({});

/** What can be asked of the listener, by path: each by POST, with a body of its schema. */
export const CARD_PAGE_REQUESTS = {
  "/v1/open": opening,
  "/v1/read": nothing,
  "/v1/block": blocking,
} as const;
type Requests = typeof CARD_PAGE_REQUESTS;

/** The connection of a request. */
export interface Visitor {
  readonly address: string;
}

/** The application that answers for the pages of cards, and for nothing else. */
export function cardPageApp(parts: CardPageParts): Hono<{ Bindings: Visitor }> {
  const { rule, monotonic, behindProxy } = parts;
  const app = new Hono<{ Bindings: Visitor }>();
  const networks = new TokenBuckets(OF_NETWORK);
  const all = new TokenBucket(OF_ALL, monotonic());
  const networkIn = (context: Context<{ Bindings: Visitor }>): string => {
    const { address } = context.env;
    return networkOf(
      behindProxy ? forwardedAddress(context.req.header("x-forwarded-for"), address) : address,
    );
  };
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    if (rule.scheme === "https") context.header("strict-transport-security", "max-age=31536000");
    const isPage = context.req.method === "GET" && context.req.path === "/";
    expectOwn({ get: (name) => context.req.header(name) ?? null }, rule, isPage);
    await next();
  });
  app.get("/robots.txt", (context) => context.body(ROBOTS, 200, { "content-type": "text/plain" }));
  addPages(app, { "/": "card" });
  app.use("/v1/*", async (context, next) => {
    const now = monotonic();
    if (!networks.take(networkIn(context), now) || !all.tryTake(1, now)) throw busy();
    await next();
  });
  const answer = <Path extends keyof Requests>(
    path: Path,
    run: (body: z.output<Requests[Path]>, context: Context<{ Bindings: Visitor }>) => Promise<object>,
  ) =>
    app.post(path, async (context) => {
      const schema: z.ZodObject = CARD_PAGE_REQUESTS[path];
      const body = (await bodyOf(context, schema)) as z.output<Requests[Path]>;
      return context.json(await run(body, context));
    });
  answer("/v1/open", (body, context) => {
    const begun = monotonic();
    return open(parts, body, networkIn(context)).finally(() =>
      sleep(ANSWER_STEP_MS - ((monotonic() - begun) % ANSWER_STEP_MS)),
    );
  });
  answer("/v1/read", async (_, context) => show(parts, await openPageOf(parts, context)));
  answer("/v1/block", async (_, context) => {
    const page = await openPageOf(parts, context);
    await blockForHolder(parts, page);
    return await show(parts, page);
  });
  app.notFound((context) => refuse(context, new HttpProblem(404, "not-found", "there is no such path")));
  app.onError((error, context) => {
    const { status, code } = problemOf(error);
    if (status < 500 || error instanceof HttpProblem) return refuse(context, error);
    // A stranger asks: what the database or the system says is for the log alone.
    parts.onFault(
      `${context.req.method} ${KNOWN.has(context.req.path) ? context.req.path : "(no path)"}: ${code}`,
    );
    return refuse(context, new HttpProblem(503, "not-available", "the page cannot be read at present"));
  });
  return app;
}

const KNOWN: ReadonlySet<string> = new Set(["/", ...Object.keys(CARD_PAGE_REQUESTS)]);

const busy = (): HttpProblem =>
  new HttpProblem(429, "busy", "too many requests at present", { hint: "Try again in a minute." });

async function open(
  { door, sessions, clock, ...parts }: CardPageParts,
  { secret, code }: z.output<typeof opening>,
  network: string,
): Promise<OpenedPage> {
  const opened = await door.open(secret, code, network);
  switch (opened.kind) {
    case "busy":
      throw busy();
    case "locked":
      throw new LockedProblem(Math.max(1, Math.ceil((opened.untilMs - clock()) / 1000)));
    case "wrong":
      throw new HttpProblem(403, "wrong", "the address or the code is wrong");
    case "open": {
      const card = await show(parts, opened);
      return { session: sessions.begin(opened), seconds: SESSION_MS / 1000, card };
    }
  }
}

/** Too many wrong codes. */
class LockedProblem extends HttpProblem {
  readonly seconds: number;

  constructor(seconds: number) {
    super(429, "locked", `too many wrong codes; the next one in ${seconds} s`);
    this.seconds = seconds;
  }
}

/** The page of a session, which ends with the secret that opened it. @throws HttpProblem `no-session` */
async function openPageOf(
  { sessions, store }: CardPageParts,
  context: Context<{ Bindings: Visitor }>,
): Promise<OpenPage> {
  const [, session = ""] = /^Bearer ([\w-]{1,128})$/.exec(context.req.header("authorization") ?? "") ?? [];
  const page = sessions.find(session);
  if (page && (await isOpenPage(store.db, page.card, page.secretHash))) return page;
  sessions.end(session);
  throw new HttpProblem(401, "no-session", "the page is closed; type the code again");
}

const HOLDER = { who: "the holder, on the card's page", key: undefined };

/** A lost card is blocked also where the audit log cannot be written: the ledger has who did it. */
async function blockForHolder(
  { store, clock, audit, onFault }: CardPageParts,
  { card }: OpenPage,
): Promise<void> {
  const log = <T>(write: () => T): T | undefined => {
    try {
      return write();
    } catch (error) {
      onFault(`audit log: ${problemOf(error).code}`);
      return undefined;
    }
  };
  const name = cardText(card);
  const line = log(() => audit.begin(HOLDER, { action: "block", card: name }));
  const end = (outcome: "done" | "unknown" | "refused", told: object) =>
    line !== undefined && log(() => audit.end(line, { outcome, card: name, told }));
  try {
    await blockCard(store, cardIdOf(card), clock(), "holder-block");
  } catch (error) {
    const { status, code } = problemOf(error);
    end(status < 500 ? "refused" : "unknown", { code });
    throw error;
  }
  end("done", {});
}

const show = async (
  { store, names }: Pick<CardPageParts, "store" | "names">,
  { card }: OpenPage,
): Promise<CardOnPage> => pageView(await holderView(store, card, SHOWN), names);

function refuse(context: Context, error: unknown): Response {
  const problem = problemOf(error);
  if (error instanceof LockedProblem) context.header("retry-after", String(error.seconds));
  return context.body(JSON.stringify(problem), problem.status as 400, {
    "content-type": "application/problem+json",
  });
}

async function bodyOf<Schema extends z.ZodObject>(
  context: Context<{ Bindings: Visitor }>,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { value } = await readJson(context.req.raw, MAX_BODY);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first] = schemaMistakes(result.error, schema, value);
  throw new HttpProblem(400, "parse", first ? mistakeText(first, "body") : "body: not as it has to be");
}
