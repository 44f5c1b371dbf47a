import { equalBytes, taggedHash, utf8 } from "../../common/index.js";
import { isPageCode, isPageSecret, pageCodeHash, pageSecretHash } from "../../keys/index.js";
import { clearPageTries, countPageTry, type PageVisitor, UnknownTries } from "../ledger/index.js";
import type { Store } from "../store/index.js";
import { HashQueue } from "./hash-queue.js";

/** What came of a secret and a code. */
export type Opening =
  /** The secret is of no page, or was revoked, or the code is wrong: nobody learns which. */
  | { readonly kind: "wrong" }
  | { readonly kind: "locked"; readonly untilMs: number }
  /** Too many others are at it; nothing was counted. */
  | { readonly kind: "busy" }
  | { readonly kind: "open"; readonly card: bigint; readonly secretHash: Uint8Array };

/** What the door works with; everything but the store has the system's as default. */
export interface DoorPorts {
  readonly store: Store;
  /** Unix milliseconds. */
  readonly clock?: () => number;
  readonly monotonic?: () => number;
  readonly codeHash?: typeof pageCodeHash;
}

const NO_HASH = new Uint8Array(32);

/**
 * Opens pages to who has the secret and the code. Every try that counts does the same work, whatever is wrong with
 * it: the same statements, one hash, one comparison.
 */
export class PageDoor {
  readonly #store: Store;
  readonly #clock: () => number;
  readonly #codeHash: typeof pageCodeHash;
  readonly #queue: HashQueue;
  readonly #unknown = new UnknownTries();

  constructor({
    store,
    clock = Date.now,
    monotonic = () => performance.now(),
    codeHash = pageCodeHash,
  }: DoorPorts) {
    this.#store = store;
    this.#clock = clock;
    this.#codeHash = codeHash;
    this.#queue = new HashQueue(monotonic);
  }

  /**
   * @param network of the visitor, as text: those of one network share their tries on a page
   * @throws StoreError
   */
  async open(secret: string, code: string, network: string): Promise<Opening> {
    // What has no such form is no guess, and tells nothing.
    if (!isPageSecret(secret) || !isPageCode(code)) return { kind: "wrong" };
    const opening = await this.#queue.run(network, () => this.#try(secret, code, network));
    return opening ?? { kind: "busy" };
  }

  /** Refuses who waits. */
  async close(): Promise<void> {
    await this.#queue.close();
  }

  async #try(secret: string, code: string, network: string): Promise<Opening> {
    const secretHash = pageSecretHash(secret);
    // With the secret in it, so that a stolen ledger names no visitor.
    const visitor = taggedHash("chequecard/card-page/visitor", utf8(secret), utf8(network));
    const who: PageVisitor = { secretHash, visitor };
    const key = Buffer.from(visitor).toString("base64");
    const now = this.#clock();
    const tried = await countPageTry(this.#store, who, this.#unknown.of(key), now);
    if (tried.kind === "locked") return { kind: "locked", untilMs: tried.until };
    const { page } = tried;
    if (!page) this.#unknown.count(key, now);
    const hash = await this.#codeHash(secret, code);
    const isRight = equalBytes(hash, page?.code_hash ?? NO_HASH);
    if (!page || !isRight || page.revoked_at !== null) return { kind: "wrong" };
    await clearPageTries(this.#store, who);
    return { kind: "open", card: page.card, secretHash };
  }
}
