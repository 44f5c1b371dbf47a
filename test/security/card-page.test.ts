import { readFileSync } from "node:fs";
import { afterAll, beforeEach, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { replaceCard, revokeCardPage, showCard } from "../../issuer/ledger/index.js";
import { newPageSecret } from "../../keys/index.js";
import type { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench, type Service, startService } from "../../testing/issuer/service.js";
import { sendRaw } from "../../testing/server/bad-requests.js";
import { CODE, givePage, servePagesOf } from "../../testing/server/card-pages.js";

const bench = new Bench();
afterAll(() => bench.close());

let service: Service;
let card: SigningCard;
let secret: string;
let close: () => Promise<void>;

beforeEach(async () => {
  const location = await bench.location("sqlite");
  service = await startService(bench, "sqlite", {}, {}, location);
  card = await service.card(1);
  secret = await givePage(service, card);
  path = location;
  close = async () => undefined;
  return async () => {
    await close();
    await service.close();
  };
});
let path: string;

async function serve(behindProxy = false) {
  const pages = await servePagesOf(service, { behindProxy });
  const before = close;
  close = async () => {
    await pages.close();
    await before();
  };
  const origin = `https://${new URL(pages.url).host}`;
  return {
    ...pages,
    /** A try from somewhere else. */
    from: (address: string, code: string, of = secret) =>
      pages.open(of, code, { origin, "x-forwarded-for": address }),
  };
}

const codes = (answers: readonly { readonly body: Record<string, unknown> }[]) =>
  answers.map(({ body }) => body.code);

it("who photographed the card's back has three guesses, then waits that grow, also where the service starts again", async () => {
  const first = await serve();
  for (let i = 0; i < 3; i++) expect((await first.open(secret, `0000000${i}`)).body.code).toBe("wrong");
  const locked = await first.open(secret, "00000003");
  expect([locked.status, locked.headers.get("retry-after")]).toEqual([429, "60"]);
  const second = await serve();
  expect((await second.open(secret, CODE)).body.code).toBe("locked");
  service.clock.pass(60_000);
  expect((await second.open(secret, "00000003")).body.code).toBe("wrong");
  expect((await second.open(secret, CODE)).headers.get("retry-after")).toBe("300");
  expect(first.hashes() + second.hashes()).toBe(4);
});

it("guesses that are sent all at once, to two processes, are no more than three", async () => {
  const servers = [await serve(), await serve()];
  for (let round = 0; round < 3; round++)
    await Promise.all(
      servers.flatMap((pages) =>
        Array.from({ length: 12 }, (_, i) => pages.open(secret, `1111111${i % 10}`)),
      ),
    );
  expect(servers.reduce((sum, { hashes }) => sum + hashes(), 0)).toBe(3);
  expect((await servers[0]?.open(secret, CODE))?.body.code).toBe("locked");
});

it("secrets that are no card's, revoked ones and wrong codes have one answer and cost the same work", async () => {
  const pages = await serve(true);
  const workOf = async (of: string, code: string) => {
    const before = { queries: service.store.queries(), hashes: pages.hashes() };
    const { status, body, headers } = await pages.from(`192.0.2.${before.hashes}`, code, of);
    return {
      ...{ status, body, length: headers.get("content-length"), type: headers.get("content-type") },
      queries: service.store.queries() - before.queries,
      hashes: pages.hashes() - before.hashes,
    };
  };
  const wrong = await workOf(secret, "00000000");
  expect(wrong).toMatchObject({ status: 403, hashes: 1, body: { code: "wrong" } });
  expect(await workOf(newPageSecret(), CODE)).toEqual(wrong);
  await revokeCardPage(service.store, card.cardId, service.clock.now);
  expect(await workOf(secret, CODE)).toEqual(wrong);
  expect(await workOf(secret, "00000000")).toEqual(wrong);
  // One after the other: the third wrong one locks each of them.
  for (const of of [secret, newPageSecret()]) {
    const said = [];
    for (let i = 0; i < 4; i++) said.push((await pages.from("198.51.100.9", CODE, of)).body.code);
    expect(said).toEqual(["wrong", "wrong", "wrong", "locked"]);
  }
});

it("a session that was overheard reads and blocks for ten minutes at most, and ends with the secret", async () => {
  const pages = await serve();
  const { session } = (await pages.open(secret)).body;
  expect((await pages.read(session)).status).toBe(200);
  for (const forged of ["", "x", String(session).slice(1), `${session}A`, String(session).toLowerCase()])
    expect([forged, (await pages.read(forged)).status, (await pages.block(forged)).status]).toEqual([
      ...[forged, 401, 401],
    ]);
  await givePage(service, card);
  expect((await pages.block(session)).status).toBe(401);
  expect((await showCard(service.store.db, card.cardId)).state).toBe("active");
  // Another process knows nothing of it.
  const other = await serve();
  expect((await other.read(session)).status).toBe(401);
});

it("another site's page in the holder's browser neither opens nor blocks a card", async () => {
  const pages = await serve();
  const { session } = (await pages.open(secret)).body;
  const { host } = new URL(pages.url);
  const send = (headers: Record<string, string>, path = "/v1/block") =>
    sendRaw(pages.url, {
      ...{ method: "POST", path },
      headers: {
        ...{ host, authorization: `Bearer ${session}`, "content-type": "application/json" },
        ...headers,
      },
      body: path === "/v1/block" ? '{"confirmed":true}' : JSON.stringify({ secret, code: CODE }),
    });
  for (const path of ["/v1/block", "/v1/open"])
    for (const [headers, status] of [
      [{ origin: "https://evil.example" }, 403],
      [{ origin: "null" }, 403],
      [{ "sec-fetch-site": "cross-site" }, 403],
      [{ host: "evil.example" }, 421],
      [{ "content-type": "text/plain" }, 415],
      [{ "content-type": "application/x-www-form-urlencoded" }, 415],
    ] as const)
      expect([path, headers, (await send({ ...headers }, path)).status]).toEqual([path, headers, status]);
  // A link opens the page, which shows nothing without the code; it asks for nothing else.
  const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  const follow = async (method: string, path: string, more = {}) =>
    (await sendRaw(pages.url, { method, path, headers: { host, ...link, ...more }, body: undefined })).status;
  expect(await follow("GET", "/")).toBe(200);
  expect(await follow("GET", "/", { "sec-fetch-dest": "iframe" })).toBe(403);
  for (const path of ["/", "/v1/block", "/v1/open"])
    expect([path, await follow("POST", path)]).toEqual([path, 403]);
  expect((await send(link)).status).toBe(403);
  expect((await showCard(service.store.db, card.cardId)).state).toBe("active");
  expect((await send({ origin: `http://${host}` })).status).toBe(200);
});

it("a flood of wrong codes waits in a bounded queue, and payments go on beside it", async () => {
  const pages = await serve(true);
  const flood = Array.from({ length: 90 }, (_, i) =>
    pages.from(`203.0.${i % 100}.${i}`, "00000000", i % 2 ? secret : newPageSecret()),
  );
  for (let serial = 1; serial <= 10; serial++) {
    const paid = await service.tap(card, serial, sat(10));
    expect(paid.outcome).not.toBe("rejected");
  }
  const said = codes(await Promise.all(flood));
  expect(said.filter((code) => code === "busy").length).toBeGreaterThanOrEqual(50);
  expect(pages.hashes()).toBeLessThan(50);
  expect((await showCard(service.store.db, card.cardId)).spent).toBe(sat(100));
  expect(pages.faults).toEqual([]);
});

it("who knows the secret cannot keep the holder out: one network locks itself alone, and a new secret ends it", async () => {
  const pages = await serve(true);
  for (let hour = 0; hour < 4; hour++) {
    service.clock.pass(60 * 60_000);
    for (let i = 0; i < 4; i++) await pages.from("203.0.113.66", "00000000");
  }
  expect((await pages.from("203.0.113.66", CODE)).body.code).toBe("locked");
  expect((await pages.from("192.0.2.1", CODE)).status).toBe(200);
  // From many networks, until the tries that all of them share are used up.
  await Promise.all(
    Array.from({ length: 25 }, (_, i) => pages.from(`2001:db8:${i.toString(16)}::1`, "00000000")),
  );
  expect((await pages.from("192.0.2.1", CODE)).body.code).toBe("locked");
  service.clock.pass(3 * 60_000);
  expect((await pages.from("192.0.2.1", CODE)).status).toBe(200);
  secret = await givePage(service, card);
  expect((await pages.from("192.0.2.1", CODE)).status).toBe(200);
});

it("the code of a letter that was found opens nothing without the card, nor another card's page", async () => {
  const pages = await serve();
  const other = await service.card(2);
  const others = await givePage(service, other);
  await replaceCard(service.store, card.cardId, other.cardId, service.clock.now);
  expect((await pages.open("", CODE)).body.code).toBe("wrong");
  const opened = await pages.open(secret);
  expect(opened.body.card).toMatchObject({ standing: "replaced", left: "0", payments: [] });
  expect(JSON.stringify(opened.body)).not.toContain(Buffer.from(other.cardId).toString("hex"));
  expect((await pages.open(others)).body.card).toMatchObject({ left: "40000000" });
});

it("a stolen ledger has neither secrets nor codes, and names no visitor", async () => {
  const pages = await serve(true);
  await pages.from("203.0.113.77", "00000000");
  await pages.from("203.0.113.78", CODE);
  await close();
  close = async () => undefined;
  const bytes = Buffer.concat([path, `${path}-wal`].map((file) => readFileSync(file)));
  for (const hidden of [
    Buffer.from(secret),
    Buffer.from(secret, "base64url"),
    Buffer.from(CODE),
    Buffer.from("203.0.113.77"),
    Buffer.from([203, 0, 113, 77]),
  ])
    expect([hidden.toString("hex"), bytes.includes(hidden)]).toEqual([hidden.toString("hex"), false]);
});
