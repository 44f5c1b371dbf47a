import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { SW, TransportError } from "../../apdu/index.js";
import { hexToBytes } from "../../common/index.js";
import { exchange, exchangeWithPhone } from "../../host/exchange.js";
import { acceptMessage } from "../../lightning/odt/index.js";
import { connectCard, SimulatedReader } from "../../simulator/index.js";
import { type PhoneWalletPorts, simulatedPhone } from "../../simulator/phone/wallet.js";
import type { CardHardware } from "../../simulator/runtime/card.js";
import { testCard } from "../../testing/cards/test-card.js";

const INVOICE = `lnbcrt25u1${"qpzry9x8gf2tvdw0s3jn54khce6mua7l".repeat(10)}`;
const PREIMAGE = new Uint8Array(32).fill(7);
const FAST = { pollMs: 1 };

const wallet = (ports: Partial<PhoneWalletPorts> = {}, hardware: CardHardware = {}) =>
  simulatedPhone({ pay: async () => PREIMAGE, ...ports }, hardware);

describe("exchange with a phone", () => {
  it.each(["T=CL", "T=1", "T=0"] as const)(
    "a payment comes back as a preimage message, over %s",
    async (protocol) => {
      const paid: string[] = [];
      const pay = async (invoice: string) => {
        paid.push(invoice);
        return PREIMAGE;
      };
      const message = await exchange(connectCard(wallet({ pay }, { protocol })), INVOICE, FAST);
      expect(message).toEqual({ kind: "preimage", preimage: PREIMAGE });
      expect(paid).toEqual([INVOICE]);
      if (!message) throw new Error("no message");
      const sale = { paymentHash: sha256(PREIMAGE), expiresAt: 2, awaits: "preimage" } as const;
      expect(acceptMessage(message, [sale], 1)).toMatchObject({ accepted: true, sale });
    },
  );

  it("waits for a payment that takes its time", async () => {
    let polls = 0;
    const pay = () =>
      new Promise<Uint8Array>((resolve) => {
        settle = () => resolve(PREIMAGE);
      });
    let settle = () => {};
    const phone = connectCard(wallet({ pay }));
    const counting = {
      async transmit(command: Uint8Array) {
        if (command[1] === 0x42 && ++polls === 5) settle();
        return phone.transmit(command);
      },
    };
    expect(await exchange(counting, INVOICE, FAST)).toMatchObject({ kind: "preimage" });
    expect(polls).toBeGreaterThan(5);
  });

  it.each([
    ["the owner refuses", { confirm: async () => false }, "COLLECT", SW.DECLINED],
    ["the payment fails", { pay: () => Promise.reject(new Error("no route")) }, "COLLECT", SW.DECLINED],
    ["the wallet cannot pay it", { accepts: () => false }, "PRESENT", SW.INVOICE_NOT_ACCEPTED],
  ] as const)("%s", async (_, ports, command, sw) => {
    const refused = exchange(connectCard(wallet(ports)), INVOICE, FAST);
    await expect(refused).rejects.toMatchObject({ code: "card-status", command, sw });
  });

  it("nothing comes in time", async () => {
    const silent = connectCard(wallet({ pay: () => new Promise<never>(() => {}) }));
    expect(await exchange(silent, INVOICE, { pollMs: 1, timeoutMs: 5 })).toBeUndefined();
  });

  it("a token and its node come back as a payment authorization", async () => {
    const token = new Uint8Array(300).fill(9);
    const uri = `02${"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"}@192.0.2.1:9735`;
    const phone = connectCard(wallet({ authorize: async () => ({ uri, token }) }));
    const message = await exchange(phone, INVOICE, FAST);
    expect(message).toMatchObject({ kind: "payment-authorization", uri: { host: "192.0.2.1" }, token });
  });

  it("a given-up wait ends without a message", async () => {
    const giveUp = new AbortController();
    const waiting = exchange(connectCard(wallet({ pay: () => new Promise<never>(() => {}) })), INVOICE, {
      pollMs: 60_000,
      signal: giveUp.signal,
    });
    setImmediate(() => giveUp.abort());
    expect(await waiting).toBeUndefined();
  });

  it("a card is no phone", async () => {
    await expect(exchange(connectCard(testCard({}).card), INVOICE, FAST)).rejects.toMatchObject({
      code: "card-status",
      sw: 0x6a82,
    });
  });

  it("a phone taken away at any command is waited for again, and pays once", async () => {
    const taps: number[] = [];
    for (let tear = 1; tear <= 4; tear++) {
      for (const point of ["before-command", "after-command"] as const) {
        let payments = 0;
        const phone = wallet({
          pay: async () => {
            payments++;
            return PREIMAGE;
          },
        });
        const reader = new SimulatedReader();
        reader.insert(phone);
        let torn = 0;
        const wait = reader.waitForCard.bind(reader);
        reader.waitForCard = async (signal) => {
          const connection = await wait(signal);
          if (torn > 0) return connection;
          let command = 0;
          const transmit = connection.transmit.bind(connection);
          return Object.assign(connection, {
            transmit(bytes: Uint8Array) {
              if (++command === tear) reader.tearAway(point);
              return transmit(bytes);
            },
          });
        };
        const result = await exchangeWithPhone(reader, INVOICE, {
          ...FAST,
          onTorn: () => {
            torn++;
            reader.insert(phone);
          },
        });
        expect(result).toMatchObject({ kind: "preimage" });
        expect(payments).toBe(1);
        taps.push(torn);
      }
    }
    expect(taps.every((torn) => torn === 1)).toBe(true);
  });
});

describe("a phone that does not keep the protocol", () => {
  const FCI = "6f128408f043484551554502a506c10401000100";
  const answers = (...list: string[]) => {
    const left = [...list];
    return {
      async transmit(): Promise<Uint8Array> {
        const next = left.shift();
        if (next === undefined) throw new TransportError("timeout", "no more answers");
        return hexToBytes(next);
      },
    };
  };
  const collectPart = (total: string, part: string) => `${total}${part}9000`;

  it.each([
    ["another application", [`${FCI.replace("4502", "4501")}9000`], "SELECT response/6F/84"],
    ["another version", [`${FCI.replace("c10401", "c10402")}9000`], "SELECT response/6F/A5/C1/major"],
    ["data where none may be", [`${FCI}9000`, "009000"], "PRESENT response"],
    [
      "a message longer than announced",
      [`${FCI}9000`, "9000", collectPart("0003", "0000"), collectPart("0003", "0000")],
      "COLLECT response",
    ],
    ["a message of 3 KiB", [`${FCI}9000`, "9000", collectPart("0c00", "00")], "COLLECT response"],
    ["a malformed preimage", [`${FCI}9000`, "9000", collectPart("0003", "000000")], "odt/preimage"],
  ])("%s", async (_, list, path) => {
    await expect(exchange(answers(...list), "ln1", FAST)).rejects.toMatchObject({ code: "parse", path });
  });

  it("refuses a link of the chain: the chain ends and the status word is reported", async () => {
    const phone = answers(`${FCI}9000`, "6884");
    await expect(exchange(phone, INVOICE, FAST)).rejects.toMatchObject({ sw: 0x6884, command: "PRESENT" });
  });

  it("an unknown message is handed on, for the caller to refuse", async () => {
    const phone = answers(`${FCI}9000`, "9000", collectPart("0003", "00ff01"));
    const result = await exchange(phone, "ln1", FAST);
    expect(result).toEqual({ kind: "unknown", type: 255, payload: Uint8Array.of(1) });
  });
});
