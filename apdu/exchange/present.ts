import { utf8 } from "../../common/bytes.js";
import { ValueError } from "../../common/errors.js";
import { command } from "../command-apdu.js";
import { type CommandCodec, expectNoData } from "../commands/codec.js";
import { CLA } from "../constants.js";
import { EXCHANGE_INS, MAX_PRESENTED_LENGTH } from "./constants.js";

export interface PresentRequest {
  /** Canonical invoice (specs/05 §2): 1..4096 characters of printable ASCII, lower case. */
  readonly invoice: string;
}

const HEADER = { cla: CLA.PROPRIETARY, ins: EXCHANGE_INS.PRESENT, p1: 0, p2: 0 };
const INVOICE = /^[\x21-\x40\x5b-\x7e]+$/;

function problem(invoice: string): string | undefined {
  if (invoice.length < 1 || invoice.length > MAX_PRESENTED_LENGTH)
    return `need 1 to ${MAX_PRESENTED_LENGTH} characters, have ${invoice.length}`;
  return INVOICE.test(invoice) ? undefined : "need printable ASCII in lower case";
}

/**
 * PRESENT (specs/06 §5.4): here is an invoice. The data may be longer than one APDU holds: send it as a chain
 * (`splitChain`, `transmitChain`); `decodeRequest` takes the data put together.
 */
export const present: CommandCodec<PresentRequest, undefined> = {
  name: "PRESENT",
  encodeRequest({ invoice }) {
    const wrong = problem(invoice);
    if (wrong) throw new ValueError("PRESENT/invoice", wrong);
    return command(HEADER.cla, HEADER.ins, { data: utf8(invoice) });
  },
  decodeResponse: (data) => expectNoData("PRESENT", data),
};
