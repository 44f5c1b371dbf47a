import {
  CardStatusError,
  isPinWrong,
  type Reader,
  type SelectResponse,
  SW,
  TransportError,
} from "../apdu/index.js";
import { type Msat, ParseError } from "../common/index.js";
import { type NodeUri, parseNodeUri } from "../lightning/node-uri.js";
import { type CardSession, type SessionOptions, type Traffic, withCard } from "./card-session.js";

export interface TapRequest {
  readonly amount: Msat;
  /** SHA-256 of the canonical BOLT 11 string, 32 bytes. */
  readonly invoiceHash: Uint8Array;
}

export interface TapOptions extends SessionOptions {
  /**
   * Decides between SELECT and AUTHORIZE whether the card's node may be asked for the payment (specs/08 §7): what it
   * throws is thrown, and the card is charged nothing. The form of the address is always judged.
   */
  readonly judge?: ((uri: NodeUri) => Promise<void>) | undefined;
  /**
   * Asked for the PIN when the card demands it; undefined gives up, and the card's refusal is thrown.
   * `retry` tells how many tries are left after a wrong one. When `signal` aborts, the PIN is not wanted any more.
   */
  readonly askPin?:
    | ((
        retry: { readonly triesLeft: number } | undefined,
        signal?: AbortSignal,
      ) => Promise<string | undefined>)
    | undefined;
  /** Told when the card was torn away and has to be laid on the reader again. */
  readonly onTorn?: ((tear: number) => void) | undefined;
  /** Told when the card answered SELECT. */
  readonly onCard?: ((selected: SelectResponse) => void) | undefined;
  /**
   * Runs in the same tap when the token is there, for example to deliver a pending update. The token is safe
   * by then: a failure here does not fail the tap, it is returned as `afterTokenError`.
   */
  readonly afterToken?: ((card: CardSession, token: Uint8Array) => Promise<void>) | undefined;
}

export interface TapResult {
  /** Authorization token, 149 bytes. */
  readonly token: Uint8Array;
  readonly selected: SelectResponse;
  /** What crossed the air in the tap that brought the token. */
  readonly traffic: Readonly<Traffic>;
  /** How often the card was torn away before. */
  readonly tears: number;
  /** Why `afterToken` did not finish, when it did not. */
  readonly afterTokenError: unknown;
}

/** A card that is torn away this often in one sale gets no further chance; the sale stays open. */
const MAX_TEARS = 10;

/**
 * One tap: SELECT and AUTHORIZE, with the PIN where the card demands it.
 *
 * A card torn away in mid-command may have run it. So nothing is repeated on the same connection: the card is
 * waited for and selected anew, and the same AUTHORIZE goes first, without a PIN. A card that had already
 * authorized answers again from its ring with the same counter and charges nothing (specs/01 §6.5); a card that
 * had not, authorizes now.
 *
 * @throws CardStatusError when the card refuses; TransportError; ParseError
 */
export async function tap(reader: Reader, request: TapRequest, options: TapOptions = {}): Promise<TapResult> {
  for (let tears = 0; ; ) {
    try {
      return await withCard(reader, (card) => authorizeOnce(card, request, options, tears), options);
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== "torn" || ++tears > MAX_TEARS) throw error;
      options.onTorn?.(tears);
    }
  }
}

async function authorizeOnce(
  card: CardSession,
  { amount, invoiceHash }: TapRequest,
  options: TapOptions,
  tears: number,
): Promise<TapResult> {
  options.onCard?.(card.selected);
  const uri = nodeOf(card.selected);
  await options.judge?.(uri);
  const token = await authorizeWithPin(card, amount, invoiceHash, options);
  const traffic = { ...card.traffic };
  let afterTokenError: unknown;
  try {
    await options.afterToken?.(card, token);
  } catch (error) {
    afterTokenError = error;
  }
  return { token, selected: card.selected, traffic, tears, afterTokenError };
}

/** The node that the card names. @throws ParseError when it names none, or one that cannot be asked */
function nodeOf({ nodeUri }: SelectResponse): NodeUri {
  if (nodeUri === undefined)
    throw new ParseError("card/node URI", "missing: the card names no node that pays");
  return parseNodeUri(nodeUri, "card/node URI");
}

async function authorizeWithPin(
  card: CardSession,
  amount: Msat,
  invoiceHash: Uint8Array,
  { askPin, signal }: TapOptions,
): Promise<Uint8Array> {
  try {
    return await card.authorize(amount, invoiceHash);
  } catch (error) {
    if (!(error instanceof CardStatusError) || error.sw !== SW.SECURITY_NOT_SATISFIED || !askPin) throw error;
    await presentPin(card, askPin, error, signal);
    return card.authorize(amount, invoiceHash);
  }
}

/**
 * Asks and verifies until the PIN is right.
 * @throws `refusal` when the asker gives up, or `signal` aborted meanwhile; CardStatusError 6983
 */
async function presentPin(
  card: CardSession,
  askPin: NonNullable<TapOptions["askPin"]>,
  refusal: CardStatusError,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let triesLeft: number | undefined; ; ) {
    const pin = await askPin(triesLeft === undefined ? undefined : { triesLeft }, signal);
    // Paid otherwise, expired or cancelled while it was typed: nothing may be charged any more.
    if (pin === undefined || signal?.aborted) throw refusal;
    try {
      await card.verifyPin(pin);
      return;
    } catch (error) {
      if (!(error instanceof CardStatusError) || !isPinWrong(error.sw)) throw error;
      triesLeft = error.sw & 0x0f;
      if (triesLeft === 0) throw error;
    }
  }
}
