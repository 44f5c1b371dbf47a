import { writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createEmbeddedNode } from "../../cli/embedded-node.js";
import { RateBook } from "../../host/terminal/rate-book.js";
import { fetchRate } from "../../server/till/rate-fetch.js";
import { RatePoller } from "../../server/till/rate-poller.js";
import { knownSource, priceIn, RATE_SOURCES } from "../../server/till/rate-sources.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { apiClient, keyOf, serveCommand } from "../../testing/server/api-client.js";
import { bareTill } from "../../testing/server/bare-servers.js";
import { price, rateServer } from "../../testing/server/rate-server.js";

const closes: (() => void)[] = [];
afterEach(() => {
  for (const close of closes.splice(0)) close();
});
async function source(answer: (response: ServerResponse, path: string) => void) {
  const server = await rateServer(answer);
  closes.push(server.close);
  return server;
}
const fetched = (url: string, more: Parameters<typeof fetchRate>[1] = {}) =>
  fetchRate({ url, path: "data.amount" }, more);

describe("a price in an answer", () => {
  it.each([
    ["bitstamp", '{"last":"61500.25","volume":"1"}', "61500.25"],
    ["coinbase", '{"data":{"amount":"61500.256","base":"BTC","currency":"EUR"}}', "61500.25"],
    ["coingecko", '{"bitcoin":{"eur":61500}}', "61500"],
    ["kraken", '{"error":[],"result":{"XXBTZEUR":{"a":["1"],"c":["61500.20000","0.1"]}}}', "61500.20"],
    ["mempool", '{"time":1,"USD":70000,"EUR":61500}', "61500"],
  ])("of %s is found", (name, body, found) => {
    const known = knownSource(name, "eur");
    expect(priceIn(body, known?.path ?? "")).toBe(found);
    expect(known?.url).toMatch(/^https:\/\/[a-z.]+\/\S+$/);
    expect(known?.url).not.toMatch(/[{}]/);
  });
  it("is there for every source that is known", () => expect(RATE_SOURCES).toHaveLength(5));

  it.each([
    ["{", "a", "answer: need JSON"],
    ["{}", "a", 'path: need a price above 0 at "a", have nothing'],
    ['{"a":0}', "a", 'path: need a price above 0 at "a", have 0'],
    ['{"a":"0.00"}', "a", "need a price above 0"],
    ['{"a":-5}', "a", "have -5"],
    ['{"a":1e30}', "a", "have 1e+30"],
    ['{"a":"12 EUR"}', "a", 'have "12 EUR"'],
    ['{"a":{"b":1,"c":2}}', "a.*", 'need one member at "*" of "a.*", have 2'],
    ['{"a":1}', "a.b", '"a.b" leads to 1 before "b"'],
    ['{"a":1}', "constructor", "have nothing"],
    ['{"a":1}', "__proto__.a", 'leads to nothing before "a"'],
  ])("is refused where %s has none at %s", (body, path, message) =>
    expect(() => priceIn(body, path)).toThrow(message),
  );
});

