import { createHash } from "node:crypto";
import { equalBytes } from "../common/bytes.js";
import type { SqliteFile } from "../common/sqlite-file.js";
import { HttpProblem, problemOf } from "./problem.js";

/** What a request was answered with. */
export interface KeptAnswer {
  readonly status: number;
  /** JSON. */
  readonly answer: string;
}

/** A request that moves money, by which it is distinguished from others. */
export interface KeyedRequest {
  /** `Idempotency-Key`. */
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** Answers are kept so long, in seconds: nobody retries later. */
const KEPT_SECONDS = 30 * 86_400;

const digestOf = ({ method, path, body }: KeyedRequest): Uint8Array =>
  createHash("sha256")
    .update(JSON.stringify([method, path, body]))
    .digest();

/**
 * Requests that move money, each under the key that its client chose: the same request again gets the same answer, also
 * after a crash, and another one under the same key is refused. A request whose answer is not known, because it failed or
 * the process was killed in it, is carried out again: what it does knows the key, too, and does nothing twice.
 */
export class KeyedRequests {
  readonly #file: SqliteFile;
  readonly #now: () => number;
  readonly #running = new Map<string, Promise<KeptAnswer>>();

  /** @param now Unix milliseconds */
  constructor(file: SqliteFile, now: () => number = Date.now) {
    this.#file = file;
    this.#now = now;
  }

  /**
   * @param run carries the request out
   * @returns the answer, and whether it was given before
   * @throws HttpProblem `key-reused`; what `run` throws
   */
  async once(
    request: KeyedRequest,
    run: () => Promise<KeptAnswer>,
  ): Promise<KeptAnswer & { readonly repeated: boolean }> {
    const kept = this.#begin(request);
    if (kept) return { ...kept, repeated: true };
    const joined = this.#running.get(request.key);
    if (joined) return { ...(await joined), repeated: true };
    const running = this.#carryOut(request.key, run);
    this.#running.set(request.key, running);
    try {
      return { ...(await running), repeated: false };
    } finally {
      this.#running.delete(request.key);
    }
  }

  async #carryOut(key: string, run: () => Promise<KeptAnswer>): Promise<KeptAnswer> {
    const done = await run().catch((error: unknown) => {
      // Refused for certain: nothing was done, and the key is free for what was meant.
      if (problemOf(error).status < 500)
        this.#file.run("delete from request where key = ? and answer is null", [key]);
      throw error;
    });
    this.#file.run("update request set status = ?, answer = ? where key = ?", [
      done.status,
      done.answer,
      key,
    ]);
    return done;
  }

  /** The request is durable before it is carried out. */
  #begin(request: KeyedRequest): KeptAnswer | undefined {
    const now = Math.floor(this.#now() / 1000);
    const digest = digestOf(request);
    this.#file.run("delete from request where begun_at < ?", [now - KEPT_SECONDS]);
    this.#file.run("insert or ignore into request (key, digest, begun_at) values (?, ?, ?)", [
      request.key,
      digest,
      now,
    ]);
    const [row] = this.#file.all(
      "select digest, status, answer from request where key = ?",
      [request.key],
      (found: { digest: Uint8Array; status: number | null; answer: string | null }) => found,
    );
    if (!row) return undefined;
    if (!equalBytes(Uint8Array.from(row.digest), digest))
      throw new HttpProblem(409, "key-reused", "Idempotency-Key: another request was made under this key", {
        hint: "Give every new request a key of its own; nothing was done.",
      });
    return row.status === null || row.answer === null
      ? undefined
      : { status: row.status, answer: row.answer };
  }
}
