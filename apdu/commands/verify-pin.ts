import { ParseError } from "../../common/errors.js";
import { CardStatusError } from "../card-status-error.js";
import { command, decodeResponseApdu, encodeCommandApdu } from "../command-apdu.js";
import { CLA, INS, PIN_REFERENCE } from "../constants.js";
import { encodePinBlock } from "../pin-block.js";
import { isPinWrong, SW } from "../status-words.js";
import type { Transport } from "../transport.js";
import { type CommandCodec, expectNoData } from "./codec.js";

export interface VerifyPinRequest {
  /** 4 to 12 digits. */
  readonly pin: string;
}

const HEADER = { cla: CLA.ISO, ins: INS.VERIFY_PIN, p1: 0, p2: PIN_REFERENCE };

/** VERIFY (specs/01 §6.3). A wrong PIN costs a try and answers 63Cx. */
export const verifyPin: CommandCodec<VerifyPinRequest, undefined> = {
  name: "VERIFY PIN",
  encodeRequest: ({ pin }) => command(HEADER.cla, HEADER.ins, { p2: HEADER.p2, data: encodePinBlock(pin) }),
  decodeResponse: (data) => expectNoData("VERIFY PIN", data),
};

/** How the card's PIN stands. */
export type PinState =
  | { readonly state: "verified" }
  | { readonly state: "unverified"; readonly triesLeft: number }
  | { readonly state: "blocked" }
  | { readonly state: "none" };

/**
 * VERIFY without data: asks how the PIN stands and costs no try.
 * @throws CardStatusError, ParseError, TransportError
 */
export async function queryPin(transport: Transport): Promise<PinState> {
  const bytes = encodeCommandApdu(command(HEADER.cla, HEADER.ins, { p2: HEADER.p2 }));
  const { data, sw } = decodeResponseApdu(await transport.transmit(bytes));
  if (data.length) throw new ParseError("VERIFY PIN response", `need no data, have ${data.length} bytes`);
  if (sw === SW.OK) return { state: "verified" };
  if (isPinWrong(sw)) return { state: "unverified", triesLeft: sw & 0x0f };
  if (sw === SW.PIN_BLOCKED) return { state: "blocked" };
  if (sw === SW.NO_PIN) return { state: "none" };
  throw new CardStatusError("VERIFY PIN", sw);
}
