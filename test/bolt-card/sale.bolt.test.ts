import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bytesToHex, sat } from "../../common/index.js";
import type { SaleDisplay } from "../../host/index.js";
import { type LittleNetwork, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { SimulatedReader, type TearableCard } from "../../simulator/index.js";
import { startForeignServer } from "../../testing/bolt-card/foreign-server.js";
import type { ForeignOrder, Whim } from "../../testing/bolt-card/foreign-server-process.js";
import { buildProgram } from "../../testing/build-program.js";
import { testCard } from "../../testing/cards/test-card.js";
import { testIssuer } from "../../testing/issuer/desk.js";
import { testMerchant, uriOf } from "../../testing/merchant.js";

let network: LittleNetwork;
let program: string;
beforeAll(async () => {
  [network, program] = await Promise.all([
    startLittleNetwork(),
    buildProgram("testing/bolt-card/foreign-server-process.ts"),
  ]);
});
afterAll(() => network?.close());

const beer = { amount: sat(2500), description: "beer" };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const payments: string[] = [];
async function pay(invoice: string): Promise<boolean> {
  const paid = await network.payer.pay({ invoice, maxFee: sat(10) });
  payments.push(`${paid.state}`);
  return paid.state === "settled";
}

/** A till with a reader, and a card of a foreign server on it. */
async function till(
  order: Omit<ForeignOrder, "k1" | "k2"> = {},
  { timeoutMs = 20_000, resolve }: { timeoutMs?: number; resolve?: (host: string) => Promise<string[]> } = {},
) {
  payments.length = 0;
  const server = await startForeignServer(program, pay, order);
  const reader = new SimulatedReader();
  const rules = { network: "bcrt" as const, timeoutMs, ...(resolve ? { resolve } : {}) };
  const merchant = await testMerchant(network.merchant, reader, { retryPauseMs: 20, boltCards: rules });
  const card = server.card();
  reader.insert(card);
  const notices: string[] = [];
  const whys: (string | undefined)[] = [];
  const steps: string[] = [];
  const giveUp = new AbortController();
  let told = () => {};
  const notice = new Promise<void>((done) => {
    told = done;
  });
  const display: SaleDisplay = {
    onCard: () => steps.push("card"),
    onStep: (step) => steps.push(step),
    onNotice(sentence, why) {
      notices.push(sentence);
      whys.push(why);
      told();
    },
  };
  ends.push(server.stop, merchant.close);
  /** Charges, waits for a notice and gives up. */
  const refused = async (more: Partial<SaleDisplay> = {}) => {
    const charged = merchant.terminal.charge(beer, { ...display, ...more }, giveUp.signal);
    await Promise.race([notice, charged]);
    giveUp.abort();
    return await charged;
  };
  /** Once the terminal waits for the card to be taken away: it is, and another one is laid there. */
  const layNext = (next: TearableCard) => {
    const waitForRemoval = reader.waitForRemoval.bind(reader);
    reader.waitForRemoval = async (signal) => {
      reader.waitForRemoval = waitForRemoval;
      const removed = reader.waitForRemoval(signal);
      reader.remove();
      await removed;
      reader.insert(next);
    };
  };
  return {
    server,
    reader,
    card,
    layNext,
    notices,
    whys,
    steps,
    giveUp,
    notice,
    display,
    refused,
    ...merchant,
  };
}

describe("a Bolt Card of a foreign server at the terminal", () => {
  it("pays a sale: one tap, one callback, paid by the own invoice", async () => {
    const { terminal, display, server, steps, notices, store } = await till();
    const sale = await terminal.charge(beer, display);
    expect(sale).toMatchObject({ state: "paid", received: sat(2500), token: undefined });
    expect(await network.merchant.lookupInvoice(sale.paymentHash)).toMatchObject({ state: "settled" });
    expect(server.offers()).toEqual([1]);
    expect(server.calls()).toHaveLength(1);
    expect(steps.slice(0, 3)).toEqual(["invoice", "card", "tap"]);
    expect(store.wasBoltCardAsked(sale.number)).toBe(true);
    for (const notice of notices) expect(notice).toMatch(/waiting for the money/);
  });

  it("pays with a PIN from its limit on, typed beside the sale, and a PIN of another form is not sent", async () => {
    const { terminal, display, server, notices } = await till({ pinLimit: 2_500_000, pin: "0042" });
    const typed = ["123456", "0042"];
    const sale = await terminal.charge(beer, { ...display, askPin: async () => typed.shift() });
    expect(sale.state).toBe("paid");
    expect(server.calls()).toMatchObject([{ pin: "0042" }]);
    expect(notices[0]).toMatch(/has 4 digits/);
  });

  it("asks for no PIN below the limit", async () => {
    const { terminal, display } = await till({ pinLimit: 2_500_001 });
    const askPin = async () => {
      throw new Error("asked for a PIN");
    };
    expect((await terminal.charge(beer, { ...display, askPin })).state).toBe("paid");
  });

  it("asks for nothing when no PIN is typed, and a wrong PIN is asked for again at the next tap", async () => {
    const given = await till({ pinLimit: 0, pin: "0042" });
    const sale = await given.refused({ askPin: async () => undefined });
    expect(sale.state).toBe("cancelled");
    expect(given.server.calls()).toEqual([]);
    expect(given.notices[0]).toMatch(/needs the card's PIN; nothing was asked for/);

    const { terminal, display, layNext, card, server, notices } = await till({ pinLimit: 0, pin: "0042" });
    const typed = ["1111", "0042"];
    const paid = await terminal.charge(beer, {
      ...display,
      askPin: async () => typed.shift(),
      onNotice(sentence) {
        notices.push(sentence);
        if (sentence.includes("Invalid PIN")) layNext(card);
      },
    });
    expect(paid.state).toBe("paid");
    expect(server.calls().map(({ pin }) => pin)).toEqual(["1111", "0042"]);
    expect(new Set(server.calls().map(({ k1 }) => k1)).size).toBe(2);
    expect(notices.join()).not.toMatch(/1111|0042/);
  });

  it("is refused below its minimum and above its maximum", async () => {
    const above = await till({ max: 2_499_999 });
    expect((await above.refused()).state).toBe("cancelled");
    expect(above.notices).toEqual([expect.stringMatching(/pays no more than 2,499\.999 sat at once/)]);
    const below = await till({ min: 2_500_001 });
    expect((await below.refused()).state).toBe("cancelled");
    expect(below.notices).toEqual([expect.stringMatching(/pays no less than 2,500\.001 sat/)]);
    for (const { server } of [above, below]) expect(server.calls()).toEqual([]);
  });

  it("is torn away and laid down again: another address, and still one callback", async () => {
    for (const write of [1, "after-command"] as const) {
      const { terminal, display, reader, card, server } = await till();
      let reads = 0;
      // Torn in the first read of the NDEF file, wherever that is.
      const exchange = card.exchange.bind(card);
      card.exchange = (command) => {
        if (bytesToHex(command).startsWith("00b0000002") && reads++ === 0)
          reader.tearAway(write === 1 ? { write: 1 } : write);
        return exchange(command);
      };
      const sale = await terminal.charge(beer, {
        ...display,
        onNotice: (_sentence, why) => void (why === "torn" && reader.insert(card)),
      });
      expect([write, sale.state]).toEqual([write, "paid"]);
      expect(server.calls()).toHaveLength(1);
      expect(server.offers()).toEqual([write === 1 ? 1 : 2]);
    }
  });

  it("another card pays the same invoice after a Bolt Card's server says no", async () => {
    const { terminal, display, layNext, server, notices, whys } = await till({ whim: "says no" });
    const card = testCard({ nodeUri: await uriOf(network.payer) });
    const issuer = await testIssuer(network.payer, [{ card }]);
    ends.push(issuer.close);
    card.reader.remove();
    const sale = await terminal.charge(beer, {
      ...display,
      onNotice(sentence, why) {
        display.onNotice?.(sentence, why);
        if (why === "refused") layNext(card.card);
      },
    });
    expect(sale).toMatchObject({ state: "paid", initiation: { phase: "paid" } });
    expect(notices[0]).toBe(
      'Not paid, says the card\'s server, in its own words: "no money on \\u202ethe card". Tap again, or take another payment.',
    );
    expect(whys[0]).toBe("refused");
    expect(server.calls()).toHaveLength(1);
    expect(await issuer.account(card)).toMatchObject({ spent: sat(2500) });
  });

  it("a phone pays by the code while a Bolt Card's server is waited for", async () => {
    const { terminal, display, server } = await till({ whim: "says yes and does not pay" });
    const sale = await terminal.charge(beer, {
      ...display,
      onNotice: (sentence) => {
        if (sentence.includes("waiting for the money")) void pay(terminalInvoice());
      },
      onOpen: ({ invoice }) => {
        terminalInvoice = () => invoice;
      },
    });
    expect(sale.state).toBe("paid");
    await expect.poll(() => payments).toEqual(["settled"]);
    // The card has lain there all the time.
    expect([server.offers(), server.calls().length]).toEqual([[1], 1]);
  });
  let terminalInvoice = (): string => "";
});

describe("a Bolt Card's server that misbehaves", () => {
  it.each<[Whim, RegExp]>([
    ["refuses the card", /does not pay, in its own words: "card \\u001b\[2Jblocked"/],
    ["answers 10 MB", /cannot be reached \(answer: need at most 65536 bytes\)/],
    ["redirects", /cannot be reached \(redirects are not followed\)/],
    ["answers a page", /does not offer to pay \(answer: need JSON/],
    ["answers twice", /does not offer to pay \(answer: need JSON/],
    ["calls back without TLS elsewhere", /does not offer to pay \(answer\/callback: /],
    [
      "calls back into the network",
      /may not be asked \(metadata\.example leads to 203\.0\.113\.7, which is a reserved/,
    ],
  ])("%s: a sentence, nothing is asked for", async (whim, sentence) => {
    const { refused, notices, whys, server, store } = await till(
      { whim },
      { resolve: async () => ["203.0.113.7"] },
    );
    const sale = await refused();
    expect(sale.state).toBe("cancelled");
    expect(notices).toEqual([expect.stringMatching(sentence)]);
    expect(whys).toEqual(["refused"]);
    expect(server.calls()).toEqual([]);
    expect(server.elsewhere()).toEqual([]);
    expect(store.wasBoltCardAsked(sale.number)).toBe(false);
    if (whim === "answers 10 MB") await expect.poll(server.closed).toEqual(["cut"]);
  });

  it.each<Whim>(["never answers", "drips"])("%s: it is waited for so long and no longer", async (whim) => {
    const { refused, notices, server } = await till({ whim }, { timeoutMs: 300 });
    expect((await refused()).state).toBe("cancelled");
    expect(notices).toEqual([expect.stringMatching(/cannot be reached \(no answer in time\)/)]);
    expect(server.calls()).toEqual([]);
  });

  it.each<Whim>(["pays and never answers the callback", "pays and says no", "pays and hangs up"])(
    "%s: paid, since the money is there, and asked once",
    async (whim) => {
      const { terminal, display, server } = await till({ whim });
      const sale = await terminal.charge(beer, display);
      expect(sale).toMatchObject({ state: "paid", received: sat(2500) });
      await expect.poll(() => payments).toEqual(["settled"]);
      expect(server.calls()).toHaveLength(1);
    },
  );

  it.each<[Whim, RegExp]>([
    ["says yes and does not pay", /says that it will; waiting for the money/],
    ["says yes with another invoice", /says that it will; waiting for the money/],
    ["redirects the callback", /no clear answer \(redirects are not followed\)/],
    ["answers the callback with 10 MB", /no clear answer \(answer: need at most 65536 bytes\)/],
    ["says no", /^Not paid, says the card's server/],
  ])("%s: not paid, and asked once", async (whim, sentence) => {
    const { refused, notices, server } = await till({ whim });
    const sale = await refused();
    expect(sale).toMatchObject({ state: "cancelled", received: undefined });
    expect(notices).toEqual([expect.stringMatching(sentence)]);
    expect(server.calls()).toHaveLength(1);
    expect(server.elsewhere()).toEqual([]);
    expect(payments).toEqual([]);
  });

  it("gives one k1 for all: the same is not asked for twice", async () => {
    const { terminal, display, layNext, card, server, giveUp } = await till({
      ...{ whim: "one k1 for all", pin: "0042", pinLimit: 0 },
    });
    const notices: string[] = [];
    const sale = await terminal.charge(
      beer,
      {
        ...display,
        askPin: async () => "1111",
        onNotice(sentence) {
          notices.push(sentence);
          if (notices.length > 1) giveUp.abort();
          else layNext(card);
        },
      },
      giveUp.signal,
    );
    expect(sale.state).toBe("cancelled");
    expect(notices[1]).toMatch(/gave the same number again/);
    expect(server.calls()).toHaveLength(1);
  });

  it("is not running: a sentence, and nothing of the card's address is in it", async () => {
    const { refused, notices, server } = await till();
    await server.stop();
    expect((await refused()).state).toBe("cancelled");
    expect(notices).toEqual([expect.stringMatching(/cannot be reached \(ECONNREFUSED\)/)]);
    expect(notices.join()).not.toMatch(/p=|[0-9A-F]{16}/);
  });
});
