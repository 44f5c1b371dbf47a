import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { type PhoneWalletPorts, simulatedPhone } from "../../simulator/phone/wallet.js";
import vectors from "../../specs/vectors/exchange.json" with { type: "json" };

const PREIMAGE = hexToBytes(vectors.preimage);
const flush = () => new Promise((resolve) => setImmediate(resolve));

/** A wallet whose payments wait until the test ends them. */
function phone(ports: Partial<PhoneWalletPorts> = {}) {
  const paying: { invoice: string; settle: (preimage: Uint8Array) => void; fail: () => void }[] = [];
  const card = simulatedPhone({
    pay: (invoice) =>
      new Promise((resolve, reject) => {
        paying.push({ invoice, settle: resolve, fail: () => reject(new Error("no route")) });
      }),
    ...ports,
  });
  card.powerOn();
  const send = (hex: string): string => bytesToHex(card.exchange(hexToBytes(hex)));
  return { card, paying, send };
}

describe("conversations of specs/vectors/exchange.json with the simulated phone", () => {
  it.each(vectors.sessions)("$comment", async ({ steps }) => {
    const { send, paying } = phone();
    for (const step of steps) {
      if (step.command) expect(send(step.command)).toBe(`${step.data}${step.sw}`);
      else {
        await flush();
        for (const payment of paying)
          if (step.wallet === "settles") payment.settle(PREIMAGE);
          else payment.fail();
        await flush();
      }
    }
    expect(new Set(paying.map(({ invoice }) => invoice)).size).toBe(paying.length);
  });
});

describe("the simulated phone", () => {
  const SELECT = "00a4040008f04348455155450200";
  const invoice = (n: number) => `80400000${"03"}${Buffer.from(`ln${n}`).toString("hex")}`;

  it("pays an invoice once, however often it is presented and in whatever order", async () => {
    const { send, paying } = phone();
    send(SELECT);
    for (let i = 0; i < 30; i++) expect(send(invoice(i % 3))).toBe("9000");
    send(SELECT);
    expect(send(invoice(0))).toBe("9000");
    await flush();
    expect(paying.map((payment) => payment.invoice)).toEqual(["ln0", "ln1", "ln2"]);
  });

  it("never forgets an invoice that is being paid: with sixteen of them it takes no more", async () => {
    const { send, paying } = phone();
    send(SELECT);
    const many = (n: number) => `8040000004${Buffer.from(`ln${String(n).padStart(2, "0")}`).toString("hex")}`;
    for (let i = 0; i < 16; i++) expect(send(many(i))).toBe("9000");
    expect(send(many(16))).toBe("9c12");
    await flush();
    paying[3]?.settle(PREIMAGE);
    await flush();
    expect(send(many(16))).toBe("9000");
    await flush();
    expect(paying).toHaveLength(17);
  });

  it("asks its owner, and pays nothing when the owner refuses or the wallet cannot", async () => {
    const asked: string[] = [];
    const { send, paying } = phone({
      accepts: (text) => text !== "ln1",
      confirm: async (text) => {
        asked.push(text);
        return false;
      },
    });
    send(SELECT);
    expect(send(invoice(1))).toBe("9c12");
    expect(send("8042000000")).toBe("6985");
    expect(send(invoice(2))).toBe("9000");
    await flush();
    expect(send("8042000000")).toBe("9c11");
    expect(asked).toEqual(["ln2"]);
    expect(paying).toEqual([]);
  });

  it("says refused when its payer gives anything but a preimage of 32 bytes", async () => {
    const { send } = phone({ pay: async () => new Uint8Array(31) });
    send(SELECT);
    send(invoice(0));
    await flush();
    expect(send("8042000000")).toBe("9c11");
  });

  it("has an answer to any bytes", () => {
    const { card } = phone();
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 270 }),
      fc
        .tuple(
          fc.constantFrom(0x80, 0x90, 0x00),
          fc.constantFrom(0x40, 0x42, 0xa4),
          fc.uint8Array({ maxLength: 9 }),
        )
        .map(([cla, ins, rest]) => Uint8Array.of(cla, ins, ...rest)),
    );
    fc.assert(
      fc.property(bytes, (command) => {
        expect(card.exchange(command).length).toBeGreaterThanOrEqual(2);
      }),
      { seed: 819, numRuns: 500 },
    );
  });
});
