import { createHash, randomBytes } from "node:crypto";

/** Whose page is open. */
export interface OpenPage {
  readonly card: bigint;
  /** 32 bytes: of the secret that opened it. */
  readonly secretHash: Uint8Array;
}

/** How long a page stays open, in milliseconds. */
export const SESSION_MS = 10 * 60_000;
const MAX_SESSIONS = 5_000;
const MAX_SESSIONS_OF_CARD = 8;
const FORM = /^[A-Za-z0-9_-]{43}$/;

/** Pages that are open: in memory alone, for ten minutes, and at most so many. Beyond it the oldest end. */
export class PageSessions {
  /** By the hash of the session, the oldest first. */
  readonly #open = new Map<string, OpenPage & { readonly until: number }>();
  readonly #monotonic: () => number;

  /** @param monotonic milliseconds */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @returns what the visitor shows from then on: 256 random bits */
  begin(page: OpenPage): string {
    this.#endOld();
    const own = [...this.#open].filter(([, { card }]) => card === page.card);
    for (const [key] of own.slice(0, Math.max(0, own.length + 1 - MAX_SESSIONS_OF_CARD)))
      this.#open.delete(key);
    const oldest = this.#open.keys().next();
    if (this.#open.size >= MAX_SESSIONS && !oldest.done) this.#open.delete(oldest.value);
    const session = randomBytes(32).toString("base64url");
    this.#open.set(keyOf(session), { ...page, until: this.#monotonic() + SESSION_MS });
    return session;
  }

  /** The page that a session opened; undefined when it is over, or never was. */
  find(session: string): OpenPage | undefined {
    this.#endOld();
    return FORM.test(session) ? this.#open.get(keyOf(session)) : undefined;
  }

  end(session: string): void {
    this.#open.delete(keyOf(session));
  }

  #endOld(): void {
    const now = this.#monotonic();
    for (const [key, { until }] of this.#open) {
      if (until > now) return;
      this.#open.delete(key);
    }
  }
}

/** A look-up by a hash takes no longer for a guess that begins like a session. */
const keyOf = (session: string): string => createHash("sha256").update(session).digest("base64");
