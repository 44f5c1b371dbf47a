import { readU16 } from "../../common/bytes.js";
import { ParseError, ValueError } from "../../common/errors.js";
import { command } from "../command-apdu.js";
import type { CommandCodec } from "../commands/codec.js";
import { CLA } from "../constants.js";
import { COLLECT_PART_LENGTH, EXCHANGE_INS, MAX_COLLECTED_LENGTH } from "./constants.js";

export interface CollectRequest {
  /** Where in the message the wanted part begins, 0..2047. */
  readonly offset: number;
}

export interface CollectResponse {
  /** Length of the whole message, 1..2048. */
  readonly total: number;
  /** The message from the offset on, 1..254 bytes. */
  readonly part: Uint8Array;
}

const NAME = "COLLECT";

function problem({ total, part }: CollectResponse): string | undefined {
  if (total < 1 || total > MAX_COLLECTED_LENGTH)
    return `need a message of 1 to ${MAX_COLLECTED_LENGTH} bytes, have ${total}`;
  if (part.length < 1 || part.length > Math.min(total, COLLECT_PART_LENGTH))
    return `need a part of 1 to ${Math.min(total, COLLECT_PART_LENGTH)} bytes, have ${part.length}`;
  return undefined;
}

/** COLLECT (specs/06 §5.5): the message for the presented invoice, from an offset that stands in P1 P2. */
export const collect: CommandCodec<CollectRequest, CollectResponse> = {
  name: NAME,
  encodeRequest({ offset }) {
    if (!Number.isInteger(offset) || offset < 0 || offset >= MAX_COLLECTED_LENGTH)
      throw new ValueError("COLLECT/offset", `need 0 to ${MAX_COLLECTED_LENGTH - 1}, have ${offset}`);
    return command(CLA.PROPRIETARY, EXCHANGE_INS.COLLECT, { p1: offset >> 8, p2: offset & 0xff, le: 256 });
  },
  decodeResponse(data) {
    if (data.length < 3)
      throw new ParseError("COLLECT response", `need at least 3 bytes, have ${data.length}`);
    const response = { total: readU16(data), part: data.slice(2) };
    const wrong = problem(response);
    if (wrong) throw new ParseError("COLLECT response", wrong);
    return response;
  },
};
