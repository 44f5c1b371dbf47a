import { CardStatusError } from "../apdu/card-status-error.js";
import { type SelectResponse, select } from "../apdu/commands/select.js";
import type { CardConnection, Reader } from "../apdu/reader.js";
import { withResponseChaining } from "../apdu/response-chaining.js";
import { isPinWrong, SW } from "../apdu/status-words.js";
import { type Transport, TransportError } from "../apdu/transport.js";
import { ParseError } from "../common/errors.js";
import type { Msat } from "../common/msat.js";
import { type NodeUri, parseNodeUri } from "../lightning/node-uri.js";
import type { OdtMessage } from "../lightning/odt/message.js";
import { readTag } from "./bolt-card/read-tag.js";
import { BoltCardRefusal } from "./bolt-card/refusal.js";
import { type CardSession, openSession, type SessionOptions, type Traffic } from "./card-session.js";
import { exchange } from "./exchange.js";
import { withTrace } from "./trace.js";

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
   * Gets the card after {@link judge} and before AUTHORIZE, at every tap (specs/09 §4): what it throws is thrown, and the
   * card is charged nothing.
   * @returns another request to authorize; undefined: the one that was asked for
   */
  readonly admit?: ((card: CardSession, uri: NodeUri) => Promise<TapRequest | undefined>) | undefined;
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
  /** Called when the card was torn away and has to be laid on the reader again. */
  readonly onTorn?: ((tear: number) => void) | undefined;
  /** Called when the card answered SELECT. */
  readonly onCard?: ((selected: SelectResponse) => void) | undefined;
  /** Called when the address of a tag was read. */
  readonly onTag?: (() => void) | undefined;
}

/** How a phone is served that is held to the reader instead of a card (specs/06 §5). */
export interface PhonePart<T> {
  /** Canonical BOLT 11 string that the phone is shown. */
  readonly invoice: string;
  /** Gets the message that the phone hands over; undefined when it had none in time. Never called twice. */
  readonly use: (message: OdtMessage | undefined) => Promise<T>;
}

/** How a tap serves what is no card of this protocol. */
export interface OtherParts<T> {
  readonly phone?: PhonePart<T>;
  /** Gets the address of a Type 4 tag, such as a Bolt Card's (specs/10 §4). Absent where none is served. Never called twice. */
  readonly useTag?: (address: string) => Promise<T>;
}

/** A card that is torn away this often in one sale gets no further chance; the sale stays open. */
const MAX_TEARS = 10;

/**
 * One tap: SELECT and AUTHORIZE, with the PIN where the card demands it.
 *
 * A card torn away in mid-command may have run it. So nothing is repeated on the same connection: the card is
 * waited for and selected again, and the same AUTHORIZE goes first, without a PIN. A card that had already
 * authorized answers again from its ring with the same counter and charges nothing (specs/01 §6.5); a card that
 * had not, authorizes now.
 *
 * @param use gets the authorization token, 149 bytes, and the card, which still lies on the reader; never called twice
 * @param options phone, useTag: absent where only cards are served
 * @returns what `use` returns
 * @throws CardStatusError when the card or phone refuses; TransportError; ParseError; what `judge` and `use` throw
 */
export async function tap<T>(
  reader: Reader,
  request: TapRequest,
  use: (card: CardSession, token: Uint8Array) => Promise<T>,
  options: TapOptions & OtherParts<T> = {},
): Promise<T> {
  for (let tears = 0; ; ) {
    const connection = await reader.waitForCard(options.signal);
    try {
      const given = await unlessTorn(serve(connection, request, options));
      if ("token" in given) return await use(given.card, given.token);
      if ("phone" in given) return await given.phone.use(given.message);
      if ("useTag" in given) return await given.useTag(given.address);
      if (++tears > MAX_TEARS) throw given;
    } finally {
      await connection.close();
    }
    options.onTorn?.(tears);
  }
}

/** What a tap gives that is not used while the card lies there. */
export interface TakenToken {
  /** Authorization token, 149 bytes. */
  readonly token: Uint8Array;
  readonly selected: SelectResponse;
  /** What crossed the air in the tap that brought the token. */
  readonly traffic: Readonly<Traffic>;
}

/** A {@link tap} for the token alone. @throws as tap */
export const takeToken = (
  reader: Reader,
  request: TapRequest,
  options: TapOptions = {},
): Promise<TakenToken> =>
  tap(reader, request, async ({ selected, traffic }, token) => ({ token, selected, traffic }), options);

/** What lies on the reader has no card application. */
const isNoCard = (error: unknown): boolean =>
  error instanceof CardStatusError && error.sw === SW.NOT_FOUND && error.command === select.name;

/** Whatever may be repeated: a card's token, or what a phone hands over. */
async function serve<T>(
  connection: CardConnection,
  request: TapRequest,
  options: TapOptions & OtherParts<T>,
) {
  try {
    return await authorizeOnce(connection, request, options);
  } catch (error) {
    if (!isNoCard(error)) throw error;
    return await serveOther(connection, options, error);
  }
}

/** A tag or a phone, in this order: within one SELECT more a Bolt Card is known. @throws `noCard` where it is neither */
async function serveOther<T>(
  connection: CardConnection,
  { phone, useTag, signal, trace, onTag }: TapOptions & OtherParts<T>,
  noCard: unknown,
) {
  let problem = noCard;
  if (useTag) {
    const tag = await tagOn(trace ? withTrace(connection, trace) : connection);
    if (typeof tag === "string") {
      onTag?.();
      return { useTag, address: tag };
    }
    problem = tag ?? noCard;
  }
  if (!phone) throw problem;
  try {
    return { phone, message: await exchange(connection, phone.invoice, { signal, trace }) };
  } catch (error) {
    throw isNoCard(error) ? problem : error;
  }
}

/** @returns the address on a tag; why it has none; undefined where there is no tag */
async function tagOn(connection: Transport): Promise<string | BoltCardRefusal | undefined> {
  try {
    return await readTag(withResponseChaining(connection));
  } catch (error) {
    if (!(error instanceof ParseError || error instanceof CardStatusError)) throw error;
    return new BoltCardRefusal("not-a-bolt-card", error.message);
  }
}

/** A card torn away is no failure of the tap: it is returned. */
async function unlessTorn<T>(work: Promise<T>): Promise<T | TransportError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TransportError && error.code === "torn") return error;
    throw error;
  }
}

async function authorizeOnce(
  connection: CardConnection,
  request: TapRequest,
  options: TapOptions,
): Promise<{ readonly card: CardSession; readonly token: Uint8Array }> {
  const card = await openSession(connection, options);
  options.onCard?.(card.selected);
  const uri = nodeOf(card.selected);
  await options.judge?.(uri);
  const admitted = await options.admit?.(card, uri);
  const token = await authorizeWithPin(card, admitted ?? request, options);
  return { card, token };
}

/** The node that the card names. @throws ParseError when it names none, or one that cannot be asked */
function nodeOf({ nodeUri }: SelectResponse): NodeUri {
  if (nodeUri === undefined)
    throw new ParseError("card/node URI", "missing: the card names no node that pays");
  return parseNodeUri(nodeUri, "card/node URI");
}

async function authorizeWithPin(
  card: CardSession,
  { amount, invoiceHash }: TapRequest,
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
