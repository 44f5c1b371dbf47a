import { z } from "zod";
import { toJson } from "../../cli/output.js";
import { showCard } from "../../issuer/ledger/index.js";
import { CARD_PAGE_REQUESTS } from "../../server/card-page/app.js";
import type { Role } from "../../server/roles.js";
import { openDeskWorld } from "../desk/desk-world.js";
import { Bench, startService } from "../issuer/service.js";
import type { SeededRandom } from "../random.js";
import { type ApiClient, apiClient, keyOf } from "./api-client.js";
import {
  answerProblem,
  badRequest,
  type Operation,
  operationsOf,
  type RawAnswer,
  type RawRequest,
  sendRaw,
  Unreached,
} from "./bad-requests.js";
import { bareDesk, bareTill } from "./bare-servers.js";
import { givePage, servePagesOf } from "./card-pages.js";

/** A server that requests with something wrong are sent to. */
export interface BadTarget {
  readonly url: string;
  /** Of the role that may do most. */
  readonly bearer: string;
  readonly operations: readonly Operation[];
  /** What exists there, by the names of the parameters in paths. */
  readonly known: Readonly<Record<string, readonly string[]>>;
  /** Everything that no such request may change. */
  state(): Promise<string>;
  /** Headers of one request more. @param at its number */
  readonly dress?: (at: number) => Readonly<Record<string, string>>;
  /** What is wrong with an answer beyond what is wrong everywhere. */
  readonly problemOf?: (answer: RawAnswer) => string | undefined;
  stop(): Promise<void>;
}

/** A request that was answered, or not, and what is wrong with that. */
export interface Sent {
  readonly request: RawRequest;
  readonly answer: RawAnswer | undefined;
  readonly problem: string | undefined;
}

/** Sends bad requests one after the other, and knows which operations none of them has reached. */
export function badSender(target: BadTarget, random: SeededRandom) {
  const { url, bearer, operations, known, dress, problemOf } = target;
  const unreached = new Unreached(operations);
  let count = 0;
  return {
    unreached,
    async send(): Promise<Sent> {
      const made = badRequest(random, operations, bearer, known);
      const request = { ...made, headers: { ...made.headers, ...dress?.(count++) } };
      try {
        const answer = await sendRaw(url, request);
        unreached.note(request, answer);
        return { request, answer, problem: answerProblem(request, answer) ?? problemOf?.(answer) };
      } catch (error) {
        // The connection broke, or nothing came.
        return { request, answer: undefined, problem: `no answer: ${String(error)}` };
      }
    },
  };
}

/** An API whose document is asked, and whose state is what some of its paths answer. */
async function apiTarget(
  server: { readonly url: string; readonly folder: string; stop(): Promise<unknown> },
  role: Role,
  watched: readonly string[],
  known: BadTarget["known"] = {},
): Promise<BadTarget> {
  const { key: bearer } = keyOf(server.folder, role);
  const client = apiClient(server.url, bearer);
  const document = (await client("GET", "/v1/openapi.json")).body;
  return {
    ...{ url: server.url, bearer, known, operations: operationsOf(document) },
    async state() {
      const answers = await Promise.all(watched.map((path) => client("GET", path)));
      return JSON.stringify(answers.map(({ status, body }) => [status, body]));
    },
    stop: async () => void (await server.stop()),
  };
}

