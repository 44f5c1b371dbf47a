import { type Cart, EMPTY_CART } from "./types.js";

/** A request for a charge whose answer is not known yet. */
export interface PendingCharge {
  readonly key: string;
  readonly body: object;
  /** Unix milliseconds. */
  readonly at: number;
}

const CART = "chequecard.cart";
const PENDING = "chequecard.pending";
/** Nobody waits longer for a till; an older request is not sent again. */
const PENDING_MS = 120_000;

function read(place: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? "null");
  } catch {
    return null;
  }
}

function write(place: string, value: unknown): void {
  try {
    if (value === undefined) sessionStorage.removeItem(place);
    else sessionStorage.setItem(place, JSON.stringify(value));
  } catch {
    // Without storage it lasts as long as the page.
  }
}

/** The cart of this tab, over a reload. */
export function keptCart(): Cart {
  const found = read(CART) as Partial<Cart> | null;
  return found && Array.isArray(found.items) ? { ...EMPTY_CART, ...found } : EMPTY_CART;
}
export const keepCart = (cart: Cart): void => write(CART, cart);

/** The request of this tab that may have been carried out, over a reload: sent again it opens no second sale. */
export function pendingCharge(now: number): PendingCharge | undefined {
  const found = read(PENDING) as PendingCharge | null;
  return found && now - found.at < PENDING_MS ? found : undefined;
}
export const keepPending = (pending: PendingCharge | undefined): void => write(PENDING, pending);
