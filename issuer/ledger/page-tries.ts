import { sql } from "kysely";
import type { Store, Tx } from "../store/types.js";
import { blob, milliseconds } from "../store/values.js";
import type { CardPage } from "./card-pages.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Wrong codes of one visitor on one page before it has to wait, and for how long after each that follows. */
const FREE_TRIES = 3;
const LOCKS_MS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR];
/** After a day without a try a visitor begins at the first again. */
const FORGET_MS = 24 * HOUR;
/**
 * Wrong codes of all visitors together on one page: so many at once, then one in so many milliseconds, 480 a day. Of 10^8
 * codes a thousand visitors at work for a year find one page in 570.
 */
const SHARED_TRIES = 20;
const SHARED_EVERY_MS = 3 * MINUTE;

/** How long a visitor waits who has tried that many wrong codes in a row, in milliseconds. */
export const lockAfter = (tries: number): number =>
  tries < FREE_TRIES ? 0 : (LOCKS_MS[Math.min(tries - FREE_TRIES, LOCKS_MS.length - 1)] ?? 0);

/** What one visitor has tried on one page. */
export interface VisitorTries {
  /** In a row. */
  readonly tries: number;
  /** Unix milliseconds. */
  readonly lockedUntil: number;
}

/** A try that may be made, or until when none may. */
export type PageTry =
  | { readonly kind: "locked"; readonly until: number }
  /** It is counted already. `page` is undefined where no page has the secret; it may be revoked. */
  | { readonly kind: "counted"; readonly page: CardPage | undefined };

/** A visitor of a page, by hashes of 32 bytes. */
export interface PageVisitor {
  readonly secretHash: Uint8Array;
  readonly visitor: Uint8Array;
}

/**
 * Counts a try before its code is compared, so that no number of requests at once gets more than the tries that are left,
 * and a process that dies in between has used one up. Tries while a page is locked are neither compared nor counted: they
 * make no lock longer. A secret that no page has runs the same statements.
 * @param unknown what this visitor tried on a secret that is no page's; its caller counts those
 * @param now Unix milliseconds
 * @throws StoreError
 */
export async function countPageTry(
  store: Store,
  { secretHash, visitor }: PageVisitor,
  unknown: VisitorTries,
  now: number,
): Promise<PageTry> {
  return await store.write(async (tx) => {
    const page = await lockPage(store, tx, secretHash);
    const row = await tx
      .selectFrom("card_page_tries")
      .selectAll()
      .where("secret_hash", "=", blob(secretHash))
      .where("visitor", "=", blob(visitor))
      .executeTakeFirst();
    const own = page ? visitorTries(row, now) : unknown;
    const sharedFrom = page ? milliseconds(page.tries_until) - (SHARED_TRIES - 1) * SHARED_EVERY_MS : 0;
    const until = Math.max(own.lockedUntil, sharedFrom);
    if (until > now) return { kind: "locked", until };
    await tx
      .deleteFrom("card_page_tries")
      .where("secret_hash", "=", blob(secretHash))
      .where("tried_at", "<", BigInt(now - FORGET_MS))
      .execute();
    const tries = own.tries + 1;
    // The row is of a page, or there is none.
    await sql`insert into card_page_tries (secret_hash, visitor, tries, locked_until, tried_at)
      select secret_hash, ${blob(visitor)}, ${BigInt(tries)}, ${BigInt(now + lockAfter(tries))}, ${BigInt(now)}
        from card_pages where secret_hash = ${blob(secretHash)}
      on conflict (secret_hash, visitor) do update set tries = excluded.tries,
        locked_until = excluded.locked_until, tried_at = excluded.tried_at`.execute(tx);
    await useSharedTry(tx, secretHash, Math.max(now, page ? milliseconds(page.tries_until) : 0));
    return { kind: "counted", page };
  });
}

/** Held until the transaction ends: tries of one page come one after another. */
async function lockPage(store: Store, tx: Tx, secretHash: Uint8Array): Promise<CardPage | undefined> {
  const query = tx.selectFrom("card_pages").selectAll().where("secret_hash", "=", blob(secretHash));
  return await (store.kind === "postgres" ? query.forUpdate() : query).executeTakeFirst();
}

const visitorTries = (
  row: { readonly tries: bigint; readonly locked_until: bigint; readonly tried_at: bigint } | undefined,
  now: number,
): VisitorTries =>
  row && milliseconds(row.tried_at) >= now - FORGET_MS
    ? { tries: milliseconds(row.tries), lockedUntil: milliseconds(row.locked_until) }
    : { tries: 0, lockedUntil: 0 };

async function useSharedTry(tx: Tx, secretHash: Uint8Array, from: number): Promise<void> {
  await tx
    .updateTable("card_pages")
    .set({ tries_until: BigInt(from + SHARED_EVERY_MS) })
    .where("secret_hash", "=", blob(secretHash))
    .execute();
}

/** A right code: the visitor has all its tries again, and what all visitors share is not used. @throws StoreError */
export async function clearPageTries(store: Store, { secretHash, visitor }: PageVisitor): Promise<void> {
  await store.write(async (tx) => {
    const page = await lockPage(store, tx, secretHash);
    if (!page) return;
    await tx
      .deleteFrom("card_page_tries")
      .where("secret_hash", "=", blob(secretHash))
      .where("visitor", "=", blob(visitor))
      .execute();
    const before = page.tries_until - BigInt(SHARED_EVERY_MS);
    await tx
      .updateTable("card_pages")
      .set({ tries_until: before > 0n ? before : 0n })
      .where("card", "=", page.card)
      .execute();
  });
}

/** Tries of visitors on secrets that no page has: counted like those of pages, in bounded memory. */
export class UnknownTries {
  readonly #capacity: number;
  /** In the order of the last try, the oldest first. */
  readonly #tries = new Map<string, VisitorTries>();

  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  /** @param key of visitor and secret */
  of(key: string): VisitorTries {
    return this.#tries.get(key) ?? { tries: 0, lockedUntil: 0 };
  }

  count(key: string, now: number): void {
    const tries = this.of(key).tries + 1;
    this.#tries.delete(key);
    this.#tries.set(key, { tries, lockedUntil: now + lockAfter(tries) });
    const oldest = this.#tries.keys().next();
    if (this.#tries.size > this.#capacity && !oldest.done) this.#tries.delete(oldest.value);
  }
}
