import { concatBytes, u16, u32 } from "../../common/index.js";

/** One request on its way to the service: what a peer sent, and what the node will have to say of its payment. */
export interface Request {
  readonly id: number;
  /** 32 bytes; 32 zeros: the node knows no such payment. */
  readonly preimage: Uint8Array;
  /** Payload of `initiate_payment`. */
  readonly payload: Uint8Array;
}

const HEAD = 38;
const ANSWER = 6;
/** Stands for "accepted" where an answer has a reason code. */
const ACCEPTED = 0xffff;

/** Length of the payload (2), id (4), preimage (32), payload. */
export const encodeRequest = ({ id, preimage, payload }: Request): Uint8Array =>
  concatBytes(u16(payload.length), u32(id), preimage, payload);

/** Id (4), reason (2). */
export const encodeAnswer = (id: number, reason: number | undefined): Uint8Array =>
  concatBytes(u32(id), u16(reason ?? ACCEPTED));

/** Gives every whole frame of a stream to `take`, which returns how many bytes it used, 0 when it needs more. */
function splitter(take: (bytes: Buffer) => number): (chunk: Buffer) => void {
  let left: Buffer = Buffer.alloc(0);
  return (chunk) => {
    let bytes = left.length > 0 ? Buffer.concat([left, chunk]) : chunk;
    for (let used = take(bytes); used > 0; used = take(bytes)) bytes = bytes.subarray(used);
    left = bytes;
  };
}

/** Reads requests from chunks of a stream. */
export function readRequests(onRequest: (request: Request) => void): (chunk: Buffer) => void {
  return splitter((bytes) => {
    if (bytes.length < HEAD) return 0;
    const end = HEAD + bytes.readUInt16BE(0);
    if (bytes.length < end) return 0;
    onRequest({
      id: bytes.readUInt32BE(2),
      preimage: bytes.subarray(6, HEAD),
      payload: bytes.subarray(HEAD, end),
    });
    return end;
  });
}

/** Reads answers from chunks of a stream; without a reason the payment was accepted. */
export function readAnswers(
  onAnswer: (id: number, reason: number | undefined) => void,
): (chunk: Buffer) => void {
  return splitter((bytes) => {
    if (bytes.length < ANSWER) return 0;
    const reason = bytes.readUInt16BE(4);
    onAnswer(bytes.readUInt32BE(0), reason === ACCEPTED ? undefined : reason);
    return ANSWER;
  });
}
