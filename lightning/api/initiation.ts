import { CodedError, ParseError } from "../../common/errors.js";
import { isTemporaryReason } from "./reason-codes.js";

/** Most tokens of one invoice that one payer may be asked with before it has answered any. */
const MAX_TOKENS_IN_DOUBT = 8;

/**
 * How far the payment of one invoice has been asked for (specs/08 §4.2). Plain JSON: a terminal stores it with the
 * sale and goes on from it after a crash. Node ids and token hashes are hex.
 */
export type Initiation =
  /** No payer can be paying: none was asked, or each has rejected. */
  | { readonly phase: "idle" }
  /** This payer may be paying: it was asked with these tokens and has not rejected them. */
  | { readonly phase: "asked"; readonly payer: string; readonly tokenHashes: readonly string[] }
  /** The merchant's own invoice is settled. Final. */
  | { readonly phase: "paid" }
  /** The merchant's node will not take a payment for it any more. One that it took before may still be seen. */
  | { readonly phase: "cancelled" };

/**
 * Reads what a terminal stored.
 * @throws ParseError
 */
export function parseInitiation(text: string): Initiation {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new ParseError("initiation", "not JSON", { cause });
  }
  const { phase, payer, tokenHashes }: Record<string, unknown> = Object(content);
  if (phase === "idle" || phase === "paid" || phase === "cancelled") return { phase };
  const isAsked = phase === "asked" && typeof payer === "string" && Array.isArray(tokenHashes);
  if (!isAsked || !tokenHashes.every((hash) => typeof hash === "string"))
    throw new ParseError("initiation", "not how far a payment was asked for");
  return { phase, payer, tokenHashes };
}

/** Where every invoice begins. */
export const NOT_ASKED: Initiation = { phase: "idle" };

/** Where the merchant keeps how far each invoice was asked for. What a method throws or rejects with ends the call. */
export interface InitiationLog {
  /** @param paymentHash 32 bytes; @returns what was saved last, {@link NOT_ASKED} for an invoice never asked for */
  loadInitiation(paymentHash: Uint8Array): Initiation | Promise<Initiation>;
  /** Durable when it returns or resolves: only then is anything sent. */
  saveInitiation(paymentHash: Uint8Array, state: Initiation): void | Promise<void>;
}

export type InitiationEvent =
  /** About to ask this payer with this token. */
  | { readonly event: "ask"; readonly payer: string; readonly tokenHash: string }
  /** The payer rejected that token. A temporary reason changes nothing (specs/08 §5). */
  | {
      readonly event: "rejected";
      readonly payer: string;
      readonly tokenHash: string;
      readonly reason?: number | undefined;
    }
  /** The message certainly never left. `before`: the state before the ask, which may know of an earlier message. */
  | { readonly event: "not-sent"; readonly before: Initiation }
  | { readonly event: "settled" }
  | { readonly event: "cancelled" };

export type InitiationErrorCode =
  /** Another payer may still be paying this invoice. */
  | "in-doubt"
  /** The payer was asked with too many tokens and has not answered. */
  | "too-many-tokens"
  | "already-paid"
  | "cancelled"
  | "expired"
  /** The node does not know the invoice. */
  | "not-found"
  /** An ask for this invoice, or too many requests, are in flight. */
  | "busy";

/** A payment must not be asked for now. Nothing was sent. */
export class InitiationError extends CodedError<InitiationErrorCode> {
  constructor(code: InitiationErrorCode, message: string, hint?: string) {
    super(code, message, hint === undefined ? {} : { hint });
  }
}

/**
 * The next state. One rule keeps an invoice from being paid twice: at any moment at most one payer may be paying it.
 * Another payer may be asked only when the first has rejected every token it was shown; the same payer may be asked
 * again, with the same token or another, because it pays a payment hash at most once.
 * @throws InitiationError when the event must not happen
 */
export function nextInitiation(state: Initiation, happened: InitiationEvent): Initiation {
  switch (happened.event) {
    case "settled":
      return state.phase === "paid" ? state : { phase: "paid" };
    case "cancelled":
      return state.phase === "paid" || state.phase === "cancelled" ? state : { phase: "cancelled" };
    case "rejected":
      return isTemporaryReason(happened.reason)
        ? state
        : withoutToken(state, happened.payer, happened.tokenHash);
    case "not-sent":
      return state.phase === "asked" ? happened.before : state;
    case "ask":
      return withToken(state, happened.payer, happened.tokenHash);
  }
}

function withToken(state: Initiation, payer: string, tokenHash: string): Initiation {
  switch (state.phase) {
    case "paid":
      throw new InitiationError("already-paid", "the invoice is already paid");
    case "cancelled":
      throw new InitiationError("cancelled", "the sale was cancelled", "Start a new sale.");
    case "idle":
      return { phase: "asked", payer, tokenHashes: [tokenHash] };
    case "asked":
      if (state.payer !== payer)
        throw new InitiationError(
          "in-doubt",
          "another issuer was asked to pay this sale and has not answered",
          "Cancel the sale and start a new one before taking another card.",
        );
      if (state.tokenHashes.includes(tokenHash)) return state;
      if (state.tokenHashes.length >= MAX_TOKENS_IN_DOUBT)
        throw new InitiationError(
          "too-many-tokens",
          `the issuer was asked ${MAX_TOKENS_IN_DOUBT} times and has not answered`,
          "Cancel the sale and start a new one.",
        );
      return { ...state, tokenHashes: [...state.tokenHashes, tokenHash] };
  }
}

function withoutToken(state: Initiation, payer: string, tokenHash: string): Initiation {
  if (state.phase !== "asked" || state.payer !== payer) return state;
  const tokenHashes = state.tokenHashes.filter((hash) => hash !== tokenHash);
  return tokenHashes.length === 0 ? NOT_ASKED : { ...state, tokenHashes };
}
