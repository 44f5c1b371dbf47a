import { sha256 } from "@noble/hashes/sha2.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AuditLog } from "../../cli/desk/audit-log.js";
import { bytesToHex, msat, sat } from "../../common/index.js";
import { bookUnmatched } from "../../issuer/ledger/book-unmatched.js";
import { verifyLedger } from "../../issuer/ledger/index.js";
import { listNodes } from "../../issuer/store/index.js";
import { openApiFile } from "../../server/api-file.js";
import { newFolder } from "../../testing/hooks.js";
import { type ApiClient, apiClient, apiEvents, keyOf } from "../../testing/server/api-client.js";
import { bareDesk } from "../../testing/server/bare-servers.js";

let served: Awaited<ReturnType<typeof bareDesk>>;
let desk: ApiClient;
let reader: ApiClient;

beforeAll(async () => {
  served = await bareDesk(newFolder("memory"));
  desk = apiClient(served.url, keyOf(served.folder, "desk").key);
  reader = apiClient(served.url, keyOf(served.folder, "read").key);
});
afterAll(() => served?.stop());

type Fields = Record<string, unknown>;

const lines = async () => (await reader("GET", "/v1/audit")).body.lines as Fields[];

/** A payment of the node that no authorization accounts for. @returns its hash */
async function unmatchedPayment(seed: number): Promise<string> {
  const preimage = new Uint8Array(32).fill(seed);
  const paymentHash = sha256(preimage);
  const node = (await listNodes(served.store.db))[0]?.node ?? 0n;
  const paid = { node, paymentHash, preimage, amount: sat(5), fee: msat(3n), sentAt: 1_800_000_000_000 };
  await bookUnmatched(served.store, [paid], 1_800_000_001_000);
  return bytesToHex(paymentHash);
}

const unmatched = async () => (await reader("GET", "/v1/alerts")).body.unmatched;

it("a payment without an authorization is written off once, with the reason and who did it, and leaves the alerts", async () => {
  const hash = await unmatchedPayment(7);
  expect(await unmatched()).toMatchObject([{ paymentHash: hash, amount: "5000", fee: "3" }]);
  const path = `/v1/unmatched/${hash}/write-off`;
  const order = { body: { note: "paid by hand" }, key: "bear-1" };
  expect((await reader("POST", path, order)).status).toBe(403);
  expect((await desk("POST", path, { ...order, key: "bear-0", body: { note: " " } })).status).toBe(400);
  expect((await desk("POST", path, { body: order.body })).body.detail).toMatch(/^Idempotency-Key/);
  expect(await unmatched()).toHaveLength(1);
  const first = await desk("POST", path, order);
  expect(first).toMatchObject({
    status: 200,
    body: { paymentHash: hash, state: "written-off", amount: "5000", fee: "3" },
  });
  expect(first.body.note).toMatch(/^paid by hand \(by test desk, key [0-9a-f]{12}\)$/);
  expect((await desk("POST", path, order)).body).toEqual(first.body);
  const other = await desk("POST", path, { body: { note: "lost" }, key: "bear-2" });
  expect([other.status, other.body.detail]).toEqual([
    409,
    expect.stringMatching(/written off before: paid by hand/),
  ]);
  expect(await unmatched()).toEqual([]);
  expect((await verifyLedger(served.store)).violations).toEqual([]);
  expect((await lines()).slice(0, 2)).toMatchObject([
    { action: "write-off", reference: "bear-2", outcome: "refused" },
    {
      action: "write-off",
      reference: "bear-1",
      who: "test desk",
      asked: { paymentHash: hash, note: "paid by hand" },
      outcome: "done",
      told: { amount: "5000", state: "written-off" },
    },
  ]);
  const none = await desk("POST", `/v1/unmatched/${"00".repeat(32)}/write-off`, { ...order, key: "bear-3" });
  expect([none.status, none.body.detail]).toEqual([400, expect.stringMatching(/^no unmatched payment/)]);
});

