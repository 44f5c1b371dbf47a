import { CardStatusError } from "../apdu/card-status-error.js";
import { decodeResponseApdu } from "../apdu/command-apdu.js";
import { transmitChain } from "../apdu/command-chaining.js";
import { send } from "../apdu/commands/codec.js";
import { collect } from "../apdu/exchange/collect.js";
import { present } from "../apdu/exchange/present.js";
import { type ExchangeProfile, selectExchange } from "../apdu/exchange/select.js";
import type { Reader } from "../apdu/reader.js";
import { withResponseChaining } from "../apdu/response-chaining.js";
import { SW } from "../apdu/status-words.js";
import { type Transport, TransportError } from "../apdu/transport.js";
import { concatBytes, ParseError } from "../common/index.js";
import { pause } from "../common/pause.js";
import { decodeOdtMessage, type OdtFraming, type OdtMessage } from "../lightning/odt/message.js";

/** What a phone answered to an invoice. */
export type ExchangeResult =
  | { readonly outcome: "message"; readonly message: OdtMessage }
  /** The owner refused, or the payment failed for certain. */
  | { readonly outcome: "refused" }
  /** The wallet cannot pay this invoice: unreadable for it, another network, expired. */
  | { readonly outcome: "not-accepted" }
  /** No message in the time allowed; the phone may be paying. */
  | { readonly outcome: "no-message" };

export interface ExchangeOptions extends OdtFraming {
  /** Longest wait for the message in milliseconds, over all taps. Default 60,000. */
  readonly timeoutMs?: number;
  /** Pause between two questions for the message in milliseconds. Default 250. */
  readonly pollMs?: number;
  readonly signal?: AbortSignal;
  /** Told what the wallet says of itself. */
  readonly onPhone?: (profile: ExchangeProfile) => void;
  /** Told when the phone was taken away before the message came: the owner lays it on the reader again. */
  readonly onTorn?: () => void;
}

const NEVER = new AbortController().signal;

/**
 * Presents an invoice to the phone behind an open transport and collects the message that the phone has for it
 * (specs/06 §5). The message is matched with a sale by `acceptMessage`; nothing is believed of it here.
 * @param invoice canonical BOLT 11 string
 * @throws CardStatusError `application-not-found` where no wallet is; ParseError; TransportError; ValueError
 */
export async function exchange(
  transport: Transport,
  invoice: string,
  options: ExchangeOptions = {},
): Promise<ExchangeResult> {
  const phone = withResponseChaining(transport);
  const profile = await send(phone, selectExchange, {});
  options.onPhone?.(profile);
  const answer = decodeResponseApdu(await transmitChain(phone, present.encodeRequest({ invoice })));
  if (answer.sw === SW.INVOICE_NOT_ACCEPTED) return { outcome: "not-accepted" };
  if (answer.sw !== SW.OK) throw new CardStatusError(present.name, answer.sw);
  present.decodeResponse(answer.data);
  const end = Date.now() + (options.timeoutMs ?? 60_000);
  for (;;) {
    const collected = await collectMessage(phone);
    if (collected instanceof Uint8Array)
      return { outcome: "message", message: decodeOdtMessage(collected, options) };
    if (collected === "refused") return { outcome: "refused" };
    if (Date.now() >= end || options.signal?.aborted) return { outcome: "no-message" };
    await pause(options.pollMs ?? 250, options.signal ?? NEVER);
  }
}

/**
 * Waits for a phone on a reader and exchanges an invoice for a message with it. A phone that is taken away too early
 * is waited for again: presenting the same invoice twice changes nothing, so an owner may take the phone in the hand
 * to confirm and lay it down again.
 * @throws as {@link exchange}
 */
export async function exchangeWithPhone(
  reader: Reader,
  invoice: string,
  options: ExchangeOptions = {},
): Promise<ExchangeResult> {
  const end = Date.now() + (options.timeoutMs ?? 60_000);
  for (;;) {
    const phone = await reader.waitForCard(options.signal);
    try {
      return await exchange(phone, invoice, { ...options, timeoutMs: Math.max(0, end - Date.now()) });
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== "torn") throw error;
      options.onTorn?.();
    } finally {
      await phone.close();
    }
    if (Date.now() >= end) return { outcome: "no-message" };
  }
}

/** The whole message, put together from its parts. */
async function collectMessage(transport: Transport): Promise<Uint8Array | "nothing-yet" | "refused"> {
  let message = new Uint8Array(0);
  for (;;) {
    try {
      const { total, part } = await send(transport, collect, { offset: message.length });
      const missing = total - message.length - part.length;
      if (missing < 0) throw new ParseError("COLLECT response", `${-missing} bytes more than announced`);
      message = Uint8Array.from(concatBytes(message, part));
      if (missing === 0) return message;
    } catch (error) {
      if (!(error instanceof CardStatusError)) throw error;
      if (error.sw === SW.NOTHING_YET) return "nothing-yet";
      if (error.sw === SW.DECLINED) return "refused";
      throw error;
    }
  }
}
