import { request as httpRequest } from "node:http";
import type { SeededRandom } from "../random.js";

/** A request as it goes over the wire. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** The operation whose method and path it has; undefined: none. */
  readonly operation?: string | undefined;
}

/** What came back. */
export interface RawAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Against a server that never answers, not against a slow one. */
const HANGING_MS = 60_000;

/** Sends a request with every header as it is, `Host` too. @throws Error where there is no answer */
export function sendRaw(url: string, { method, path, headers, body }: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(HANGING_MS);
    const options = { hostname, port, method, path, headers, agent: false, signal };
    const request = httpRequest(options, (response) => {
      let text = "";
      const done = () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"] ?? "",
          body: text,
        });
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
        // A stream is answered by what it begins with.
        if (/event-stream/.test(response.headers["content-type"] ?? "")) response.destroy();
      });
      response.on("end", done);
      response.on("close", done);
    });
    request.on("error", reject);
    request.end(body);
  });
}

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** An operation of an OpenAPI document, or of a server that has none. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly body: Schema | undefined;
  readonly isKeyed: boolean;
  /** Random values may be right for it: its bodies are made so that they are not. */
  readonly isSimple?: true;
}

/** Operations of an OpenAPI document. */
export function operationsOf(document: unknown): Operation[] {
  const { paths } = document as { paths: Record<string, Record<string, Record<string, unknown>>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const parameters = (operation.parameters ?? []) as { name: string; in: string }[];
      const content = (operation.requestBody as { content?: Record<string, { schema: Schema }> })?.content;
      return {
        method: method.toUpperCase(),
        path,
        query: parameters.flatMap(({ name, in: place }) => (place === "query" ? [name] : [])),
        body: content?.["application/json"]?.schema,
        isKeyed: parameters.some(({ name }) => name === "Idempotency-Key"),
      };
    }),
  );
}

const WORDS = [
  ...[
    "",
    "0",
    "-1",
    "1e9",
    "99999999999999999999",
    "NaN",
    "null",
    "true",
    "9".repeat(5000),
    "\u0000",
    "\u202e",
  ],
  ...[
    "../../etc/passwd",
    "%00",
    "%zz",
    "' or 1=1 --",
    "<script>",
    "{{7*7}}",
    "zz",
    "𝒳",
    "1sat\r\nX: y",
    "é".repeat(300),
  ],
  ...[
    "77",
    "0123-4567-89ab-cdef",
    "0sat",
    "-5sat",
    "1.5eur",
    "21000001btc",
    "0x10sat",
    "1 000sat",
    "١sat",
    "2026-13-40",
    "0123-4567",
  ],
];

function anyValue(random: SeededRandom, depth: number): unknown {
  switch (random.below(depth > 3 ? 6 : 8)) {
    case 0:
      return null;
    case 1:
      return random.pick([0, -1, 1.5, 2 ** 53, 1e308, -0]);
    case 2:
      return random.oneIn(2);
    case 3:
    case 4:
      return random.pick(WORDS);
    case 5:
      return Buffer.from(random.bytes(random.below(40))).toString("latin1");
    case 6:
      return Array.from({ length: random.below(4) }, () => anyValue(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [random.pick(WORDS), anyValue(random, depth + 1)]),
      );
  }
}

const NO_OBJECTS = ["", "{", "[]", "null", '"x"', "[".repeat(20_000), "{}}", "\ufeff{}"];

/** A body that the schema does not allow, or that means nothing: its texts are no amounts and no cards. */
function badBody(random: SeededRandom, schema: Schema | undefined): string {
  if (random.oneIn(6)) return random.pick(NO_OBJECTS);
  const names = Object.keys(schema?.properties ?? {});
  const fields = names.filter(() => !random.oneIn(3)).map((name) => [name, anyValue(random, 0)] as const);
  const extra = random.oneIn(3) || fields.length === 0 ? [[random.pick(WORDS), 1] as const] : [];
  return JSON.stringify(Object.fromEntries([...fields, ...extra]));
}

/** Fields in which no word above means anything. */
const SENSELESS: readonly string[] = ["amount", "by", "topUp"];

