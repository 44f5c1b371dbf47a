import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, ParseError } from "../../common/index.js";
import {
  canonicalInvoice,
  checkInvoice,
  decodeInvoice,
  InvoiceError,
  invoiceHash,
  isNetwork,
  type Profile,
  signInvoice,
  TAG,
} from "../../lightning/bolt11/index.js";
import { listFeatures } from "../../lightning/features.js";
import { generate } from "../../specs/generate/bolt11.js";
import vectors from "../../specs/vectors/bolt11-chequecard.json" with { type: "json" };

const KNOWN_TAGS: readonly number[] = Object.values(TAG);

/** The decoded invoice in the words of the vectors. */
function plain(text: string): Record<string, unknown> {
  const invoice = decodeInvoice(text);
  const hex = (bytes: Uint8Array | undefined) => bytes && bytesToHex(bytes);
  return {
    ...invoice,
    amountMsat: invoice.amount?.toString() ?? null,
    paymentHash: hex(invoice.paymentHash),
    paymentSecret: hex(invoice.paymentSecret),
    descriptionHash: hex(invoice.descriptionHash),
    metadata: hex(invoice.metadata),
    deputyNonce: hex(invoice.deputyNonce),
    payee: hex(invoice.payee),
    features: listFeatures(invoice.features),
    routeHints: invoice.routeHints.map((hops) =>
      hops.map((hop) => ({
        ...hop,
        nodeId: hex(hop.nodeId),
        shortChannelId: hop.shortChannelId.toString(),
      })),
    ),
    fallbacks: invoice.fallbacks.map(({ version, program }) => ({ version, program: hex(program) })),
    unknownFields: invoice.fields
      .filter(({ tag }) => !KNOWN_TAGS.includes(tag))
      .map(({ tag, words }) => ({ tag, words: [...words] })),
  };
}

interface Vector {
  readonly invoice: string;
  readonly profile: string;
  readonly now?: number;
  readonly minRemainingSeconds?: number;
}

function check(vector: Vector, allowAmountless: boolean): void {
  const { profile, now = vectors.now, minRemainingSeconds = 0 } = vector;
  const invoice = decodeInvoice(vector.invoice);
  const network = allowAmountless ? invoice.network : "bc";
  checkInvoice(invoice, {
    network,
    now,
    minRemainingSeconds,
    allowAmountless,
    profile: profile as Profile,
  });
}

describe("invoices of specs/vectors/bolt11-chequecard.json", () => {
  it("are what the generator makes", () => {
    expect(JSON.parse(JSON.stringify(generate()))).toEqual(vectors);
  });

  const all = vectors.vectors as readonly (Vector & {
    readonly comment: string;
    readonly valid: boolean;
    readonly canonical?: boolean;
    readonly fields?: object;
    readonly error?: string;
  })[];
  it.each(all.filter(({ valid }) => valid))("valid: $comment", (vector) => {
    const { invoice, fields } = vector;
    expect(plain(invoice)).toMatchObject(fields ?? {});
    expect(isNetwork(decodeInvoice(invoice).network)).toBe(true);
    check(vector, true);
  });

  it.each(all.filter(({ valid, canonical = true }) => valid && canonical))(
    "written again, byte for byte: $comment",
    ({ invoice }) => {
      expect(signInvoice(decodeInvoice(invoice), hexToBytes(vectors.keys.payee))).toBe(invoice);
    },
  );

  it.each(all.filter(({ valid }) => !valid))("invalid: $comment", (vector) => {
    const { error } = vector;
    let found: unknown;
    try {
      check(vector, false);
    } catch (caught) {
      found = caught;
    }
    if (found instanceof ParseError) expect(found.path).toBe(error);
    else if (found instanceof InvoiceError) expect(found.code).toBe(error);
    else throw new Error("accepted");
  });
});

describe("canonical invoice", () => {
  it.each(vectors.canonical.filter(({ valid }) => valid))("$comment", ({ text, canonical, hash }) => {
    expect(canonicalInvoice(text)).toBe(canonical);
    expect(bytesToHex(invoiceHash(canonicalInvoice(text)))).toBe(hash);
  });

  it.each(vectors.canonical.filter(({ valid }) => !valid))("refused: $comment", ({ text, problem }) => {
    expect(() => canonicalInvoice(text)).toThrow(ParseError);
    expect(() => canonicalInvoice(text)).toThrow(problem);
  });

  it("is the only form that is hashed", () => {
    const upper = vectors.canonical.find(({ comment }) => comment === "upper case")?.text ?? "";
    expect(() => invoiceHash(upper)).toThrow("not in canonical form");
  });
});
