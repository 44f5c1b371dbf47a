import { afterAll, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import {
  blockCard,
  cashOutCard,
  fundCard,
  replaceCard,
  retireCard,
  revokeCardPage,
  showCard,
} from "../../issuer/ledger/index.js";
import { blockedCards } from "../../issuer/reports/index.js";
import { networkOf } from "../../server/card-page/visitor.js";
import { Bench, startService } from "../../testing/issuer/service.js";
import { PAYEE } from "../../testing/nodes/scripted-node.js";
import { CODE, givePage, servePagesOf } from "../../testing/server/card-pages.js";

const bench = new Bench();
afterAll(() => bench.close());

async function issuer(options: Parameters<typeof servePagesOf>[1] = {}) {
  const service = await startService(bench, "sqlite");
  const card = await service.card(1);
  const secret = await givePage(service, card);
  const pages = await servePagesOf(service, options);
  return {
    ...{ service, card, secret, pages },
    async [Symbol.asyncDispose]() {
      await pages.close();
      await service.close();
    },
  };
}

it("an opened page tells what is on the card, what it paid and to whom", async () => {
  await using on = await issuer();
  const { service, card, secret, pages } = on;
  await service.tap(card, 1, sat(1000));
  service.node.set(2, "fail");
  await service.tap(card, 2, sat(500));
  service.clock.now += 1000;
  const refund = await service.refund(1, sat(300));
  service.pay(refund?.invoice, true);
  await service.refunds.resolve();
  const { status, body } = await pages.open(secret);
  expect([status, body]).toEqual([
    200,
    {
      session: expect.stringMatching(/^[\w-]{43}$/),
      seconds: 600,
      card: {
        label: expect.stringMatching(/^card /),
        standing: "active",
        left: "19300000",
        inCurrency: { sum: "9.65", currency: "EUR" },
        inFlight: "0",
        waits: true,
        desk: "Info tent",
        payments: [
          { at: expect.any(String), amount: "500000", refunded: "0", payee: "Bar", state: "not-paid" },
          {
            ...{ at: "2027-01-15T08:00:00.000Z", amount: "1000000", refunded: "300000" },
            ...{ payee: "Bar", state: "paid" },
          },
        ],
      },
    },
  ]);
  expect((await pages.read(body.session)).body).toEqual(body.card);
  expect(JSON.stringify(body)).not.toContain(PAYEE);
  expect(pages.faults).toEqual([]);
});

it("a page blocks its card once it is confirmed, and the desk learns who did it", async () => {
  await using on = await issuer();
  const { service, card, secret, pages } = on;
  const { session } = (await pages.open(secret)).body;
  for (const body of [{}, { confirmed: false }, { confirmed: true, more: 1 }, "true"])
    expect([body, (await pages.block(session, body)).status]).toEqual([body, 400]);
  expect((await showCard(service.store.db, card.cardId)).state).toBe("active");
  const blocked = await pages.block(session);
  expect([blocked.status, blocked.body]).toMatchObject([200, { standing: "blocked", waits: true }]);
  expect((await showCard(service.store.db, card.cardId)).state).toBe("blocked");
  expect((await pages.block(session)).status).toBe(200);
  expect(await blockedCards(service.store.db, 0)).toMatchObject([{ cause: "holder-block", sequence: 1n }]);
  expect((await service.tap(card, 1, sat(10))).outcome).toBe("rejected");
  expect(pages.audit).toMatchObject([
    { entry: { who: "the holder, on the card's page", action: "block" }, result: { outcome: "done" } },
    { entry: { action: "block" }, result: { outcome: "done" } },
  ]);
});

it("a page says that its card was paid out, replaced or taken out of use, and shows nothing of the next one", async () => {
  await using on = await issuer();
  const { service, card, secret, pages } = on;
  const { store, clock } = service;
  const { session } = (await pages.open(secret)).body;
  const standing = async () => (await pages.read(session)).body;
  await blockCard(store, card.cardId, clock.now);
  expect(await standing()).toMatchObject({ standing: "blocked", left: "20000000" });
  await cashOutCard(store, card.cardId, "", clock.now);
  expect(await standing()).toMatchObject({ standing: "paid-out", left: "0" });
  const next = await service.card(2, sat(5000));
  await fundCard(store, card.cardId, sat(10), "", clock.now);
  await replaceCard(store, card.cardId, next.cardId, clock.now);
  await service.tap(next, 1, sat(77));
  expect(await standing()).toMatchObject({ standing: "replaced", left: "0", payments: [] });
  expect((await pages.block(session)).status).toBe(409);
  const unused = await service.card(3, sat(0));
  const other = await givePage(service, unused);
  await retireCard(store, unused.cardId, clock.now);
  expect((await pages.open(other)).body.card).toMatchObject({ standing: "retired" });
});

it("a session ends after ten minutes, when the secret is revoked and when another one is made", async () => {
  await using on = await issuer();
  const { service, card, secret, pages } = on;
  const { session } = (await pages.open(secret)).body;
  service.clock.pass(9 * 60_000);
  expect((await pages.read(session)).status).toBe(200);
  service.clock.pass(60_001);
  expect(await pages.read(session)).toMatchObject({ status: 401, body: { code: "no-session" } });
  const second = (await pages.open(secret)).body.session;
  const fresh = await givePage(service, card);
  expect((await pages.read(second)).status).toBe(401);
  expect((await pages.block(second)).status).toBe(401);
  const third = (await pages.open(fresh)).body.session;
  await revokeCardPage(service.store, card.cardId, service.clock.now);
  expect((await pages.block(third)).status).toBe(401);
  expect((await showCard(service.store.db, card.cardId)).state).toBe("active");
});

it("the listener has no route but the page's own, and nothing that may be kept or indexed", async () => {
  await using on = await issuer();
  const { pages, secret } = on;
  for (const [method, path] of [
    ["GET", "/v1/cards"],
    ["GET", "/v1/openapi.json"],
    ["GET", "/api"],
    ["GET", "/desk"],
    ["GET", "/metrics"],
    ["GET", "/health"],
    ["GET", "/v1/open"],
    ["GET", "/v1/read"],
    ["POST", "/"],
    ["POST", "/v1/pair"],
    ["POST", "/v1/cards/x/block"],
    ["GET", "/assets/../../package.json"],
    ["GET", "/assets/none.js"],
  ] as const)
    expect([path, (await pages.ask(method, path)).status]).toEqual([path, 404]);
  const robots = await pages.ask("GET", "/robots.txt");
  expect(robots.body.text).toBe("User-agent: *\nDisallow: /\n");
  for (const answer of [robots, await pages.open(secret), await pages.ask("GET", "/")]) {
    const { headers } = answer;
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-robots-tag")).toMatch(/noindex/);
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    expect(headers.get("set-cookie")).toBeNull();
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  }
});

it("what is no request of the page gets a sentence, without what was sent", async () => {
  await using on = await issuer();
  const { pages, secret } = on;
  const cases = [
    ["{", 400],
    ["[]", 400],
    [{ secret }, 400],
    [{ secret, code: CODE, more: true }, 400],
    [{ secret: "x".repeat(65), code: CODE }, 400],
    [{ secret, code: 12345678 }, 400],
    [{ secret: "x".repeat(2000), code: CODE }, 413],
  ] as const;
  for (const [body, status] of cases) {
    const answer = await pages.ask("POST", "/v1/open", { body });
    expect([body, answer.status, String(answer.body.detail).length > 0]).toEqual([body, status, true]);
    expect(JSON.stringify(answer.body)).not.toContain(CODE);
    expect(JSON.stringify(answer.body)).not.toContain(secret);
  }
  const plain = { headers: { "content-type": "text/plain" } };
  expect((await pages.ask("POST", "/v1/open", { body: { secret, code: CODE }, ...plain })).status).toBe(415);
});

it("a database that is away is no more than that to a visitor, and the log has no secret", async () => {
  await using on = await issuer();
  const { service, pages, secret } = on;
  await service.store.db.schema.alterTable("card_pages").renameTo("gone").execute();
  const answer = await pages.open(secret);
  expect([answer.status, answer.body]).toMatchObject([503, { code: "not-available" }]);
  expect(JSON.stringify(answer.body)).not.toMatch(/card_pages|sqlite/i);
  expect(pages.faults).toEqual([expect.stringMatching(/^POST \/v1\/open: /)]);
  await service.store.db.schema.alterTable("gone").renameTo("card_pages").execute();
  expect((await pages.open(secret)).status).toBe(200);
});

it.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2::9", "2001:db8:1::"],
  ["2001:0DB8:0001:ffff:1:2:3:4", "2001:db8:1::"],
  ["2001:db8::9", "2001:db8:0::"],
  ["fe80::1%eth0", "fe80:0:0::"],
  ["::1", "0:0:0::"],
  ["", "unknown"],
  ["evil", "unknown"],
])("the network of a visitor from %s is %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

it("behind a proxy a visitor is who the proxy says, and never who the visitor says", async () => {
  await using on = await issuer({ behindProxy: true });
  const { pages, secret } = on;
  const { host } = new URL(pages.url);
  const from = (address: string, code: string) =>
    pages.open(secret, code, { origin: `https://${host}`, "x-forwarded-for": address });
  for (let i = 0; i < 3; i++) expect((await from(`203.0.113.${i}, 192.0.2.66`, "00000000")).status).toBe(403);
  const locked = await from("198.51.100.1, 192.0.2.66", CODE);
  expect([locked.status, locked.body.code, locked.headers.get("retry-after")]).toEqual([429, "locked", "60"]);
  expect((await from("192.0.2.66, 198.51.100.1", CODE)).status).toBe(200);
});
