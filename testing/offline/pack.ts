import { hexToBytes, msat, secp256k1 } from "../../common/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { DenyList } from "../../offline/deny-list.js";
import type { AcceptancePack } from "../../offline/pack.js";
import { writePack } from "../../offline/pack-file.js";

/** Secret key of a terminal that packs are made for. */
export const TERMINAL_KEY = hexToBytes("71".repeat(32));
/** Secret issuer key that signs them. */
const PACK_ISSUER_KEY = hexToBytes("72".repeat(32));
/** When they are made, Unix seconds. */
export const PACK_MADE_AT = 1_800_000_000;

const issuer = secp256k1.publicKey(PACK_ISSUER_KEY);

/** A pack for {@link TERMINAL_KEY} of one key set with two denied cards, no guarantee, and amounts that are easy to read. */
export const testPack = (changes: Partial<AcceptancePack> = {}): AcceptancePack => ({
  issuer,
  name: "Harbour festival",
  network: "bcrt",
  sequence: 7n,
  madeAt: PACK_MADE_AT,
  validUntil: PACK_MADE_AT + 7 * 86_400,
  terminal: secp256k1.publicKey(TERMINAL_KEY),
  label: "Bar 1",
  keySets: [{ id: hexToBytes("0a0b0c0d"), sealKey: hexToBytes("5e".repeat(16)), issuerPoint: issuer }],
  denied: DenyList.of([hexToBytes("1111111111111111"), hexToBytes("0000000000000002")]),
  floorLimits: {
    perSale: msat(20_000_000n),
    perCard: msat(50_000_000n),
    perTerminal: msat(5_000_000_000n),
    maxSales: 2_000,
    maxPackAgeSeconds: 3 * 86_400,
  },
  forwardingWindow: 3 * 86_400,
  nodes: [parseNodeUri("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798@127.0.0.1:9735")],
  guarantee: undefined,
  ...changes,
});

/** A pack as a file, signed with a secret key: the issuer's, unless another is given. */
export const packFile = (pack: AcceptancePack, signer: Uint8Array = PACK_ISSUER_KEY): Promise<Uint8Array> =>
  writePack(pack, (digest) => secp256k1.sign(digest, signer));
