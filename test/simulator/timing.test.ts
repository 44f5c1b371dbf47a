import { describe, expect, it } from "vitest";
import { connectCard, modelTime, recordExchanges } from "../../simulator/index.js";
import { authorizeApdu, bytes, hash, hex, SELECT, tappedCard } from "./fixture.js";

async function tap() {
  const { transport, exchanges } = recordExchanges(connectCard(tappedCard()));
  await transport.transmit(bytes(`${hex(SELECT)}00`));
  await transport.transmit(bytes(`${hex(authorizeApdu(1n, hash("invoice")))}00`));
  return exchanges;
}

describe("the time model of a tap", () => {
  it("counts two APDUs and the bytes of both", async () => {
    const exchanges = await tap();
    expect(exchanges.map(({ command, response }) => [command, response])).toEqual([
      [14, 138],
      [46, 151],
    ]);
    const { terms } = modelTime("J3R180", exchanges);
    expect(terms.find(({ name }) => name === "bytes on the air")?.count).toBe(349);
    expect(terms.find(({ name }) => name === "reader and USB, per APDU")?.count).toBe(2);
  });

  it.each([
    ["J3R180", 300],
    ["J3H145", 500],
  ] as const)("%s stays below %d ms, and its terms add up", async (chip, target) => {
    const model = modelTime(chip, await tap());
    expect(model.max).toBeLessThanOrEqual(target);
    expect(model.min).toBeGreaterThan(50);
    for (const end of ["min", "max"] as const)
      expect(model.terms.reduce((sum, term) => sum + term[end], 0)).toBeCloseTo(model[end]);
    for (const term of model.terms) {
      expect(term.min).toBeCloseTo(term.count * term.each.min);
      expect(term.source).not.toBe("");
    }
    expect(model.terms.map(({ name }) => name)).toEqual([
      "field activation",
      "reader and USB, per APDU",
      "bytes on the air",
      "command-bytecode",
      "transaction",
      "sha256-of-133",
      "signature-init",
      "ecdsa-sign",
      "random-16",
      "cipher-init",
      "aes-cbc-of-128",
    ]);
  });

  it.each([
    ["J3R180", 300],
    ["J3H145", 450],
  ] as const)(
    "%s stays below %d ms with a certificate, which is sealed and not signed again",
    async (chip, target) => {
      const { transport, exchanges } = recordExchanges(
        connectCard(tappedCard({ certificate: new Uint8Array(128) })),
      );
      for (const command of [SELECT, bytes("80ca00c2"), authorizeApdu(1n, hash("invoice"))])
        await transport.transmit(bytes(`${hex(command)}00`));
      expect(exchanges.map(({ response }) => response)).toEqual([138, 154, 151]);
      const count = (model: ReturnType<typeof modelTime>, term: string) =>
        model.terms.find(({ name }) => name === term)?.count;
      const model = modelTime(chip, exchanges);
      expect(model.max).toBeLessThanOrEqual(target);
      expect(
        ["ecdsa-sign", "cipher-init", "aes-cbc-of-128", "random-16"].map((term) => count(model, term)),
      ).toEqual([1, 2, 2, 2]);
      const without = modelTime(chip, await tap());
      expect(model.max - without.max).toBeLessThan(without.max / 3);
    },
  );

  it("costs its bytecode alone to say that there is no certificate", async () => {
    const { transport, exchanges } = recordExchanges(connectCard(tappedCard()));
    await transport.transmit(bytes(`${hex(SELECT)}00`));
    await transport.transmit(bytes("80ca00c200"));
    expect(exchanges.at(-1)?.operations).toEqual(["command-bytecode"]);
  });

  it("grows with a weak field by what the chip does, not by what the reader does", async () => {
    const exchanges = await tap();
    const strong = modelTime("J3R180", exchanges);
    const weak = modelTime("J3R180", exchanges, "Pixel 8 Pro");
    const last = weak.terms.at(-1);
    expect(last).toMatchObject({ name: "the field of Pixel 8 Pro", count: 1 });
    const ofReader = strong.terms.slice(0, 3).reduce((sum, { max }) => sum + max, 0);
    expect(weak.max - ofReader).toBeCloseTo(((strong.max - ofReader) * 1460) / 740);
    expect(weak.terms.slice(0, -1)).toEqual(strong.terms);
  });
});
