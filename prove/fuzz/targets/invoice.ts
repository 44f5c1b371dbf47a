import { bech32 } from "@scure/base";
import { MAX_MSAT, type Msat, readU64, utf8 } from "../../../common/index.js";
import {
  canonicalInvoice,
  decodeInvoice,
  invoiceHash,
  invoiceProblem,
  isNetwork,
  type Profile,
  signInvoice,
  type TaggedField,
} from "../../../lightning/bolt11/index.js";
import { formatNodeUri, parseNodeUri } from "../../../lightning/node-uri.js";
import { CARD_SECRET } from "../../card/material.js";
import { bytesOf, type FuzzTarget, textOf } from "../target.js";
import { stringsOf, vectorFile } from "../vectors.js";

const NOW = 1_700_000_010;
const PROFILES: readonly Profile[] = ["modern", "draft-819"];
const NETWORKS = ["bc", "tb", "tbs", "bcrt", "sb"].filter(isNetwork);
const MAX_LENGTH = 4096;

function judge(text: string): unknown {
  const canonical = canonicalInvoice(text);
  const invoice = decodeInvoice(canonical);
  const problems = PROFILES.map(
    (profile) => invoiceProblem(invoice, { network: invoice.network, now: NOW, profile })?.code,
  );
  return [invoiceHash(canonical), invoice.fields, problems];
}

const invoices = (): string[] =>
  ["bolt11", "bolt11-chequecard"].flatMap((file) => stringsOf(vectorFile(file), ["invoice", "text"]));

export const invoiceTextTarget: FuzzTarget = {
  name: "BOLT 11 as text",
  weight: 50,
  corpus: () => invoices().map(bytesOf),
  words: ["lightning:", "LNBC", "lnbc1", "lnbcrt", "lntbs", "1p", "2500u", "m1", "\u0130"],
  run: (input) => judge(textOf(input)),
};

/** Words of an invoice, its checksum mended after mutation; the first byte chooses the prefix. */
export const invoiceWordsTarget: FuzzTarget = {
  name: "BOLT 11 under its checksum",
  weight: 30,
  corpus: () =>
    invoices().flatMap((text) => {
      const decoded = bech32.decodeUnsafe(text, false);
      return decoded ? [Uint8Array.of(0, ...decoded.words)] : [];
    }),
  run(input) {
    const prefix = ["lnbc", "lnbc2500u", "lnbcrt1p", "lntb20m", "lnbc9999999999999999999p"][
      (input[0] ?? 0) % 5
    ];
    const words = [...input.subarray(1)].map((byte) => byte & 31);
    return judge(bech32.encode(prefix ?? "lnbc", words, false));
  },
};

/**
 * Fields, signed after mutation, so that what lies behind the signature is reached. Amount 8, network 1, then each
 * field: tag 1, words 2, content.
 */
export const invoiceFieldsTarget: FuzzTarget = {
  name: "BOLT 11 under its signature",
  weight: 20,
  corpus: () =>
    stringsOf(vectorFile("bolt11-chequecard"), ["invoice"]).flatMap((text) => {
      try {
        const { fields } = decodeInvoice(text);
        return [
          Uint8Array.of(
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            9,
            0,
            ...fields.flatMap(({ tag, words }) => [tag, words.length >> 8, words.length & 0xff, ...words]),
          ),
        ];
      } catch {
        return [];
      }
    }),
  run(input) {
    const amount = input.length >= 8 ? readU64(input) : 0n;
    const network = NETWORKS[(input[8] ?? 0) % NETWORKS.length] ?? "bc";
    const fields: TaggedField[] = [];
    let total = 0;
    for (let at = 9; at + 3 <= input.length && total < MAX_LENGTH; ) {
      const length = (((input[at + 1] ?? 0) << 8) | (input[at + 2] ?? 0)) & 1023;
      const words = input.slice(at + 3, at + 3 + length).map((byte) => byte & 31);
      fields.push({ tag: (input[at] ?? 0) & 31, words });
      total += 3 + words.length;
      at += 3 + length;
    }
    const head = {
      network,
      amount: amount > 0n && amount <= MAX_MSAT ? (amount as Msat) : undefined,
      timestamp: 1_700_000_000,
    };
    return judge(signInvoice({ ...head, fields }, CARD_SECRET));
  },
};

export const uriTarget: FuzzTarget = {
  name: "node URIs",
  weight: 60,
  corpus: () => stringsOf(vectorFile("odt"), ["text", "canonical"]).map((text) => utf8(text)),
  words: ["@", ":9735", "[::1]", ".onion", "xn--", "%25", "0x7f.1", "1.2.3.4"],
  run: (input) => formatNodeUri(parseNodeUri(textOf(input))),
};
