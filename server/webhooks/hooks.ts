import { randomBytes } from "node:crypto";
import { CodedError } from "../../common/errors.js";
import type { SqliteFile } from "../../common/sqlite-file.js";
import { checkHookUrl } from "./address.js";

/** What a webhook may hear of. */
export type EventKind = "sale.paid" | "sale.refused" | "sale.refunded" | "card.blocked";

/** A webhook as it is listed: its secret is shown once. */
export interface ListedHook {
  readonly id: number;
  readonly url: string;
  readonly events: readonly EventKind[];
  /** Unix seconds. */
  readonly createdAt: number;
  /** Events that it has not taken yet, and those that were given up. */
  readonly waiting: number;
  readonly givenUp: number;
  /** Why the last attempt of one of those failed. */
  readonly problem: string | undefined;
}

/** An event that is due at a webhook. */
export interface DueDelivery {
  readonly hook: number;
  readonly url: string;
  readonly secret: string;
  readonly event: number;
  readonly kind: string;
  /** JSON. */
  readonly body: string;
  readonly tries: number;
}

/** A webhook that there is not. */
class HookError extends CodedError<"not-found"> {}

/** Seconds from one attempt to the next. After the last the event is given up. */
const PAUSES = [5, 15, 60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 86_400] as const;
/** What was delivered or given up is kept so long, in seconds. */
const KEPT_SECONDS = 30 * 86_400;

interface HookRow {
  readonly id: number;
  readonly url: string;
  readonly events: string;
  readonly created_at: number;
  readonly waiting: number;
  readonly given_up: number;
  readonly problem: string | null;
}

/** Webhooks of an API and what is to be delivered to them. Every change is durable when its method returns. */
export class Hooks {
  readonly #file: SqliteFile;
  readonly #now: () => number;

  /** @param now Unix milliseconds */
  constructor(file: SqliteFile, now: () => number = Date.now) {
    this.#file = file;
    this.#now = now;
  }

  /** @returns its number, and the secret that signs what it gets, shown this once @throws ValueError for the address */
  add(url: string, events: readonly EventKind[]): { readonly id: number; readonly secret: string } {
    checkHookUrl(url);
    const secret = `whsec_${randomBytes(32).toString("base64url")}`;
    const { lastInsertRowid } = this.#file.run(
      "insert into hook (url, secret, events, created_at) values (?, ?, ?, ?)",
      [url, secret, events.join(" "), this.#seconds()],
    );
    return { id: Number(lastInsertRowid), secret };
  }

  /** Those that were not removed. */
  list(): ListedHook[] {
    return this.#file.all(
      `select id, url, events, created_at,
         (select count(*) from delivery where hook = id and state = 'waiting') as waiting,
         (select count(*) from delivery where hook = id and state = 'given-up') as given_up,
         (select problem from delivery where hook = id and problem is not null and state <> 'delivered'
          order by event desc limit 1) as problem
       from hook where removed_at is null order by id`,
      [],
      (row: HookRow) => ({
        id: row.id,
        url: row.url,
        events: row.events.split(" ") as EventKind[],
        createdAt: row.created_at,
        waiting: row.waiting,
        givenUp: row.given_up,
        problem: row.problem ?? undefined,
      }),
    );
  }

  /** Ends a webhook at once; what waits for it is not delivered. @throws HookError `not-found` */
  remove(id: number): void {
    const { changes } = this.#file.run("update hook set removed_at = ? where id = ? and removed_at is null", [
      this.#seconds(),
      id,
    ]);
    if (changes === 0) throw new HookError("not-found", `webhook ${id}: there is none of that number`);
  }

  /**
   * Keeps an event for every webhook that wants it, once for each subject and kind.
   * @param at Unix seconds
   * @returns whether it is new
   */
  tell(subject: string, kind: EventKind, at: number, data: (id: number) => string): boolean {
    return this.#file.transaction(() => {
      const { changes, lastInsertRowid } = this.#file.run(
        "insert or ignore into event (subject, kind, at, body) values (?, ?, ?, '')",
        [subject, kind, at],
      );
      if (changes === 0) return false;
      const id = Number(lastInsertRowid);
      this.#file.run("update event set body = ? where id = ?", [data(id), id]);
      this.#file.run(
        `insert into delivery (hook, event, next_at)
         select id, ?, ? from hook where removed_at is null and instr(' ' || events || ' ', ' ' || ? || ' ') > 0`,
        [id, this.#seconds(), kind],
      );
      return true;
    });
  }

  /** The first event that is due at each webhook. */
  due(): DueDelivery[] {
    return this.#file.all(
      `select hook, url, secret, min(event) as event, kind, body, tries from delivery
       join hook on hook.id = delivery.hook join event on event.id = delivery.event
       where state = 'waiting' and next_at <= ? and removed_at is null group by hook`,
      [this.#seconds()],
      (row: DueDelivery) => row,
    );
  }

  delivered({ hook, event }: DueDelivery): void {
    this.#file.run("update delivery set state = 'delivered', problem = null where hook = ? and event = ?", [
      hook,
      event,
    ]);
    const old = this.#seconds() - KEPT_SECONDS;
    this.#file.run(
      "delete from delivery where state <> 'waiting' and event in (select id from event where at < ?)",
      [old],
    );
  }

  /** An attempt failed: the next comes later, or none. @param problem without anything of the answer's content */
  failed({ hook, event, tries }: DueDelivery, problem: string): void {
    const next = PAUSES[tries];
    this.#file.run(
      `update delivery set tries = tries + 1, problem = ?, next_at = ?, state = ? where hook = ? and event = ?`,
      [problem, this.#seconds() + (next ?? 0), next === undefined ? "given-up" : "waiting", hook, event],
    );
  }

  /** A number that is kept under a name, or what it is from now on. */
  mark(name: string, first: () => number): number {
    this.#file.run("insert or ignore into mark (name, value) values (?, ?)", [name, first()]);
    return (
      this.#file.all(
        "select value from mark where name = ?",
        [name],
        (row: { value: number }) => row.value,
      )[0] ?? 0
    );
  }

  #seconds(): number {
    return Math.floor(this.#now() / 1000);
  }
}
