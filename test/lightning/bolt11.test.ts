import { base58, bech32, bech32m } from "@scure/base";
import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, ParseError } from "../../common/index.js";
import {
  checkInvoice,
  decodeInvoice,
  type Fallback,
  type Invoice,
  InvoiceError,
  signInvoice,
} from "../../lightning/bolt11/index.js";
import { listFeatures } from "../../lightning/features.js";
import official from "../../specs/vectors/bolt11.json" with { type: "json" };

const KEY = hexToBytes(official.keys.payee);
const valid = official.vectors.filter((vector) => vector.valid);
const invalid = official.vectors.filter((vector) => !vector.valid);

/** The fallback that an address stands for, by means that the codec does not use. */
function fallbackOf(address: string): { version: number; program: string } {
  if (!/^(bc1|tb1)/.test(address)) {
    const bytes = base58.decode(address);
    const version = { 0: 17, 111: 17, 5: 18, 196: 18 }[bytes[0] ?? -1] ?? -1;
    return { version, program: bytesToHex(bytes.subarray(1, 21)) };
  }
  const version = bech32.decodeUnsafe(address)?.words[0] ?? bech32m.decode(address).words[0] ?? -1;
  const { words } = (version === 0 ? bech32 : bech32m).decode(address as `bc1${string}`);
  return { version, program: bytesToHex(bech32.fromWords(words.slice(1))) };
}

const hexOf = (bytes: Uint8Array | undefined) => (bytes === undefined ? null : bytesToHex(bytes));

function plain(invoice: Invoice) {
  return {
    network: invoice.network,
    amountMsat: invoice.amount?.toString() ?? null,
    timestamp: invoice.timestamp,
    paymentHash: hexOf(invoice.paymentHash),
    paymentSecret: hexOf(invoice.paymentSecret),
    description: invoice.description ?? null,
    descriptionHash: hexOf(invoice.descriptionHash),
    metadata: hexOf(invoice.metadata),
    expirySeconds: invoice.expirySeconds,
    minFinalCltv: invoice.minFinalCltv,
    features: listFeatures(invoice.features),
    routeHints: invoice.routeHints.map((hops) =>
      hops.map((hop) => ({
        ...hop,
        nodeId: bytesToHex(hop.nodeId),
        shortChannelId: hop.shortChannelId.toString(),
      })),
    ),
    fallbacks: invoice.fallbacks.map(({ version, program }: Fallback) => ({
      version,
      program: bytesToHex(program),
    })),
  };
}

/** The field, or the code of the policy, for which an invoice is refused. */
function refusal(text: string): string {
  try {
    checkInvoice(decodeInvoice(text), { network: "bc", now: 1496314658 });
  } catch (error) {
    if (error instanceof ParseError) return error.path;
    if (error instanceof InvoiceError) return error.code;
    throw error;
  }
  return "accepted";
}

describe("official vectors of BOLT 11", () => {
  it("are all there", () => {
    expect([valid.length, invalid.length]).toEqual([16, 10]);
  });

  it.each(valid)("valid: $comment", ({ invoice: text, fields }) => {
    if (!fields) throw new Error("vector without fields");
    const invoice = decodeInvoice(text);
    const { signature, recovery, signedData: _, payee, fallbacks, ...wanted } = fields;
    expect(plain(invoice)).toEqual({
      ...wanted,
      fallbacks: fallbacks.map(({ version, address }) => {
        expect(fallbackOf(address).version).toBe(version);
        return fallbackOf(address);
      }),
    });
    if (payee) expect(bytesToHex(invoice.payee)).toBe(payee);
    if (signature) expect(bytesToHex(invoice.signed.signature)).toBe(signature);
    if (recovery !== undefined) expect(invoice.signed.recovery).toBe(recovery);
    checkInvoice(invoice, { network: invoice.network, now: invoice.timestamp, allowAmountless: true });
  });

  // The one signature with a high s was not made by the vectors' deterministic signer.
  it.each(valid.filter(({ fields }) => fields?.payee))(
    "written again, byte for byte: $comment",
    ({ invoice: text }) => {
      const invoice = decodeInvoice(text);
      expect(signInvoice(invoice, KEY)).toBe(text.toLowerCase());
    },
  );

  it.each(invalid)("invalid: $comment", ({ invoice: text, error }) => {
    expect(refusal(text)).toBe(error);
  });
});
