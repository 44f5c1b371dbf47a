import type { Duplex } from "node:stream";
import type pg from "pg";
import { storeError } from "./driver-error.js";
import { StoreError } from "./errors.js";
import { statementName } from "./postgres-many.js";

/** Where a session leads: which server, and how often it, or one before it, was promoted. */
export interface ServerPosition {
  /** Identifier of the database cluster, the same for a primary and its standbys. */
  readonly system: string;
  /** Raised by every promotion. */
  readonly timeline: bigint;
}

/** How long a statement may take. */
export interface TimeLimits {
  /** Milliseconds after which the connection is given up. */
  readonly statementMs: number;
  /** Milliseconds after which a server that has not answered is doubted; absent for statements that take long. */
  readonly doubtMs?: number;
}

/** One connection to the server, for as long as it lasts. */
export class PostgresSession {
  readonly client: pg.PoolClient;
  readonly position: ServerPosition;
  /** Of all sessions of the pool, in the order in which they were made. */
  readonly age: number;
  readonly #onSilence: () => void;
  #isBroken = false;

  /** @param onSilence called when a statement was not answered in time */
  constructor(client: pg.PoolClient, position: ServerPosition, age: number, onSilence: () => void) {
    this.client = client;
    this.position = position;
    this.age = age;
    this.#onSilence = onSilence;
  }

  /** Whether the next transaction may have it: no statement runs, no transaction is open. */
  get isClean(): boolean {
    return !this.#isBroken && this.client.getTransactionStatus() === "I";
  }

  /**
   * Runs one statement. After an answer that does not come, or that says that this server is none for us, the
   * connection is closed: nothing of it is used again.
   * @throws StoreError
   */
  async query(
    text: string,
    values: readonly unknown[],
    limits: TimeLimits,
    what: string,
  ): Promise<pg.QueryResult> {
    if (this.#isBroken) throw new StoreError("unavailable", `${what}: the connection was lost`);
    try {
      return await answerInTime(this.#send(text, values), limits, {
        onDoubt: this.#onSilence,
        onLate: () => {
          this.#onSilence();
          this.sever();
        },
      });
    } catch (cause) {
      const error = storeError(cause, what);
      if (error instanceof StoreError && error.code === "unavailable") this.sever();
      throw error;
    }
  }

  /** Closes the connection without a word, as its other end may not hear one. */
  sever(): void {
    this.#isBroken = true;
    sever(this.client);
  }

  #send(text: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    if (values.length === 0) return this.client.query(text);
    const name = statementName(text);
    return this.client.query({ text, values: [...values], ...(name ? { name } : {}) });
  }
}

/** Closes the socket of a connection at once. */
export function sever(client: pg.ClientBase): void {
  (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection.stream.destroy();
}

/** What an answer is, unless it takes too long. @throws StoreError `unavailable` */
export async function answerInTime<T>(
  answer: Promise<T>,
  { statementMs, doubtMs }: TimeLimits,
  { onDoubt = () => {}, onLate }: { readonly onDoubt?: () => void; readonly onLate: () => void },
): Promise<T> {
  // The loser of the race may still fail, when the connection is closed.
  answer.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => {
      onLate();
      reject(
        new StoreError("unavailable", `the database server did not answer within ${statementMs} ms`, {
          hint: "Check that the database server runs and can be reached.",
        }),
      );
    };
    const doubt = () => {
      onDoubt();
      timer = setTimeout(giveUp, statementMs - (doubtMs ?? 0));
    };
    timer = doubtMs === undefined ? setTimeout(giveUp, statementMs) : setTimeout(doubt, doubtMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
