import type { Problem } from "../../server/problem.js";
import { deviceKey } from "./key-store.js";

/** A refusal of the API, or that it was not reached (`unreachable`, status 0). The message is for people. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  /** What to do next. */
  readonly hint: string | undefined;

  constructor({ status, code, detail, hint }: Omit<Problem, "type" | "title">) {
    super(detail);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }

  /** Whether the request may have been carried out all the same: send it again under the same key. */
  get isUncertain(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

/** Parts of a request that moves money. */
export interface MoveOptions {
  /** From {@link newRequestKey}: one for each thing that somebody wants done, and the same for its retries. */
  readonly key?: string;
  readonly signal?: AbortSignal;
}

/** Asks the API of this origin with the key of this device. Every call throws an {@link ApiProblem}. */
export interface Api {
  get<Answer>(path: string, signal?: AbortSignal): Promise<Answer>;
  /** What moves no money. */
  post<Answer>(path: string, body?: unknown, signal?: AbortSignal): Promise<Answer>;
  /** What moves money: sent again under the same key while the server cannot be reached, and carried out once. */
  move<Answer>(path: string, body?: unknown, options?: MoveOptions): Promise<Answer>;
}

/** A key under which a request is carried out once. */
export const newRequestKey = (): string =>
  // Not randomUUID: over plain HTTP in a local network browsers do not offer it.
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );

/** Milliseconds before a request that moves money is sent again. */
const RETRY_AFTER_MS = [300, 1000, 2000, 4000];

/** The header that shows a key. */
export const authorization = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };

/** The refusal in an answer that is not 2xx. */
export async function problemIn(answer: Response): Promise<ApiProblem> {
  const { status } = answer;
  const said = (await answer.json().catch(() => undefined)) as Partial<Problem> | undefined;
  return new ApiProblem({
    status,
    code: said?.code ?? "unknown",
    detail: said?.detail ?? `HTTP ${status}`,
    ...(said?.hint === undefined ? {} : { hint: said.hint }),
  });
}

/** Waits; an abort ends it early. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal?.aborted) done();
    else signal?.addEventListener("abort", done, { once: true });
  });

/**
 * @param onNoKey called with the key that a request showed, when the server knows it no longer
 * @param unreachable what to say where the server does not answer, and what to do then
 * @param keyOf that requests show; default: this device's
 */
export function connectApi(
  onNoKey: (key: string | undefined) => void,
  unreachable: () => { readonly detail: string; readonly hint: string },
  keyOf: () => string | undefined = deviceKey,
): Api {
  async function ask<Answer>(path: string, request: RequestInit): Promise<Answer> {
    const key = keyOf();
    const answer = await fetch(path, {
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      ...request,
      headers: { ...authorization(key), ...request.headers },
    }).catch((error: unknown) => {
      if (request.signal?.aborted) throw error;
      throw new ApiProblem({ status: 0, code: "unreachable", ...unreachable() });
    });
    if (!answer.ok) {
      if (answer.status === 401) onNoKey(key);
      throw await problemIn(answer);
    }
    return (await answer.json().catch(() => {
      throw new ApiProblem({ status: 0, code: "unreachable", ...unreachable() });
    })) as Answer;
  }
  const posted = (body: unknown = {}, headers: Record<string, string> = {}): RequestInit => ({
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const withSignal = (signal: AbortSignal | undefined): RequestInit => (signal ? { signal } : {});
  return {
    get: (path, signal) => ask(path, withSignal(signal)),
    post: (path, body, signal) => ask(path, { ...posted(body), ...withSignal(signal) }),
    async move<Answer>(path: string, body: unknown, { key = newRequestKey(), signal }: MoveOptions = {}) {
      const request = { ...posted(body, { "idempotency-key": key }), ...withSignal(signal) };
      for (const wait of RETRY_AFTER_MS)
        try {
          return await ask<Answer>(path, request);
        } catch (error) {
          if (!(error instanceof ApiProblem && error.isUncertain)) throw error;
          await pause(wait, signal);
          signal?.throwIfAborted();
        }
      return await ask<Answer>(path, request);
    },
  };
}
