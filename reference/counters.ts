/** The issuer's decision about counters (specs/03 §3). Amounts are msat, hashes hex. */
export interface Order {
  /** 0 for the personalization. */
  readonly sequence: number;
  readonly credit: bigint;
  readonly maxPerTransaction: bigint;
  readonly pinThreshold: bigint;
  readonly noPinBudget: bigint;
  readonly maxTransactions: number;
}

/** What a valid token says. */
export interface Token {
  readonly counter: number;
  readonly amount: bigint;
  /** Authorized total after it. */
  readonly total: bigint;
  readonly flags: number;
  /** Low 24 bits. */
  readonly updateSequence: number;
  readonly invoiceHash: string;
}

/** What a valid status says. */
export interface CardStatus {
  readonly counter: number;
  readonly total: bigint;
  readonly credit: bigint;
  readonly updateSequence: number;
}

/** A counter whose total is known (specs/03 §1). */
interface Point {
  readonly counter: number;
  readonly total: bigint;
  /** Of an authorization; 0 where the point tells the total alone. */
  readonly amount: bigint;
}

/** What an issuer knows of a card's counters. */
export interface Books {
  readonly orders: readonly Order[];
  readonly seen: readonly (Token & { readonly state: "reserved" | "void" })[];
  readonly statuses: readonly CardStatus[];
  /** Unseen counters up to this one are void. */
  readonly voidedUpTo: number;
}

export type Contradiction =
  /** Another statement under a counter that was seen. */
  | "counter"
  /** Acknowledges an update that was never signed. */
  | "sequence"
  /** Nothing that was signed for the card allows it. */
  | "limits"
  /** A status with a credit that its update does not have. */
  | "credit"
  /** Leaves too little or too much below it, or above it. */
  | "below"
  | "above";

export type Decision =
  | { readonly decision: "fits" | "gap" | "void" }
  | { readonly decision: "known"; readonly state: "reserved" | "void" }
  | { readonly decision: "contradiction"; readonly which: Contradiction };

const contradiction = (which: Contradiction): Decision => ({ decision: "contradiction", which });

/** Books of a card that was just made. */
export const newBooks = (personalization: Order): Books => ({
  orders: [personalization],
  seen: [],
  statuses: [],
  voidedUpTo: 0,
});

/** The greatest sequence up to `newest` with these low 24 bits (specs/02 §3.1); undefined when there is none. */
export function fullSequence(newest: number, low24: number): number | undefined {
  const full = low24 + 0x1000000 * Math.floor((newest - low24) / 0x1000000);
  return full < 0 ? undefined : full;
}

/** Whether two points can be of one card: each authorization in between was at least 1 msat, none is nothing. */
function agree(low: Point, high: Point): boolean {
  const between = BigInt(high.counter - low.counter - (high.amount > 0n ? 1 : 0));
  const spent = high.total - high.amount - low.total;
  return between > 0n ? spent >= between : spent === 0n;
}

const points = ({ seen, statuses }: Books): Point[] => [
  { counter: 0, total: 0n, amount: 0n },
  ...seen,
  ...statuses.map(({ counter, total }) => ({ counter, total, amount: 0n })),
];

/** The side on which a point does not fit what is known; undefined when it fits. */
function misfit(books: Books, point: Point): "below" | "above" | undefined {
  for (const known of points(books)) {
    // A status of the same counter shows the total after the authorization.
    if (known.counter < point.counter && !agree(known, point)) return "below";
    if (known.counter > point.counter && !agree(point, known)) return "above";
    if (known.counter === point.counter && known.total !== point.total) return "above";
  }
  return undefined;
}

const newestSequence = ({ orders }: Books): number => Math.max(...orders.map(({ sequence }) => sequence));

/** Whether the card may have had this order when it authorized. */
const allows = (order: Order, { counter, amount, total, flags }: Token): boolean =>
  total <= order.credit &&
  amount <= order.maxPerTransaction &&
  counter <= order.maxTransactions &&
  (flags === 1 || (amount <= order.pinThreshold && amount <= order.noPinBudget));

/** Steps 5 to 8 of specs/03 §3. @param invoiceAmount undefined for an invoice that leaves it open */
export function decide(books: Books, token: Token, invoiceAmount: bigint | undefined): Decision {
  const known = books.seen.find(({ counter }) => counter === token.counter);
  if (known) {
    const same =
      known.invoiceHash === token.invoiceHash &&
      known.amount === token.amount &&
      known.total === token.total &&
      known.flags === token.flags;
    return same ? { decision: "known", state: known.state } : contradiction("counter");
  }
  if (token.counter <= books.voidedUpTo) return { decision: "gap" };
  const acknowledged = fullSequence(newestSequence(books), token.updateSequence);
  if (acknowledged === undefined) return contradiction("sequence");
  if (!books.orders.some((order) => order.sequence <= acknowledged && allows(order, token)))
    return contradiction("limits");
  const side = misfit(books, token);
  if (side) return contradiction(side);
  const isOther = invoiceAmount !== undefined && invoiceAmount !== token.amount;
  return { decision: isOther ? "void" : "fits" };
}

/** What a valid status must fit (specs/03 §9). */
export function judgeStatus(books: Books, status: CardStatus): Decision {
  const acknowledged = fullSequence(newestSequence(books), status.updateSequence);
  if (acknowledged === undefined) return contradiction("sequence");
  const order = books.orders.find(({ sequence }) => sequence === acknowledged);
  if (order?.credit !== status.credit) return contradiction("credit");
  const side = misfit(books, { ...status, amount: 0n });
  return side ? contradiction(side) : { decision: "fits" };
}

/** The books after a decision: only what fits or becomes void is recorded. */
export function record(books: Books, token: Token, { decision }: Decision): Books {
  if (decision !== "fits" && decision !== "void") return books;
  const state = decision === "fits" ? "reserved" : "void";
  return { ...books, seen: [...books.seen, { ...token, state }] };
}

export const recordStatus = (books: Books, status: CardStatus, { decision }: Decision): Books =>
  decision === "fits" ? { ...books, statuses: [...books.statuses, status] } : books;

export const recordOrder = (books: Books, order: Order): Books => ({
  ...books,
  orders: [...books.orders, order],
});

/** Voids every counter that is known to exist and was not seen (specs/03 §4). */
export const voidGaps = (books: Books): Books => ({
  ...books,
  voidedUpTo: Math.max(...points(books).map(({ counter }) => counter)),
});
