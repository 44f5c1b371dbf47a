import { expectLength, ParseError, requireLength } from "../../common/index.js";
import { type CommandApdu, command } from "../command-apdu.js";
import { CLA, INS } from "../constants.js";
import { SecureChannelError } from "./errors.js";
import { SCP03_I } from "./primitives.js";

/** S8: challenges, cryptograms and MACs of 8 bytes. S16: 16 bytes. */
export type Scp03Mode = "S8" | "S16";

/** What a card answers to INITIALIZE UPDATE (Amendment D §7.1.1). */
export interface InitializeUpdateResponse {
  /** 10 bytes from which the issuer computes the card's keys. */
  readonly diversification: Uint8Array;
  /** Version of the keys that the card used. */
  readonly keyVersion: number;
  /** The parameter "i". */
  readonly i: number;
  readonly mode: Scp03Mode;
  /** 8 or 16 bytes. */
  readonly cardChallenge: Uint8Array;
  /** 8 or 16 bytes. */
  readonly cardCryptogram: Uint8Array;
  /** 3 bytes, with pseudo-random challenges only. */
  readonly sequence: Uint8Array | undefined;
}

/** @param keyVersion 0 lets the card choose; @param hostChallenge 8 bytes in S8, 16 in S16 */
export function encodeInitializeUpdate(keyVersion: number, hostChallenge: Uint8Array): CommandApdu {
  if (hostChallenge.length !== 16) requireLength(hostChallenge, 8, "host challenge");
  return command(CLA.PROPRIETARY, INS.INITIALIZE_UPDATE, { p1: keyVersion, data: hostChallenge, le: 256 });
}

/**
 * Reads the response. The protocol is checked first, so that a card with SCP02 is named as such.
 * @throws SecureChannelError `unsupported`; ParseError
 */
export function decodeInitializeUpdateResponse(data: Uint8Array): InitializeUpdateResponse {
  const path = "INITIALIZE UPDATE response";
  if (data.length < 28) throw new ParseError(path, `need at least 28 bytes, have ${data.length}`);
  const [keyVersion = 0, protocol = 0, i = 0] = data.subarray(10, 13);
  if (protocol !== 3)
    throw new SecureChannelError(
      "unsupported",
      `the card speaks secure channel protocol ${protocol.toString().padStart(2, "0")}, need 03`,
      { hint: "Use cards whose security domain has AES keys (SCP03)." },
    );
  const size = i & SCP03_I.S16 ? 16 : 8;
  const counted = (i & SCP03_I.PSEUDO_RANDOM) !== 0;
  expectLength(data, 13 + 2 * size + (counted ? 3 : 0), path);
  return {
    diversification: data.slice(0, 10),
    keyVersion,
    i,
    mode: size === 16 ? "S16" : "S8",
    cardChallenge: data.slice(13, 13 + size),
    cardCryptogram: data.slice(13 + size, 13 + 2 * size),
    sequence: counted ? data.slice(13 + 2 * size) : undefined,
  };
}