describe("a source of rates", () => {
  it("is asked for its price", async () => {
    const { url } = await source(price("61500.5"));
    expect(await fetched(url)).toEqual({ price: "61500.5" });
  });

  it("that redirects is not followed", async () => {
    const other = await source(price("1"));
    const { url } = await source((response) => void response.writeHead(302, { location: other.url }).end());
    expect(await fetched(url)).toEqual({
      problem: "answer: need status 200, have 302; redirects are not followed",
    });
    expect(other.asked).toEqual([]);
  });

  it("that sends ten megabytes is cut off", async () => {
    let sent = 0;
    const { url } = await source((response) => {
      const chunk = " ".repeat(100_000);
      const more = (): void => {
        for (; sent < 10_000_000; sent += chunk.length)
          if (!response.write(chunk)) return void response.once("drain", more);
        response.end("1");
      };
      more();
    });
    expect(await fetched(url)).toEqual({ problem: "answer: need at most 65536 bytes" });
    expect(sent).toBeLessThan(10_000_000);
  });

  it("that never ends its answer is given up", async () => {
    const { url } = await source((response) => void response.write('{"data":'));
    expect(await fetched(url, { answerMs: 200 })).toEqual({
      problem: "it cannot be reached (no answer in time)",
    });
  });

  it("that is not there, or answers with an error, has no price", async () => {
    const { url, close } = await source(
      (response) => void response.writeHead(500).end(JSON.stringify({ data: { amount: 1 } })),
    );
    expect(await fetched(url)).toEqual({ problem: "answer: need status 200, have 500" });
    close();
    expect(await fetched(url)).toEqual({ problem: "it cannot be reached (ECONNREFUSED)" });
  });

  it("is not asked at a private address, whatever its name says", async () => {
    const at = (address: string) =>
      fetched("https://rates.example/x", { resolve: async () => ["93.184.216.34", address] });
    for (const address of ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1"])
      expect(await at(address)).toEqual({
        problem: expect.stringMatching(/^url: need a name of public addresses/),
      });
    expect(await fetched("http://rates.example/x")).toEqual({ problem: expect.stringMatching(/need https/) });
    expect(await fetched("https://192.168.1.1/x")).toEqual({
      problem: expect.stringMatching(/need a public address/),
    });
  });

  it("that lies once does not change the rate, and its lie is held", async () => {
    const { url, answerWith } = await source(price(60000));
    const book = new RateBook(
      join(newFolder("memory"), "rate.json"),
      { bandPercent: 10, maxAgeSeconds: 3600 },
      { currency: "eur" },
    );
    const from = { name: "liar", url, path: "data.amount" };
    const poller = new RatePoller(from, book, (of, signal) => fetchRate(of, { signal }));
    await poller.ask();
    answerWith(price(600));
    await poller.ask();
    expect([book.last?.price, book.held?.price, poller.problem]).toEqual(["60000eur", "600eur", undefined]);
    answerWith(price("nothing"));
    await poller.ask();
    expect(poller.problem).toMatch(/need a price above 0/);
    answerWith(price(60100));
    await poller.ask();
    expect([book.last?.price, book.held, poller.problem]).toEqual(["60100eur", undefined, undefined]);
    await poller.close();
  });
});

describe("a till with a source of rates", () => {
  const serve = async (from: { readonly url: string }, more = "") => {
    const till = await bareTill(
      newFolder("memory"),
      `currency: eur\nrate-source:\n  url: ${from.url}\n  path: data.amount\n${more}`,
    );
    const client = (role: "till" | "shift-lead") => apiClient(till.url, keyOf(till.folder, role).key);
    return { ...till, till: client("till"), lead: client("shift-lead") };
  };

  it("charges in the currency as soon as there is a rate, and not before", async () => {
    const from = await source((response) => void response.writeHead(503).end());
    const { till, lead, stop } = await serve(from);
    try {
      const quote = (amount: string) => till("POST", "/v1/quotes", { body: { items: [{ amount }] } });
      await expect
        .poll(async () => (await till("GET", "/v1/rate")).body)
        .toEqual({
          source: "127.0.0.1",
          problem: "answer: need status 200, have 503",
        });
      expect(await quote("3.50")).toMatchObject({
        status: 400,
        body: { detail: expect.stringMatching(/price of one bitcoin in EUR/) },
      });
      expect(await quote("3500sat")).toMatchObject({ status: 200, body: { amount: "3500000" } });
      expect(await till("POST", "/v1/rate", { body: { rate: "50000eur" } })).toMatchObject({ status: 403 });
      expect(await lead("POST", "/v1/rate", { body: { rate: "50000" } })).toMatchObject({
        status: 200,
        body: { last: { price: "50000eur", from: "hand", isTooOld: false } },
      });
      expect(await quote("3.50")).toMatchObject({
        status: 200,
        body: { amount: "7000000", inCurrency: "3.50 EUR" },
      });
      expect((await quote("3500sat")).body.inCurrency).toBe("1.75 EUR");
      const far = (confirmed?: true) =>
        lead("POST", "/v1/rate", { body: { rate: "5000eur", ...(confirmed ? { confirmed } : {}) } });
      expect(await far()).toMatchObject({ status: 409, body: { code: "confirm" } });
      expect((await quote("3.50")).body.amount).toBe("7000000");
      expect((await far(true)).status).toBe(200);
      expect((await quote("3.50")).body.amount).toBe("70000000");
    } finally {
      await stop();
    }
  });

  it("refuses amounts in the currency once the rate is too old, and sells in satoshi", async () => {
    const from = await source((response) => void response.writeHead(503).end());
    const { folder, till, lead, stop, url } = await serve(from, "rate-max-age-minutes: 5\n");
    await lead("POST", "/v1/rate", { body: { rate: "50000eur" } });
    const charge = (body: object, key: string) => till("POST", "/v1/charges", { body, key });
    const before = await charge({ items: [{ amount: "3.50" }] }, "before");
    expect(before).toMatchObject({ status: 201, body: { fiat: "3.50 EUR" } });
    await till("POST", `/v1/charges/${before.body.number}/cancel`);
    expect(await stop()).toBe(130);
    const at = Math.floor(Date.now() / 1000) - 301;
    writeFileSync(join(folder, "rate.json"), JSON.stringify({ price: "50000eur", at, from: "hand" }));
    const args = ["--node", folder, "--card", join(folder, "../card.json"), "--http", "127.0.0.1:0"];
    const again = await serveCommand(["terminal", "serve", ...args]);
    try {
      expect(again.url).not.toBe(url);
      const ask = apiClient(again.url, keyOf(folder, "till").key);
      const old = {
        status: 409,
        body: { code: "rate-too-old", detail: expect.stringMatching(/5 minutes old/) },
      };
      expect(await ask("POST", "/v1/charges", { body: { amount: "3.50" }, key: "a" })).toMatchObject(old);
      expect(
        await ask("POST", "/v1/charges", { body: { items: [{ amount: "3.50" }] }, key: "b" }),
      ).toMatchObject(old);
      expect(await ask("POST", "/v1/quotes", { body: { items: [{ amount: "3.50" }] } })).toMatchObject(old);
      expect((await ask("GET", "/v1/rate")).body.last).toMatchObject({ isTooOld: true, at });
      // What was charged before stays charged, whatever the rate is by now.
      const same = await ask("POST", "/v1/charges", { body: { items: [{ amount: "3.50" }] }, key: "before" });
      expect([same.status, same.body.number]).toEqual([201, before.body.number]);
      expect((await ask("POST", "/v1/charges", { body: { amount: "100sat" }, key: "c" })).status).toBe(201);
    } finally {
      await again.stop();
    }
  });
});

describe("settings of rates and tips", () => {
  const shop = () => {
    const folder = newFolder("memory");
    createEmbeddedNode(join(folder, "shop"), { alias: "bar" });
    return join(folder, "shop");
  };
  it.each([
    ["rate-source:\n  from: kraken\n", /rate-source: need a currency beside it/],
    ["currency: eur\nrate-source:\n  from: nowhere\n", /need one of bitstamp, coinbase/],
    ["currency: eur\nrate-source:\n  url: https://rates.example/\n", /need either from, or url and path/],
    [
      "currency: eur\nrate-source:\n  url: http://rates.example/\n  path: a\n",
      /rate-source\/url: need https/,
    ],
    ["currency: eur\nrate-source:\n  url: https://10.0.0.1/\n  path: a\n", /need a public address/],
    ["tips:\n  percents: [0]\n", /percents/],
    ["tips:\n  amounts: [1eur]\n", /tips\/amounts: need a currency beside it, have "1eur"/],
    ["currency: eur\ntips:\n  amounts: [1usd]\n", /tips\/amounts: need EUR/],
    ["rate-band-percent: 90\n", /rate-band-percent/],
  ])("that cannot be meant are refused at the start (%#)", async (text, message) => {
    const node = shop();
    writeFileSync(join(node, "terminal.yaml"), text);
    const { exitCode, err } = await chequecard([
      ...["terminal", "serve", "--node", node],
      "--card",
      "none.json",
      "--http",
    ]);
    expect([exitCode === 0, err]).toEqual([false, expect.stringMatching(message)]);
  });
});
