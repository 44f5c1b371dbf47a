import type { z } from "zod";
import type { ListedKey } from "./keys.js";
import type { Role } from "./roles.js";

type Fields = z.ZodObject;
type Read<Schema extends Fields | undefined> = Schema extends Fields
  ? z.output<Schema>
  : Record<never, never>;

/** A request whose parts fit their schemas. */
export interface ApiRequest<
  Params extends Fields | undefined,
  Query extends Fields | undefined,
  Body extends Fields | undefined,
> {
  readonly params: Read<Params>;
  readonly query: Read<Query>;
  readonly body: Read<Body>;
  /** `Idempotency-Key`; empty where the route wants none. */
  readonly key: string;
  /** Undefined where the route is open to everybody. */
  readonly caller: ListedKey | undefined;
  /** Aborts when the client goes away or the server ends. */
  readonly signal: AbortSignal;
}

/** What is sent to a client that watches, one after another. */
export interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Sends events until it returns. */
export type EventSource = (send: (event: StreamEvent) => void, signal: AbortSignal) => Promise<void>;

/** Resolves when a client goes away or the server ends. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

interface RouteForm<
  Params extends Fields | undefined,
  Query extends Fields | undefined,
  Body extends Fields | undefined,
  Answer extends z.ZodType,
> {
  readonly method: "get" | "post";
  /** As in the document: `/v1/sales/{number}`. */
  readonly path: string;
  /** Name of the operation in the document, unique. */
  readonly id: string;
  readonly summary: string;
  /** The least that a key must be allowed; undefined: open to everybody. */
  readonly role: Role | undefined;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** True: the request needs an `Idempotency-Key`, and is carried out once. */
  readonly movesMoney?: true;
  /** Its name in the audit log; the name of the operation unless told. */
  readonly action?: string;
  /** Bytes that its body may have; 64 KiB unless told. */
  readonly maxBody?: number;
  readonly status?: 200 | 201;
  /** Of the answer, or of the data of each event. */
  readonly answer: Answer;
}

/** A route that answers once, or with a stream of events. */
export interface Route<
  Params extends Fields | undefined = Fields | undefined,
  Query extends Fields | undefined = Fields | undefined,
  Body extends Fields | undefined = Fields | undefined,
  Answer extends z.ZodType = z.ZodType,
> extends RouteForm<Params, Query, Body, Answer> {
  run?(request: ApiRequest<Params, Query, Body>): Promise<z.input<Answer>> | z.input<Answer>;
  /** @throws what is answered instead of a stream */
  watch?(request: ApiRequest<Params, Query, Body>): EventSource;
}

/** Ties the types of one route together. */
export const route = <
  Answer extends z.ZodType,
  Params extends Fields | undefined = undefined,
  Query extends Fields | undefined = undefined,
  Body extends Fields | undefined = undefined,
>(
  of: Route<Params, Query, Body, Answer>,
): Route => of as unknown as Route;
