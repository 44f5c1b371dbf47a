import { type Context, Hono } from "hono";
import { hexToBytes } from "../../common/bytes.js";
import { ChequecardError } from "../../common/errors.js";
import type { Msat } from "../../common/msat.js";
import { TokenBucket, TokenBuckets } from "../../common/token-bucket.js";
import type { BoltCardsConfig } from "../../issuer/bolt-cards/config.js";
import type { BoltCardDesk } from "../../issuer/bolt-cards/desk.js";
import type { BoltCardRequest } from "../../issuer/bolt-cards/figures.js";
import {
  type ChipKeys,
  CODE_LENGTH,
  PAY_PATH,
  PROGRAM_PATH,
  READ_PATH,
} from "../../issuer/bolt-cards/programming.js";
import { SAID } from "../../issuer/bolt-cards/sentences.js";
import { WIPE_PATH } from "../../issuer/bolt-cards/wiping.js";
import { LedgerError } from "../../issuer/ledger/errors.js";
import { forwardedAddress, networkOf } from "../card-page/visitor.js";

/** What Bolt Cards are served with. */
export interface BoltCardParts {
  readonly desk: Pick<BoltCardDesk, "read" | "withdraw" | "observer">;
  readonly config: BoltCardsConfig;
  /** Registers a chip by a one-time code and gives its keys out; undefined: the code is not good. */
  readonly program: (code: Uint8Array, uid: Uint8Array) => Promise<ChipKeys | undefined>;
  /** Takes the chip of a reading out of use by a link, and gives its keys out; or says why not. */
  readonly wipe: (code: string, p: Uint8Array, c: Uint8Array) => Promise<ChipKeys | string>;
  /** Told of faults: path and code, and nothing of the request. */
  readonly onFault: (what: string) => void;
  readonly monotonic: () => number;
}

/** Where the connection of a request comes from. */
interface Visitor {
  readonly address: string;
}
type Asked = Context<{ Bindings: Visitor }>;

/** An invoice of 7,089 characters fits no QR code, and no wallet makes a longer one. */
const MAX_QUERY = 8192;
const MAX_BODY = 1024;

const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  // Tills that run in a browser ask from there. Nothing is answered that depends on who asks.
  "access-control-allow-origin": "*",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex, nofollow, noarchive",
};

/** The application that answers for Bolt Cards (LUD-03), and for nothing else. */
export function boltCardApp(parts: BoltCardParts): Hono<{ Bindings: Visitor }> {
  const { config, monotonic } = parts;
  const all = new TokenBucket(config.rate, monotonic());
  const networks = new TokenBuckets(config.addressRate);
  let pending = 0;
  const app = new Hono<{ Bindings: Visitor }>();
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    const now = monotonic();
    // The network first: one that asks too much takes nothing from the others.
    if (!networks.take(networkIn(config, context), now) || !all.tryTake(1, now))
      return refuse(parts, context, SAID.busy);
    if (pending >= config.maxPending) return refuse(parts, context, SAID.busy);
    pending++;
    try {
      await next();
    } finally {
      pending--;
    }
    return undefined;
  });
  app.get(READ_PATH, (context) => answer(parts, context, () => read(parts, context)));
  app.get(PAY_PATH, (context) => answer(parts, context, () => pay(parts, context)));
  app.post(`${PROGRAM_PATH}:code`, (context) => answer(parts, context, () => program(parts, context)));
  app.post(`${WIPE_PATH}:code`, (context) => answer(parts, context, () => wipe(parts, context)));
  app.notFound((context) =>
    context.json({ status: "ERROR", reason: "There is nothing at this address." }, 404),
  );
  return app;
}

const networkIn = ({ behindProxy }: BoltCardsConfig, { env, req }: Asked): string =>
  networkOf(behindProxy ? forwardedAddress(req.header("x-forwarded-for"), env.address) : env.address);

function requestOf({ req }: Asked): BoltCardRequest {
  if (req.path === READ_PATH) return "read";
  if (req.path === PAY_PATH) return "pay";
  return req.path.startsWith(WIPE_PATH) ? "wipe" : "program";
}

/** Wallets show the reason of a refusal that comes with 200; of another status many show none. */
function refuse({ desk }: BoltCardParts, context: Asked, reason: string): Response {
  desk.observer.onAnswer(requestOf(context), reason);
  return context.json({ status: "ERROR", reason });
}

function give({ desk }: BoltCardParts, context: Asked, answer: object): Response {
  desk.observer.onAnswer(requestOf(context), undefined);
  return context.json(answer);
}

