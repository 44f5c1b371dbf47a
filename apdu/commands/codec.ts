import { ParseError } from "../../common/errors.js";
import { CardStatusError } from "../card-status-error.js";
import { type CommandApdu, decodeResponseApdu, encodeCommandApdu } from "../command-apdu.js";
import { SW } from "../status-words.js";
import type { Transport } from "../transport.js";

/** One command of the card protocol, as a host needs it. What a card reads and writes is in `reference`. */
export interface CommandCodec<Request, Response> {
  /** As the specification names it. */
  readonly name: string;
  /** @throws ValueError naming the field */
  encodeRequest(request: Request): CommandApdu;
  /** Response data of a 9000 answer. @throws ParseError naming the field */
  decodeResponse(data: Uint8Array): Response;
}

/**
 * Sends one command and reads its answer.
 * @throws CardStatusError for any status word but 9000; ParseError for an answer that is not the command's;
 * TransportError; ValueError
 */
export async function send<Request, Response>(
  transport: Transport,
  codec: CommandCodec<Request, Response>,
  request: Request,
): Promise<Response> {
  const raw = await transport.transmit(encodeCommandApdu(codec.encodeRequest(request)));
  const { data, sw } = decodeResponseApdu(raw);
  if (sw !== SW.OK) throw new CardStatusError(codec.name, sw);
  return codec.decodeResponse(data);
}

/** For commands that answer with a status word alone. @throws ParseError when there is data */
export function expectNoData(name: string, data: Uint8Array): undefined {
  if (data.length) throw new ParseError(`${name} response`, `need no data, have ${data.length} bytes`);
  return undefined;
}