/** A body that is refused also where the path names something that exists. */
function surelyBadBody(random: SeededRandom, { properties = {}, required = [] }: Schema = {}): string {
  if (random.oneIn(6)) return random.pick(NO_OBJECTS);
  const wordFor = ({ type }: Schema): unknown =>
    type === "integer" ? 1 : type === "boolean" ? true : random.pick(["x", ...WORDS]);
  const whole = Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => required.includes(name) || random.oneIn(2))
      .map(([name, schema]) => [name, wordFor(schema)]),
  );
  const missing = random.below(Math.max(1, required.length));
  const choices = [
    () => ({ ...whole, zz: 1 }),
    ...Object.keys(properties).map((name) => () => ({ ...whole, [name]: null })),
    ...(required.length > 0
      ? [() => Object.fromEntries(Object.entries(whole).filter(([name]) => name !== required[missing]))]
      : []),
    ...required.filter((name) => SENSELESS.includes(name)).flatMap(() => [() => whole, () => whole]),
  ];
  return JSON.stringify(random.pick(choices)());
}

/**
 * A request of one of the operations in which something is wrong.
 * @param known values that exist, by the names of the parameters in paths
 */
export function badRequest(
  random: SeededRandom,
  operations: readonly Operation[],
  bearer: string,
  known: Readonly<Record<string, readonly string[]>> = {},
): RawRequest {
  const { method, path, query, body, isKeyed, isSimple } = random.pick(operations);
  const word = () => encodeURIComponent(random.pick(WORDS));
  // Of many routes few know a "not found" of their own.
  const isOwn = !random.oneIn(40);
  const isFound = isOwn && random.oneIn(2);
  const filled = (isOwn ? path : "/v1/{none}").replace(/\{(\w+)\}/g, (_, name: string) =>
    isFound && known[name]?.length ? encodeURIComponent(random.pick(known[name])) : word() || "zz",
  );
  const names = query.filter(() => random.oneIn(2)).concat(random.oneIn(4) ? ["zz"] : []);
  if (names[0] !== undefined && random.oneIn(8)) names.push(names[0]);
  const search = names.map((name) => `${name}=${word()}`).join("&");
  const headers: Record<string, string> = {
    host: "127.0.0.1",
    authorization: `Bearer ${bearer}`,
    ...(method === "POST" ? { "content-type": "application/json" } : {}),
    ...(isKeyed ? { "idempotency-key": `bad-${random.u32()}` } : {}),
  };
  switch (random.below(12)) {
    case 0:
      delete headers.authorization;
      break;
    case 1:
      headers.authorization = random.pick(["Basic eDp5", "Bearer", `Bearer ${bearer}x`, "Bearer ../"]);
      break;
    case 2:
      headers["idempotency-key"] = random.pick(["", "-", "a b", "x".repeat(65)]);
      break;
    case 3:
      headers["content-type"] = random.pick(["text/plain", "application/x-www-form-urlencoded", "x"]);
      break;
    case 4:
      headers.host = random.pick(["evil.example", "127.0.0.1.evil.example", "[::1", "127.0.0.1:99999999"]);
      break;
    case 5:
      headers.origin = random.pick(["null", "http://evil.example", "http://127.0.0.1.evil.example"]);
      break;
    default:
  }
  const otherMethod = random.oneIn(20) ? random.pick(["PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"]) : method;
  const makeBody = isSimple || (isFound && path.includes("{")) ? surelyBadBody : badBody;
  return {
    method: otherMethod,
    path: search === "" ? filled : `${filled}?${search}`,
    headers,
    body: otherMethod === "POST" ? makeBody(random, body) : undefined,
    operation: isOwn && otherMethod === method ? `${method} ${path}` : undefined,
  };
}

/** Refused before anybody looks at what is asked for. */
const AT_THE_DOOR: readonly number[] = [401, 403, 405, 415, 421];

/** The operations that no request has come as far as. */
export class Unreached {
  readonly #left: Set<string>;

  constructor(operations: readonly Operation[]) {
    this.#left = new Set(operations.map(({ method, path }) => `${method} ${path}`));
  }

  get names(): readonly string[] {
    return [...this.#left];
  }

  note({ operation }: RawRequest, { status }: RawAnswer): void {
    if (operation !== undefined && !AT_THE_DOOR.includes(status)) this.#left.delete(operation);
  }
}

/** What is wrong with the answer to a bad request; undefined: nothing. */
export function answerProblem({ method }: RawRequest, { status, type, body }: RawAnswer): string | undefined {
  if (status >= 500) return `answered ${status}`;
  if (method === "HEAD" || status < 400) return undefined;
  if (type !== "application/problem+json") return `answered ${status} as ${type || "nothing"}`;
  const problem = JSON.parse(body);
  const isWhole = problem.status === status && typeof problem.detail === "string" && problem.detail !== "";
  return isWhole ? undefined : `answered ${status} without a sentence`;
}