async function answer(
  parts: BoltCardParts,
  context: Asked,
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LedgerError)
      return refuse(parts, context, `${error.message}. ${error.hint ?? ""}`.trim());
    const code = error instanceof ChequecardError ? error.code : "internal";
    parts.onFault(`${context.req.method} ${context.req.routePath}: ${code}`);
    return refuse(parts, context, SAID.fault);
  }
}

/** Parameters that stand once in an address; undefined where one is missing, stands twice, or all are too long. */
function parametersOf<Name extends string>(
  { req }: Asked,
  ...names: readonly Name[]
): Readonly<Record<Name, string>> | undefined {
  const { search, searchParams } = new URL(req.url);
  const found = names.map((name) => [name, searchParams.getAll(name)] as const);
  if (search.length > MAX_QUERY || found.some(([, values]) => values.length !== 1)) return undefined;
  return Object.fromEntries(found.map(([name, [value = ""]]) => [name, value])) as Record<Name, string>;
}

/** Far below 2^53: no card has more than there are bitcoin. */
const json = (amount: Msat): number => Number.parseInt(amount.toString(), 10);

const bytesOf = (hex: string, length: number): Uint8Array | undefined =>
  hex.length === 2 * length && /^[0-9a-f]*$/i.test(hex) ? hexToBytes(hex.toLowerCase()) : undefined;

async function read(parts: BoltCardParts, context: Asked): Promise<Response> {
  const { desk, config } = parts;
  const given = parametersOf(context, "p", "c");
  const [p, c] = [bytesOf(given?.p ?? "", 16), bytesOf(given?.c ?? "", 8)];
  if (!p || !c) return refuse(parts, context, SAID.badRequest);
  const offer = await desk.read(p, c);
  if (typeof offer === "string") return refuse(parts, context, offer);
  return give(parts, context, {
    tag: "withdrawRequest",
    callback: `${config.address}${PAY_PATH}`,
    k1: offer.k1,
    minWithdrawable: json(offer.min),
    maxWithdrawable: json(offer.max),
    defaultDescription: offer.description,
    ...(offer.pinLimit === undefined ? {} : { pinLimit: json(offer.pinLimit) }),
  });
}

async function pay(parts: BoltCardParts, context: Asked): Promise<Response> {
  const given = parametersOf(context, "k1", "pr");
  if (!given) return refuse(parts, context, SAID.badCallback);
  const { searchParams } = new URL(context.req.url);
  const problem = await parts.desk.withdraw({ ...given, pin: searchParams.get("pin") ?? undefined });
  return problem === undefined ? give(parts, context, { status: "OK" }) : refuse(parts, context, problem);
}

/** The app sends the UID of a chip that it has authenticated to with the keys of a blank one. */
async function program(parts: BoltCardParts, context: Asked): Promise<Response> {
  const code = Buffer.from(context.req.param("code") ?? "", "base64url");
  const uid = uidIn(await textOf(context.req.raw));
  if (!uid) return refuse(parts, context, SAID.badUid);
  const keys = code.length === CODE_LENGTH ? await parts.program(code, uid) : undefined;
  return keys ? give(parts, context, keys) : refuse(parts, context, SAID.badCode);
}

/** The app sends the address of a chip as it has just read it. */
async function wipe(parts: BoltCardParts, context: Asked): Promise<Response> {
  const address = fieldIn(await textOf(context.req.raw), "LNURLW")
    ?.trim()
    .replace(/^lnurlw:/i, "https:");
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
  const [p, c] = (
    [
      ["p", 16],
      ["c", 8],
    ] as const
  ).map(([name, length]) => {
    const values = url?.searchParams.getAll(name) ?? [];
    return values.length === 1 ? bytesOf(values[0] ?? "", length) : undefined;
  });
  if (!p || !c) return refuse(parts, context, SAID.badReading);
  const keys = await parts.wipe(context.req.param("code") ?? "", p, c);
  return typeof keys === "string" ? refuse(parts, context, keys) : give(parts, context, keys);
}

const uidIn = (text: string | undefined): Uint8Array | undefined => bytesOf(fieldIn(text, "UID") ?? "", 7);

/** A text in a document of JSON. */
function fieldIn(text: string | undefined, name: "UID" | "LNURLW"): string | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    const field = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
    return typeof field === "string" ? field : undefined;
  } catch {
    return undefined;
  }
}

/** The body, and no more of it than an app sends. */
async function textOf(request: Request): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
