import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CommandApdu, decodeCommandApdu, encodeCommandApdu } from "../../apdu/command-apdu.js";
import { splitChain } from "../../apdu/command-chaining.js";
import type { CommandCodec } from "../../apdu/commands/codec.js";
import {
  COLLECT_PART_LENGTH,
  collect,
  MAX_COLLECTED_LENGTH,
  MAX_PRESENTED_LENGTH,
  present,
  selectExchange,
} from "../../apdu/exchange/index.js";
import { bytesToHex, concatBytes, hexToBytes, ParseError, ValueError } from "../../common/index.js";
import { MAX_INVOICE_LENGTH } from "../../lightning/bolt11/index.js";
import { MAX_ODT_MESSAGE_LENGTH } from "../../lightning/odt/index.js";
import vectors from "../../specs/vectors/exchange.json" with { type: "json" };

type Words = Record<string, unknown>;
const CODECS: Readonly<Record<string, CommandCodec<never, never>>> = {
  SELECT: selectExchange as unknown as CommandCodec<never, never>,
  PRESENT: present as unknown as CommandCodec<never, never>,
  COLLECT: collect as unknown as CommandCodec<never, never>,
};

const fromWords = (words: Words): never =>
  ("part" in words ? { ...words, part: hexToBytes(String(words.part)) } : words) as never;
const inWords = (value: object | undefined): Words =>
  Object.fromEntries(
    Object.entries(value ?? {}).map(([key, field]) => [
      key,
      field instanceof Uint8Array ? bytesToHex(field) : field,
    ]),
  );

/** The command that a chain of APDUs makes. */
function joined(apdus: readonly string[]): CommandApdu {
  const links = apdus.map((apdu) => decodeCommandApdu(hexToBytes(apdu)));
  const last = links.at(-1) as CommandApdu;
  return { ...last, data: concatBytes(...links.map(({ data }) => data)) };
}

describe("commands and answers of specs/vectors/exchange.json", () => {
  const codecOf = (name: string): CommandCodec<never, never> => CODECS[name] as CommandCodec<never, never>;
  const read = (command: string, direction: string, hex: readonly string[]): object =>
    direction === "request"
      ? codecOf(command).decodeRequest(joined(hex))
      : codecOf(command).decodeResponse(hexToBytes(hex[0] ?? ""));

  it.each(vectors.vectors.filter(({ valid }) => valid))("$command $direction: $comment", (vector) => {
    const { command, direction, hex, fields } = vector;
    expect(inWords(read(command, direction, hex))).toEqual(fields);
    const written =
      direction === "request"
        ? splitChain(codecOf(command).encodeRequest(fromWords(fields as Words))).map(encodeCommandApdu)
        : [codecOf(command).encodeResponse(fromWords(fields as Words))];
    expect(written.map(bytesToHex)).toEqual(hex);
  });

  it.each(vectors.vectors.filter(({ valid }) => !valid))(
    "$command $direction refused: $comment",
    (vector) => {
      let path = "nothing was refused";
      try {
        read(vector.command, vector.direction, vector.hex);
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError);
        path = (error as ParseError).path;
      }
      expect(path).toBe(vector.error);
    },
  );
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
    const part = new Uint8Array(COLLECT_PART_LENGTH + 1);
    expect(() => collect.encodeResponse({ total: 2048, part })).toThrow("need a part of 1 to 254");
    expect(() => collect.encodeResponse({ total: 2049, part: part.slice(9) })).toThrow(ValueError);
  });
});