/** A till with a sale that was cancelled, one that waits, and a day that was closed. */
export async function badTill(folder: string): Promise<BadTarget> {
  const server = await bareTill(folder);
  const lead = apiClient(server.url, keyOf(server.folder, "shift-lead").key);
  const done = async (path: string, body: object, key: string) => {
    const answer = await lead("POST", path, { body, key });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.body.detail}`);
  };
  await done("/v1/charges", { amount: "10sat" }, "first");
  await done("/v1/charges/1/cancel", {}, "cancel");
  await done("/v1/days", {}, "day");
  await done("/v1/charges", { amount: "20sat" }, "second");
  // Not the charge that waits: how its payment is tried changes by itself.
  const watched = ["/v1/sales", "/v1/totals", "/v1/day", "/v1/days/1", "/v1/rate", "/v1/offline"];
  return apiTarget(server, "shift-lead", [...watched, "/v1/charges/1"], { number: ["1", "2"] });
}

const DESK_WATCHED = ["/v1/report", "/v1/closing", "/v1/keys", "/v1/batches", "/v1/job"];

async function deskTarget(
  server: Parameters<typeof apiTarget>[0],
  client: ApiClient,
  batch: readonly string[],
): Promise<BadTarget> {
  const { cards } = (await client("GET", "/v1/cards")).body as { cards: { card: string }[] };
  const ids = cards.map(({ card }) => card);
  const other = keyOf(server.folder, "read").id;
  const watched = ["/v1/cards", ...ids.map((card) => `/v1/cards/${card}`), ...DESK_WATCHED];
  return apiTarget(server, "desk", watched, { card: ids, key: [other], batch });
}

/** A desk without readers, in this process. */
export async function badBareDesk(folder: string): Promise<BadTarget> {
  const server = await bareDesk(folder);
  return deskTarget(server, apiClient(server.url, keyOf(server.folder, "desk").key), []);
}

/**
 * A desk in a process of its own, with a card on its reader, a batch that was made, and one that is planned.
 * @param program the compiled command
 */
export async function badDesk(folder: string, program: string): Promise<BadTarget> {
  const world = await openDeskWorld(folder, 3, program);
  await world.start();
  const { url, key, issuer, files } = world;
  const client = apiClient(url, key);
  const plan = { name: "first day", profile: "profile.yaml", count: 2, prefix: "A" };
  await client("POST", "/v1/batches", { body: plan });
  await client("POST", "/v1/batches/first%20day/run");
  for (let state = "running"; state === "running"; ) {
    await new Promise((done) => setTimeout(done, 100));
    ({ state } = (await client("GET", "/v1/job")).body.job as { state: string });
  }
  await client("POST", "/v1/batches", { body: { ...plan, name: "second day", prefix: "B" } });
  await client("POST", "/v1/reader/lay", { body: { file: files[0] } });
  const batches = [plan.name, "second day"];
  return deskTarget({ url, folder: issuer, stop: () => world.close() }, client, batches);
}

const MAX_OF_NETWORK = 60;

/** The listener of a card's page, with a page that is open. */
export async function badCardPage(): Promise<BadTarget> {
  const bench = new Bench();
  const service = await startService(bench, "sqlite");
  const card = await service.card(1);
  const secret = await givePage(service, card);
  const pages = await servePagesOf(service, { behindProxy: true });
  const { session } = (await pages.open(secret)).body;
  const asked = Object.entries(CARD_PAGE_REQUESTS).map(([path, schema]) => ({
    ...({ method: "POST", path, query: [], isKeyed: false, isSimple: true } as const),
    body: z.toJSONSchema(schema) as NonNullable<Operation["body"]>,
  }));
  const pagesOfIt = ["/", "/robots.txt"].map((path) => ({
    ...{ method: "GET", path, query: [], isKeyed: false, body: undefined },
  }));
  return {
    ...{ url: pages.url, bearer: String(session), known: {}, operations: [...asked, ...pagesOfIt] },
    async state() {
      const page = (await pages.read(session)).body;
      return toJson([page, await showCard(service.store.db, card.cardId), pages.faults]);
    },
    dress(at) {
      if (at % MAX_OF_NETWORK === 0) service.clock.pass(2000);
      // Each is of another visitor: what is wrong is to be answered, not how many come.
      return { "x-forwarded-for": `198.51.${at % 256}.${(at >> 8) % 256}` };
    },
    problemOf: ({ body }) => (/"(left|session)":/.test(body) ? "opened the page" : undefined),
    async stop() {
      await pages.close();
      await service.close();
      await bench.close();
    },
  };
}
