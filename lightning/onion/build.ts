import { concatBytes, requireLength, secp256k1, ValueError } from "../../common/index.js";
import { encodeBigSize } from "../tlv.js";
import { onionHmac, onionKey, onionStream, sharedSecrets, xorInto } from "./keys.js";
import { encodeOnion, HOP_PAYLOADS_LENGTH } from "./packet.js";

/** The payload of one hop of the route. */
export interface OnionHop {
  /** 33 bytes. */
  readonly nodeId: Uint8Array;
  /** A TLV stream of at least 2 bytes, without its length. */
  readonly payload: Uint8Array;
}

/**
 * Wraps the payloads so that each hop can read only its own (BOLT 4, "Packet Construction").
 * @param hops first hop first; the last one is the destination
 * @param options `sessionKey`: 32 fresh random bytes, a secret key. `associatedData`: the payment hash
 * @returns the onion for the first hop, 1366 bytes
 * @throws ValueError when the payloads do not fit into 1300 bytes
 */
export function buildOnion(
  hops: readonly OnionHop[],
  options: { readonly sessionKey: Uint8Array; readonly associatedData: Uint8Array },
): Uint8Array {
  const { sessionKey, associatedData } = options;
  if (hops.length === 0) throw new ValueError("onion/hops", "need at least one, have 0");
  requireLength(sessionKey, 32, "onion/session key");
  const framed = hops.map(({ payload }, i) => {
    if (payload.length < 2)
      throw new ValueError(`onion/hops[${i}]/payload`, `need at least 2 bytes, have ${payload.length}`);
    return concatBytes(encodeBigSize(BigInt(payload.length)), payload);
  });
  const total = framed.reduce((sum, payload) => sum + payload.length + 32, 0);
  if (total > HOP_PAYLOADS_LENGTH)
    throw new ValueError(
      "onion/hops",
      `need at most ${HOP_PAYLOADS_LENGTH} bytes of payloads, have ${total}`,
    );

  const secrets = sharedSecrets(
    hops.map(({ nodeId }) => nodeId),
    sessionKey,
  );
  const filler = buildFiller(framed, secrets);
  let payloads = onionStream(onionKey("pad", sessionKey), HOP_PAYLOADS_LENGTH);
  let hmac: Uint8Array = new Uint8Array(32);
  for (let i = hops.length - 1; i >= 0; i--) {
    const own = framed[i] as Uint8Array;
    const secret = secrets[i] as Uint8Array;
    payloads = concatBytes(own, hmac, payloads).slice(0, HOP_PAYLOADS_LENGTH);
    xorInto(payloads, onionStream(onionKey("rho", secret), HOP_PAYLOADS_LENGTH));
    if (i === hops.length - 1) payloads.set(filler, HOP_PAYLOADS_LENGTH - filler.length);
    hmac = onionHmac(secret, payloads, associatedData);
  }
  return encodeOnion({ publicKey: secp256k1.publicKey(sessionKey), hopPayloads: payloads, hmac });
}

/** The bytes that the hops before the last one will have shifted in behind their payloads. */
function buildFiller(framed: readonly Uint8Array[], secrets: readonly Uint8Array[]): Uint8Array {
  let filler: Uint8Array = new Uint8Array(0);
  for (const [i, payload] of framed.slice(0, -1).entries()) {
    const size = payload.length + 32;
    const start = HOP_PAYLOADS_LENGTH - filler.length;
    filler = concatBytes(filler, new Uint8Array(size));
    const stream = onionStream(onionKey("rho", secrets[i] as Uint8Array), HOP_PAYLOADS_LENGTH + size);
    xorInto(filler, stream.subarray(start));
  }
  return filler;
}
