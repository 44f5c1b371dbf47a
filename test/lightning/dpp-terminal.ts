import { secp256k1 } from "../../common/index.js";
import { type DeputyProfile, deriveTerminalKey } from "../../lightning/dpp/index.js";

/** Keys of the tests: 32 bytes of one value each. */
const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

export const MASTER = key(0x21);
export const DEPUTY_KEY = key(0x22);
export const RECIPIENT_KEY = key(0x23);
export const ROUTER_KEY = key(0x24);
export const PAYER_KEY = key(0x25);
export const KEY_ID = Uint8Array.of(0, 0, 0, 1);
export const TIME = 1_700_000_000;

/** A hop of a route hint from the node with this key. */
export const hopFrom = (secretKey: Uint8Array, shortChannelId: bigint, fee = 0) => ({
  nodeId: secp256k1.publicKey(secretKey),
  shortChannelId,
  feeBase: fee,
  feeProportional: fee,
  cltvDelta: 42,
});

/** A terminal whose recipient opens the final onion itself. */
export const PROFILE: DeputyProfile = {
  network: "bcrt",
  name: "beer tap",
  payeeKey: DEPUTY_KEY,
  routeHints: [[hopFrom(RECIPIENT_KEY, 77n)]],
  secretScheme: { type: "derived" },
  keyId: KEY_ID,
  terminalKey: deriveTerminalKey(MASTER, KEY_ID),
  minFinalCltv: 40,
  multiPart: true,
  media: [],
};
