import { sha256 } from "../../../reference/crypto.js";
import {
  deputyPreimage,
  derivedSecret,
  makeSale,
  readProfile,
  terminalKey,
  writeMetadata,
} from "../../../reference/dpp.js";
import { ascii, hex, join, publicKey, unhex } from "../invoice/assemble.js";

/** The modern profile: keys, metadata and sales. */
const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);

export const TIME = 1_700_000_000;
export const PAYEE_KEY = fill(0x61);
export const MASTER = fill(0x62);
export const LDK_METADATA_KEY = fill(0x63);
export const LDK_USER_KEY = fill(0x64);
const RECIPIENT = publicKey(fill(0x65));
const ROUTER = publicKey(fill(0x66));
export const KEY_ID = unhex("00000007");

export const TERMINAL_KEY = terminalKey(MASTER, KEY_ID);

export interface MetadataFields {
  readonly version?: number;
  readonly keyId?: Uint8Array;
  readonly nonce: Uint8Array;
  readonly amount: bigint;
  readonly expiresAt: number;
}

export function metadata({ version = 1, keyId = KEY_ID, nonce, amount, expiresAt }: MetadataFields): Buffer {
  const made = writeMetadata({ keyId: hex(keyId), nonce: hex(nonce), amountMsat: amount, expiresAt });
  return join(Buffer.of(version), made.subarray(1));
}

export const preimage = (metadata: Uint8Array, key: Uint8Array = TERMINAL_KEY): Buffer =>
  deputyPreimage(key, metadata);
export { derivedSecret };

export const LAST_HOP = {
  nodeId: hex(RECIPIENT),
  shortChannelId: "123456789012345678",
  feeBase: 0,
  feeProportional: 0,
  cltvDelta: 42,
};
const ROUTER_HOP = {
  nodeId: hex(ROUTER),
  shortChannelId: "72623859790382856",
  feeBase: 1000,
  feeProportional: 100,
  cltvDelta: 72,
};
type Hop = typeof LAST_HOP;

/** A profile as its JSON holds it. */
export const PROFILE = {
  format: "chequecard/deputy-profile",
  version: 1,
  network: "bcrt",
  name: "beer tap 7",
  payeeKey: hex(PAYEE_KEY),
  routeHints: [[LAST_HOP]] as Hop[][],
  secretScheme: { type: "derived" } as Record<string, string>,
  keyId: hex(KEY_ID),
  terminalKey: hex(TERMINAL_KEY),
  minFinalCltv: 40,
  multiPart: true,
  media: [] as string[],
};
export const LDK_PROFILE = {
  ...PROFILE,
  secretScheme: {
    type: "ldk-user-payment-hash",
    metadataKey: hex(LDK_METADATA_KEY),
    userPmtHashKey: hex(LDK_USER_KEY),
  },
};
export const ROUTED_PROFILE = {
  ...PROFILE,
  network: "bc",
  routeHints: [[ROUTER_HOP, LAST_HOP], [LAST_HOP]],
  multiPart: false,
  media: ["qr", "nfc"],
};

/** One invoice with everything that it was made from. */
export function sale(
  comment: string,
  profile: typeof PROFILE,
  request: { readonly amount: bigint; readonly description: string; readonly seconds: number },
) {
  const nonce = hex(sha256(ascii(comment)).subarray(0, 16));
  const { description, seconds: expirySeconds } = request;
  const amountMsat = request.amount === 0n ? null : request.amount;
  const { invoice, ...fields } = makeSale(
    readProfile(profile),
    { amountMsat, description, expirySeconds },
    TIME,
    nonce,
  );
  return {
    comment,
    valid: true,
    profile,
    request: { amountMsat: amountMsat === null ? null : amountMsat.toString(), description, expirySeconds },
    now: TIME,
    nonce,
    fields,
    invoice,
  };
}
