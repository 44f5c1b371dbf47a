import { SEALED_MESSAGE_LENGTH } from "../apdu/constants.js";
import { concatBytes, u32 } from "../common/bytes.js";
import { MAX_INVOICE_LENGTH } from "../lightning/bolt11/canonical.js";
import type { Network } from "../lightning/network.js";
import { MAX_URI_LENGTH } from "../lightning/node-uri.js";
import { type ListForm, type ListHead, readList, sizedText, writeList } from "./sealed-list.js";

/** An accepted sale as a bundle carries it. */
export interface BundledSale {
  /** On the terminal. */
  readonly number: number;
  /** Unix seconds. */
  readonly acceptedAt: number;
  /** 149 bytes. */
  readonly token: Uint8Array;
  /** Where it is to be forwarded to. */
  readonly nodeUri: string;
  /** Canonical. */
  readonly invoice: string;
}

/** Most sales in one bundle. */
export const MAX_BUNDLED_SALES = 20_000;

const FORM: ListForm = { magic: "CQBD", name: "bundle", tag: "chequecard/offline-bundle" };

/** Accepted sales for a person to carry (specs/09 §7.1). @param terminalKey of the deputy profile, 32 bytes */
export const writeBundle = (
  head: ListHead,
  sales: readonly BundledSale[],
  terminalKey: Uint8Array,
): Uint8Array =>
  writeList(
    FORM,
    head,
    sales.map(({ number, acceptedAt, token, nodeUri, invoice }) =>
      concatBytes(u32(number), u32(acceptedAt), token, sizedText(nodeUri), sizedText(invoice)),
    ),
    terminalKey,
  );

/**
 * Reads a bundle at the shop.
 * @param terminalKeyOf the keys of the terminals that are not revoked
 * @throws BundleError
 */
export function readBundle(
  bytes: Uint8Array,
  network: Network,
  terminalKeyOf: (keyId: Uint8Array) => Uint8Array | undefined,
): { readonly head: ListHead; readonly sales: readonly BundledSale[] } {
  const { head, records } = readList(
    FORM,
    bytes,
    network,
    terminalKeyOf,
    (reader, path): BundledSale => ({
      number: reader.u32(`${path}/number`),
      acceptedAt: reader.u32(`${path}/acceptedAt`),
      token: reader.take(SEALED_MESSAGE_LENGTH, `${path}/token`),
      nodeUri: reader.text(`${path}/nodeUri`, MAX_URI_LENGTH),
      invoice: reader.text(`${path}/invoice`, MAX_INVOICE_LENGTH),
    }),
  );
  return { head, sales: records };
}
