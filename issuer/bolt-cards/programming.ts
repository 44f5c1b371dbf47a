import { bytesToHex } from "../../common/bytes.js";
import type { SunCardRow } from "../ledger/sun-cards.js";
import { redeemSunCode } from "../ledger/sun-codes.js";
import type { Store } from "../store/types.js";
import { type BatchKeySource, keysOf } from "./batches.js";

/** Length of a one-time code in bytes. */
export const CODE_LENGTH = 16;

/** What the app gets for a chip, in the names and the spelling that it expects (Bolt Card's document DEEPLINK). */
export interface ChipKeys {
  readonly LNURLW: string;
  readonly K0: string;
  readonly K1: string;
  readonly K2: string;
  readonly K3: string;
  readonly K4: string;
}

/** Path of the address on every chip. */
export const READ_PATH = "/bolt";
/** Of callbacks. */
export const PAY_PATH = "/bolt/pay";
/** Of keys for programming; the code follows. */
export const PROGRAM_PATH = "/bolt/program/";

/** The address that is written on chips; `p` and `c` follow. @param base of the configuration */
const chipAddress = (base: string): string => `${base.replace(/^https?:/, "lnurlw:")}${READ_PATH}`;

/** The link that opens the app, for one code. */
export const programLink = (base: string, code: Uint8Array): string =>
  `boltcard://program?url=${encodeURIComponent(`${base}${PROGRAM_PATH}${Buffer.from(code).toString("base64url")}`)}`;

/**
 * Registers the card of a chip by a one-time code, and gives its keys out.
 * @param uid 7 bytes
 * @returns undefined for a code that is not good (any more)
 * @throws LedgerError, KeyError, StoreError
 */
export async function programChip(
  {
    store,
    keys,
    clock,
  }: { readonly store: Store; readonly keys: BatchKeySource; readonly clock: () => number },
  base: string,
  code: Uint8Array,
  uid: Uint8Array,
): Promise<ChipKeys | undefined> {
  const redeemed = await redeemSunCode(store, code, uid, clock());
  if (!redeemed) return undefined;
  return chipKeys(base, await keysOf(keys, redeemed.batch, uid, redeemed.version));
}

/** What the app gets. */
export function chipKeys(base: string, keys: Awaited<ReturnType<typeof keysOf>>): ChipKeys {
  return {
    LNURLW: chipAddress(base),
    K0: bytesToHex(keys.k0),
    K1: bytesToHex(keys.k1),
    K2: bytesToHex(keys.k2),
    K3: bytesToHex(keys.k3),
    K4: bytesToHex(keys.k4),
  };
}

/** What the app's reset reads: the JSON of Bolt Card's own server. @throws KeyError */
export async function wipeDocument(
  keys: BatchKeySource,
  { uid, batch, version }: SunCardRow,
): Promise<string> {
  const { k0, k1, k2, k3, k4 } = await keysOf(keys, batch, uid, Number.parseInt(`${version}`, 10));
  return JSON.stringify({
    version: 1,
    action: "wipe",
    uid: bytesToHex(uid),
    k0: bytesToHex(k0),
    k1: bytesToHex(k1),
    k2: bytesToHex(k2),
    k3: bytesToHex(k3),
    k4: bytesToHex(k4),
  });
}
