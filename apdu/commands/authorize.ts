import { ParseError } from "../../common/errors.js";
import { type Msat, msat } from "../../common/msat.js";
import { command } from "../command-apdu.js";
import { CLA, INS, INVOICE_HASH_LENGTH, MESSAGE_TYPE, SEALED_MESSAGE_LENGTH } from "../constants.js";
import { amountField, bytesField, fixedLayout } from "../layout.js";
import { readFrame } from "../sealed/frame.js";
import type { CommandCodec } from "./codec.js";

const layout = fixedLayout("AUTHORIZE", {
  amount: amountField,
  invoiceHash: bytesField(INVOICE_HASH_LENGTH),
});

export interface AuthorizeRequest {
  readonly amount: Msat;
  /** SHA-256 of the canonical BOLT 11 string (specs/05), 32 bytes. */
  readonly invoiceHash: Uint8Array;
}

const HEADER = { cla: CLA.PROPRIETARY, ins: INS.AUTHORIZE, p1: 0, p2: 0 };

const positive = (amount: Msat): Msat => {
  if (amount < 1n) throw new ParseError("AUTHORIZE/amount", "need at least 1 msat, have 0");
  return amount;
};

/** AUTHORIZE (specs/01 §6.5): the card debits itself and answers with an authorization token, 149 bytes. */
export const authorize: CommandCodec<AuthorizeRequest, Uint8Array> = {
  name: "AUTHORIZE",
  encodeRequest(request) {
    positive(msat(request.amount, "AUTHORIZE/amount"));
    return command(HEADER.cla, HEADER.ins, { data: layout.encode(request), le: 256 });
  },
  decodeResponse: (data) => expectSealed(data, MESSAGE_TYPE.AUTHORIZATION, "AUTHORIZE response"),
};

/** The bytes of a sealed message of one type, frame checked. @throws ParseError */
export function expectSealed(data: Uint8Array, type: number, path: string): Uint8Array {
  if (data.length !== SEALED_MESSAGE_LENGTH)
    throw new ParseError(path, `need ${SEALED_MESSAGE_LENGTH} bytes, have ${data.length}`);
  const frame = readFrame(data, path);
  if (frame.type !== type) throw new ParseError(`${path}/type`, `need ${type}, have ${frame.type}`);
  return data;
}
