import { bech32, bech32m } from "@scure/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ParseError, secp256k1, ValueError } from "../../common/index.js";
import { decodeBech32 } from "../../lightning/bolt11/bech32.js";
import {
  canonicalInvoice,
  decodeInvoice,
  encodeInvoice,
  invoiceFields,
  signInvoice,
} from "../../lightning/bolt11/index.js";
import { content, head, secretKey } from "./bolt11-arbitrary.js";

const KEY = new Uint8Array(32).fill(9);
const sample = (expirySeconds = 600) =>
  encodeInvoice(
    { network: "bcrt", amount: undefined, timestamp: 1_700_000_000 },
    {
      paymentHash: new Uint8Array(32),
      paymentSecret: new Uint8Array(32),
      description: "beer",
      expirySeconds,
    },
    KEY,
  );

describe("bech32", () => {
  /** What a reader makes of a text, errors as undefined. */
  const readBy = (read: () => { readonly prefix: string; readonly words: ArrayLike<number> }) => {
    try {
      const { prefix, words } = read();
      return { prefix, words: Array.from(words) };
    } catch {
      return undefined;
    }
  };
  const written = fc
    .tuple(
      fc.stringMatching(/^[a-z0-9!?]{1,8}$/),
      fc.array(fc.integer({ min: 0, max: 31 }), { maxLength: 120 }),
      fc.constantFrom(bech32, bech32m),
    )
    .map(([prefix, words, form]) => form.encode(prefix, words, false));
  const changed = fc
    .tuple(written, fc.nat(), fc.stringMatching(/^[ -@[-~]{0,2}$/))
    .map(([text, at, piece]) => text.slice(0, at % text.length) + piece + text.slice((at % text.length) + 1));

  it("is read, and refused, as the library that writes it does", () => {
    fc.assert(
      fc.property(fc.oneof(written, changed, fc.stringMatching(/^[ -@[-~]{0,20}$/)), (text) => {
        // What is read is printable ASCII without spaces: the form of the invoice is checked before.
        const ours = /^[!-@[-~]*$/.test(text) ? readBy(() => decodeBech32(text)) : undefined;
        expect(ours).toEqual(readBy(() => bech32.decode(text, false)));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("BOLT 11 round trips", () => {
  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(head, content, secretKey, fc.boolean(), (head, content, key, named) => {
        const payee = secp256k1.publicKey(key);
        const text = encodeInvoice(head, named ? { ...content, payee } : content, key);
        const invoice = decodeInvoice(text);
        expect(invoice).toMatchObject({ ...head, ...content, payee, text });
        expect(invoice.expirySeconds).toBe(content.expirySeconds ?? 3600);
        expect(invoice.expiresAt).toBe(head.timestamp + invoice.expirySeconds);
        expect(invoice.minFinalCltv).toBe(content.minFinalCltv ?? 18);
        expect(decodeInvoice(`LIGHTNING:${text.toUpperCase()}`)).toEqual(invoice);
        expect(signInvoice(invoice, key)).toBe(text);
      }),
      { seed: 11, numRuns: 150 },
    );
  });

  it("keeps unknown fields, in order, with their words", () => {
    const known = new Set([1, 3, 5, 6, 9, 13, 15, 16, 19, 23, 24, 27]);
    const unknown = fc.record({
      tag: fc.nat({ max: 31 }).filter((tag) => !known.has(tag)),
      words: fc.uint8Array({ max: 31, maxLength: 60 }),
    });
    fc.assert(
      fc.property(head, content, fc.array(unknown, { maxLength: 5 }), (head, content, extra) => {
        const fields = [...extra.slice(0, 2), ...invoiceFields(content), ...extra.slice(2)];
        expect(decodeInvoice(signInvoice({ ...head, fields }, KEY)).fields).toEqual(fields);
      }),
      { seed: 12, numRuns: 60 },
    );
  });
});

describe("BOLT 11 against bad input", () => {
  it("no changed character goes unnoticed", () => {
    const text = sample();
    fc.assert(
      fc.property(
        fc.nat({ max: text.length - 1 }),
        fc.string({ minLength: 1, maxLength: 1 }),
        (at, letter) => {
          fc.pre(text[at] !== letter);
          const changed = text.slice(0, at) + letter + text.slice(at + 1);
          expect(() => decodeInvoice(changed)).toThrow(ParseError);
        },
      ),
      { seed: 13, numRuns: 300 },
    );
  });

  it("changed words under a right checksum: an error, or another payee", () => {
    const text = sample();
    const { payee } = decodeInvoice(text);
    const { prefix, words } = bech32.decode(text as `ln1${string}`, false);
    fc.assert(
      fc.property(fc.nat({ max: words.length - 1 }), fc.nat({ max: 31 }), (at, word) => {
        fc.pre(words[at] !== word);
        const changed = bech32.encode(prefix, words.with(at, word), false);
        try {
          expect(decodeInvoice(changed).payee).not.toEqual(payee);
        } catch (error) {
          if (!(error instanceof ParseError)) throw error;
        }
      }),
      { seed: 14, numRuns: 300 },
    );
  });

  it("any words under a right checksum: a typed error or an invoice", () => {
    const words = fc.array(fc.nat({ max: 31 }), { maxLength: 400 });
    fc.assert(
      fc.property(
        words,
        fc.constantFrom("lnbc", "lnbc1n", "lntb20m", "ln", "lnbc99999999999999999999999"),
        (words, prefix) => {
          try {
            decodeInvoice(bech32.encode(prefix, words, false));
          } catch (error) {
            expect(error).toBeInstanceOf(ParseError);
          }
        },
      ),
      { seed: 15, numRuns: 300 },
    );
  });

  it("any text: a typed error", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.string({ maxLength: 100 }).map((rest) => `lnbc1${rest}`),
    );
    fc.assert(
      fc.property(text, (text) => {
        expect(() => decodeInvoice(text)).toThrow(ParseError);
      }),
      { seed: 16, numRuns: 300 },
    );
  });

  it("64 KiB are refused by length alone, in every guise", () => {
    for (const letter of ["q", "1", " ", "Q", "\u{1f37a}"])
      expect(() => canonicalInvoice(letter.repeat(65_536))).toThrow("need at most 4096 characters");
  });

  it("the longest invoices that fit are read", () => {
    const fields = invoiceFields({
      paymentHash: new Uint8Array(32),
      paymentSecret: new Uint8Array(32),
      description: "x",
    });
    const many = { tag: 2, words: new Uint8Array(0) };
    const filler = new Array(1245).fill(many);
    const text = signInvoice(
      { network: "bc", amount: undefined, timestamp: 1, fields: [...fields, ...filler] },
      KEY,
    );
    expect(text.length).toBeGreaterThan(3900);
    expect(decodeInvoice(text).fields).toHaveLength(fields.length + filler.length);
    const more = [...fields, ...filler, ...filler];
    expect(() => signInvoice({ network: "bc", amount: undefined, timestamp: 1, fields: more }, KEY)).toThrow(
      ValueError,
    );
  });

  it("refuses to write what no reader would take", () => {
    const base = { paymentHash: new Uint8Array(32), paymentSecret: new Uint8Array(32) };
    const bad: [string, Parameters<typeof invoiceFields>[0]][] = [
      ["description: need exactly one", base],
      ["description: need exactly one", { ...base, description: "a", descriptionHash: new Uint8Array(32) }],
      ["payment hash: need 32 bytes", { ...base, description: "a", paymentHash: new Uint8Array(31) }],
      ["description: need at most 639 bytes", { ...base, description: "\u00e9".repeat(320) }],
      ["payee: need a point", { ...base, description: "a", payee: new Uint8Array(33) }],
      ["route hint: need at least one hop", { ...base, description: "a", routeHints: [[]] }],
      ["expiry: need an integer", { ...base, description: "a", expirySeconds: 1.5 }],
      [
        "fallback: need 20 bytes",
        { ...base, description: "a", fallbacks: [{ version: 17, program: new Uint8Array(3) }] },
      ],
      [
        "fallback: need a version",
        { ...base, description: "a", fallbacks: [{ version: 19, program: new Uint8Array(20) }] },
      ],
    ];
    for (const [problem, content] of bad) {
      expect(() => invoiceFields(content), problem).toThrow(ValueError);
      expect(() => invoiceFields(content)).toThrow(problem);
    }
    for (const field of [
      { tag: 32, words: new Uint8Array() },
      { tag: 1, words: new Uint8Array(1024) },
      { tag: 1, words: Uint8Array.of(32) },
    ])
      expect(() =>
        signInvoice({ network: "bc", amount: undefined, timestamp: 1, fields: [field] }, KEY),
      ).toThrow(ValueError);
  });
});
