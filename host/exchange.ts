import { CardStatusError } from "../apdu/card-status-error.js";
import { decodeResponseApdu } from "../apdu/command-apdu.js";
import { transmitChain } from "../apdu/command-chaining.js";
import { send } from "../apdu/commands/codec.js";
import { collect } from "../apdu/exchange/collect.js";
import { present } from "../apdu/exchange/present.js";
import { selectExchange } from "../apdu/exchange/select.js";
import type { Reader } from "../apdu/reader.js";
import { withResponseChaining } from "../apdu/response-chaining.js";
import { SW } from "../apdu/status-words.js";
import { type Transport, TransportError } from "../apdu/transport.js";
import { concatBytes } from "../common/bytes.js";
import { ParseError } from "../common/errors.js";
import { pause } from "../common/pause.js";
import { decodeOdtMessage, type OdtFraming, type OdtMessage } from "../lightning/odt/message.js";
import { type TraceLine, withTrace } from "./trace.js";

export interface ExchangeOptions extends OdtFraming {
  /** Longest wait for the message in milliseconds, over all taps. Default 60,000. */
  readonly timeoutMs?: number;
  /** Pause between two questions for the message in milliseconds. Default 250. */
  readonly pollMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Receives every APDU with secrets masked. */
  readonly trace?: ((line: TraceLine) => void) | undefined;
  /** Called when the phone was taken away before the message came: the owner lays it on the reader again. */
  readonly onTorn?: () => void;
}

const NEVER = new AbortController().signal;

/**
 * Presents an invoice to the phone behind an open transport and collects the message that the phone has for it
 * (specs/06 §5). The message is matched with a sale by `acceptMessage`; nothing is believed of it here.
 * @param invoice canonical BOLT 11 string
 * @returns undefined when there was no message in the time allowed, or `signal` aborted: the phone may be paying
 * @throws CardStatusError `application-not-found` where no wallet is, `invoice-not-accepted` when the wallet cannot pay
 * the invoice, `declined` when its owner refused or the payment failed for certain; ParseError; TransportError; ValueError
 */
export async function exchange(
  transport: Transport,
  invoice: string,
  options: ExchangeOptions = {},
): Promise<OdtMessage | undefined> {
  const phone = withResponseChaining(options.trace ? withTrace(transport, options.trace) : transport);
  await send(phone, selectExchange, {});
  const answer = decodeResponseApdu(await transmitChain(phone, present.encodeRequest({ invoice })));
  if (answer.sw !== SW.OK) throw new CardStatusError(present.name, answer.sw);
  present.decodeResponse(answer.data);
  const end = performance.now() + (options.timeoutMs ?? 60_000);
  for (;;) {
    const message = await collectMessage(phone);
    if (message) return decodeOdtMessage(message, options);
    if (performance.now() >= end || options.signal?.aborted) return undefined;
    await pause(options.pollMs ?? 250, options.signal ?? NEVER);
  }
}

/**
 * Waits for a phone on a reader and exchanges an invoice for a message with it. A phone that is taken away too early
 * is waited for again: presenting the same invoice twice changes nothing, so an owner may take the phone in the hand
 * to confirm and lay it down again.
 * @returns and @throws as {@link exchange}
 */
export async function exchangeWithPhone(
  reader: Reader,
  invoice: string,
  options: ExchangeOptions = {},
): Promise<OdtMessage | undefined> {
  const end = performance.now() + (options.timeoutMs ?? 60_000);
  for (;;) {
    const phone = await reader.waitForCard(options.signal);
    try {
      const timeoutMs = Math.max(0, end - performance.now());
      return await exchange(phone, invoice, { ...options, timeoutMs });
    } catch (error) {
      if (!(error instanceof TransportError) || error.code !== "torn") throw error;
      options.onTorn?.();
    } finally {
      await phone.close();
    }
    if (performance.now() >= end) return undefined;
  }
}

/** The whole message, put together from its parts; undefined when there is none yet. */
async function collectMessage(transport: Transport): Promise<Uint8Array | undefined> {
  let message = new Uint8Array(0);
  for (;;) {
    try {
      const { total, part } = await send(transport, collect, { offset: message.length });
      const missing = total - message.length - part.length;
      if (missing < 0) throw new ParseError("COLLECT response", `${-missing} bytes more than announced`);
      message = Uint8Array.from(concatBytes(message, part));
      if (missing === 0) return message;
    } catch (error) {
      if (error instanceof CardStatusError && error.sw === SW.NOTHING_YET) return undefined;
      throw error;
    }
  }
}