it("a card is retired once it has nothing left, and never before", async () => {
  const { cards } = (await reader("GET", "/v1/cards")).body as { cards: { card: string }[] };
  const card = cards[1]?.card ?? "";
  await desk("POST", `/v1/cards/${card}/top-up`, { body: { amount: "100sat" }, key: "in" });
  const early = await desk("POST", `/v1/cards/${card}/retire`);
  expect([early.status, early.body.detail]).toEqual([409, expect.stringMatching(/still has money on it/)]);
  await desk("POST", `/v1/cards/${card}/cash-out`, { key: "out" });
  expect(await desk("POST", `/v1/cards/${card}/retire`)).toMatchObject({
    status: 200,
    body: { card, state: "retired" },
  });
  expect((await desk("POST", `/v1/cards/${card}/unblock`)).status).toBe(409);
  expect((await lines())[1]).toMatchObject({ action: "retire", card, outcome: "done" });
});

it("the report is downloaded as CSV, as a spreadsheet of the country wants it", async () => {
  const csvOf = async (query: string) => String((await reader("GET", `/v1/report/csv${query}`)).body.csv);
  expect(await csvOf("")).toMatch(/^day,payee,payee_name,card,label,payments,amount_msat/);
  expect(await csvOf("?separator=semicolon&bom=true&fiatRate=61500eur")).toMatch(
    /^\uFEFFday;payee;.*;amount_msat/,
  );
  expect((await reader("GET", "/v1/report/csv?from=2026-02-30")).body.detail).toMatch(/^--from: need a date/);
});

it("a comparison with a node that is away says so, and nothing was compared", async () => {
  expect((await reader("POST", "/v1/closing/reconcile")).status).toBe(403);
  await desk("POST", "/v1/closing/reconcile");
  await expect
    .poll(async () => (await reader("GET", "/v1/job")).body.job)
    .toMatchObject({ kind: "reconcile", state: "failed", problem: { detail: "this desk has no node" } });
});

it("a key that is made at the desk is shown once, stands in no log or file, and its end ends its streams", async () => {
  expect((await reader("POST", "/v1/keys", { body: { name: "x", role: "read" } })).status).toBe(403);
  for (const body of [{ name: " ", role: "read" }, { name: "x", role: "till" }, { name: "x" }])
    expect((await desk("POST", "/v1/keys", { body })).status).toBe(400);
  const made = await desk("POST", "/v1/keys", { body: { name: " Anna ", role: "desk" } });
  expect([made.status, made.body]).toEqual([
    201,
    expect.objectContaining({ name: "Anna", role: "desk", key: expect.stringMatching(/^cqk_/) }),
  ]);
  const { id, key } = made.body as Record<string, string>;
  const anna = apiClient(served.url, key);
  const listed = (await anna("GET", "/v1/keys")).body as { keys: Fields[] };
  expect(listed.keys.filter((one) => one.id === id)).toMatchObject([{ name: "Anna", role: "desk" }]);
  const offered = await anna("POST", "/v1/keys/pair", { body: { role: "read" } });
  const { code = "" } = offered.body as Record<string, string>;
  const paired = await apiClient(served.url, undefined)("POST", "/v1/pair", {
    body: { code, name: "phone" },
  });
  expect(paired).toMatchObject({ status: 201, body: { role: "read", name: "phone" } });
  const stream = await apiEvents(served.url, "/v1/job/events", key ?? "");
  await stream.next();
  // Somebody gives the key itself where its id belongs.
  expect((await desk("POST", `/v1/keys/${key}/revoke`)).status).toBe(400);
  expect(await desk("POST", `/v1/keys/${id}/revoke`)).toMatchObject({ status: 200, body: { id } });
  for await (const _ of stream);
  expect((await anna("GET", "/v1/keys")).status).toBe(401);
  const log = await lines();
  expect(log.slice(0, 4)).toMatchObject([
    { action: "revoke-key", asked: { key: id }, told: { id, name: "Anna", role: "desk" } },
    { action: "pairDevice", who: "(pairing)", told: { name: "phone", role: "read" } },
    { action: "pair-key", who: "Anna", asked: { role: "read" } },
    { action: "add-key", who: "test desk", asked: { name: "Anna", role: "desk" }, told: { id } },
  ]);
  const audit = new AuditLog(served.folder);
  const file = openApiFile(served.folder);
  const kept = [
    JSON.stringify([listed, audit.list({ limit: 1000 })]),
    ...["key", "pairing", "request"].map((table) =>
      JSON.stringify(file.all(`select * from ${table}`, [], (row: Fields) => Object.values(row))),
    ),
  ].join("\n");
  audit.close();
  file.close();
  for (const secret of [key, code, paired.body.key]) expect(kept).not.toContain(secret);
  expect(served.faults).toEqual([]);
});
