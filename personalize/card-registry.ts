import type { Msat } from "../common/index.js";
import type { PageHashes } from "../keys/index.js";
import type { CardLimits } from "./card-data.js";
import type { CertificateTerms } from "./certify.js";
import { PersonalizationError, RegistryUnavailableError } from "./errors.js";
import type { FaceRegistry } from "./face-registry.js";

/** A card as it stands before the last block of its personalization. */
export interface PendingCard {
  /** 8 bytes, never used before. */
  readonly cardId: Uint8Array;
  /** Point of the card key, 65 bytes. */
  readonly publicKey: Uint8Array;
  /** 4 bytes. */
  readonly keySetId: Uint8Array;
  /** Printed number and, where there is one, the holder. */
  readonly label: string;
  /** The node that its URI names, 33 bytes. */
  readonly nodeId: Uint8Array;
  readonly credit: Msat;
  readonly limits: CardLimits;
  /** The profile's policy as it stands there; the registry judges it. */
  readonly policy: unknown;
  /** What its certificate says; undefined when it has none. */
  readonly certificate?: CertificateTerms | undefined;
  /** Of its page; undefined when it has none. */
  readonly page?: PageHashes | undefined;
}

/** How a card stands in the registry. */
export interface RegisteredCard {
  readonly state: "pending" | "active" | "blocked" | "retired";
  /** 33 or 65 bytes. */
  readonly publicKey: Uint8Array;
}

/**
 * Where the issuer's service keeps its cards, as personalization needs it (specs/04 §8). Every method is durable
 * when it resolves and may be repeated.
 */
export interface CardRegistry {
  /** Judges a profile's policy before any card is touched. @throws ParseError */
  checkPolicy(policy: unknown): void;
  /**
   * Enters a card as `pending`. Exactly the same card again does nothing.
   * @throws PersonalizationError `registry` when the id stands for another card
   */
  register(card: PendingCard): Promise<void>;
  /** `pending` becomes `active`; an active card stays so. @throws PersonalizationError `registry` otherwise */
  activate(cardId: Uint8Array): Promise<void>;
  /** The card's id is never used again. An unknown or retired card stays so. */
  retire(cardId: Uint8Array): Promise<void>;
  lookup(cardId: Uint8Array): Promise<RegisteredCard | undefined>;
}

/**
 * The same registry, whose own failures come as RegistryUnavailableError. What is wrong with one card stays a
 * PersonalizationError.
 */
export function guardedRegistry(registry: CardRegistry): CardRegistry {
  return {
    checkPolicy: (policy) => registry.checkPolicy(policy),
    register: (card) => guard(() => registry.register(card)),
    activate: (cardId) => guard(() => registry.activate(cardId)),
    retire: (cardId) => guard(() => registry.retire(cardId)),
    lookup: (cardId) => guard(() => registry.lookup(cardId)),
  };
}

/** The same for second faces. Errors of keys stay what they are. */
export const guardedFaces = (faces: FaceRegistry): FaceRegistry => ({
  checkPolicy: (policy) => faces.checkPolicy(policy),
  keysOf: (uid) => faces.keysOf(uid),
  register: (face) => guard(() => faces.register(face)),
  activate: (cardId, reading) => guard(() => faces.activate(cardId, reading)),
});

async function guard<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof PersonalizationError) throw cause;
    const reason = cause instanceof Error ? cause.message : "unknown error";
    throw new RegistryUnavailableError(`the card registry cannot be reached: ${reason}`, {
      cause,
      hint: "Bring the registry's database back, then go on with the batch; half-done cards are finished then.",
    });
  }
}
