import { AUTHORIZATION_INVARIANTS } from "./authorizations.js";
import { BOOK_INVARIANTS } from "./book.js";
import { CARD_INVARIANTS } from "./cards.js";
import { FEE_INVARIANTS } from "./fees.js";
import { GUARANTEE_INVARIANTS } from "./guarantee.js";
import type { Invariant } from "./invariant.js";
import { LIMIT_INVARIANTS } from "./limits.js";

/** All of them (specs/03 §6). */
export const INVARIANTS: readonly Invariant[] = [
  ...BOOK_INVARIANTS,
  ...FEE_INVARIANTS,
  ...AUTHORIZATION_INVARIANTS,
  ...LIMIT_INVARIANTS,
  ...CARD_INVARIANTS,
  ...GUARANTEE_INVARIANTS,
];
