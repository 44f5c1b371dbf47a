import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CommandApdu, encodeCommandApdu } from "../../apdu/command-apdu.js";
import { splitChain } from "../../apdu/command-chaining.js";
import {
  collect,
  MAX_COLLECTED_LENGTH,
  MAX_PRESENTED_LENGTH,
  present,
  selectExchange,
} from "../../apdu/exchange/index.js";
import { bytesToHex, hexToBytes, ParseError, ValueError } from "../../common/index.js";
import { MAX_INVOICE_LENGTH } from "../../lightning/bolt11/index.js";
import { MAX_ODT_MESSAGE_LENGTH } from "../../lightning/odt/index.js";
import vectors from "../../specs/vectors/exchange.json" with { type: "json" };

interface ExchangeVector {
  readonly command: string;
  readonly hex: readonly string[];
  readonly fields: Record<string, unknown>;
  readonly error?: string;
}

/** What a terminal writes, from the fields of the file. What a wallet makes of it, the reference implementation checks. */
const WRITTEN: Readonly<Record<string, (fields: ExchangeVector["fields"]) => CommandApdu>> = {
  SELECT: () => selectExchange.encodeRequest({}),
  PRESENT: ({ invoice }) => present.encodeRequest({ invoice: String(invoice) }),
  COLLECT: ({ offset }) => collect.encodeRequest({ offset: Number(offset) }),
};
const READ: Readonly<Record<string, (bytes: Uint8Array) => object | undefined>> = {
  SELECT: selectExchange.decodeResponse,
  PRESENT: present.decodeResponse,
  COLLECT: collect.decodeResponse,
};

const inWords = (value: object | undefined): object =>
  Object.fromEntries(
    Object.entries(value ?? {}).map(([key, field]) => [
      key,
      field instanceof Uint8Array ? bytesToHex(field) : field,
    ]),
  );

describe("commands and answers of specs/vectors/exchange.json", () => {
  const all = vectors.vectors as unknown as readonly (ExchangeVector & {
    direction: string;
    valid: boolean;
  })[];
  const those = (direction: string, valid: boolean) =>
    all.filter((vector) => vector.direction === direction && vector.valid === valid);

  it.each(those("request", true))("$command request: $comment", ({ command, hex, fields }) => {
    const written = WRITTEN[command]?.(fields);
    expect(written && splitChain(written).map(encodeCommandApdu).map(bytesToHex)).toEqual(hex);
  });

  it.each(those("response", true))("$command response: $comment", ({ command, hex, fields }) => {
    expect(inWords(READ[command]?.(hexToBytes(hex[0] ?? "")))).toEqual(fields);
  });

  it.each(those("response", false))("$command response refused: $comment", ({ command, hex, error }) => {
    expect(() => READ[command]?.(hexToBytes(hex[0] ?? ""))).toThrow(
      expect.objectContaining({ code: "parse", path: error }),
    );
  });
});

describe("exchange codecs", () => {
  it("carry whatever an invoice and an offline message may hold", () => {
    expect(MAX_PRESENTED_LENGTH).toBe(MAX_INVOICE_LENGTH);
    expect(MAX_COLLECTED_LENGTH).toBe(MAX_ODT_MESSAGE_LENGTH);
  });

  it("any answer is read or refused with a ParseError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const codec of [selectExchange, present, collect])
          try {
            codec.decodeResponse(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(ParseError);
          }
      }),
      { seed: 819, numRuns: 500 },
    );
  });

  it("refuse to write what a wallet or a terminal may not read", () => {
    expect(() => present.encodeRequest({ invoice: "" })).toThrow(ValueError);
    expect(() => present.encodeRequest({ invoice: "l".repeat(4097) })).toThrow("need 1 to 4096");
    expect(() => present.encodeRequest({ invoice: "LNBC1" })).toThrow("lower case");
    expect(() => collect.encodeRequest({ offset: 2048 })).toThrow("COLLECT/offset");
    expect(() => collect.encodeRequest({ offset: 1.5 })).toThrow(ValueError);
  });
});
