import { parseNodeUri } from "../node-uri.js";
import type { PaymentAuthorizationMessage } from "./message.js";

/**
 * The NFC medium's token path (specs/06 §5.1): a card has no room to speak ODT, so the host that tapped it composes
 * the payment authorization message from what the card gave.
 * @param uri node URI from SELECT, as the card stores it
 * @param token what AUTHORIZE answered, 149 bytes
 * @throws ParseError when the card's URI is none
 */
export function paymentAuthorizationOf(uri: string, token: Uint8Array): PaymentAuthorizationMessage {
  return { kind: "payment-authorization", uri: parseNodeUri(uri, "card/uri"), token };
}
