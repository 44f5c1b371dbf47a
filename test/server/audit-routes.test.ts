import { afterAll, beforeAll, expect, it } from "vitest";
import { AuditLog } from "../../cli/desk/audit-log.js";
import { newFolder } from "../../testing/hooks.js";
import { type ApiClient, apiClient, keyOf } from "../../testing/server/api-client.js";
import { bareDesk } from "../../testing/server/bare-servers.js";

const CARD = "6465736b2d303031";
const OTHER = "6465736b2d303032";
let desk: Awaited<ReturnType<typeof bareDesk>>;
let ask: ApiClient;
let keyId: string;

/** A request that is understood, and what its line says: done, unless the desk has to refuse it. */
interface Change {
  readonly action: string;
  readonly named?: string;
  readonly body?: object;
  readonly outcome?: "refused";
  /** A long job has a line of its own, for how it ended. */
  readonly isJob?: true;
}
const noReader = { outcome: "refused" } as const;

/** By the names of the operations, in the order in which they are asked for. */
const CHANGES: Readonly<Record<string, Change>> = {
  topUpCard: { action: "top-up", body: { amount: "5000sat" } },
  reverseTopUp: { action: "reverse", body: { topUp: "99" }, outcome: "refused" },
  limitCard: { action: "limits", body: { maxPerTransaction: "100sat" } },
  blockCard: { action: "block" },
  unblockCard: { action: "unblock" },
  moveMoney: { action: "move", body: { amount: "5sat" }, outcome: "refused" },
  newPin: { action: "new-pin", ...noReader },
  deliverUpdate: { action: "deliver", ...noReader },
  laySimulatedCard: { action: "lay-simulated-card", ...noReader },
  stopJob: { action: "stop-job", body: { id: "1" }, outcome: "refused" },
  beginBatch: { action: "begin-batch", body: { name: "a", profile: "profile.yaml", count: 1 }, ...noReader },
  runBatch: { action: "personalize", named: "a", ...noReader },
  replaceCard: { action: "replace", body: { by: OTHER } },
  cashOutCard: { action: "cash-out", named: OTHER },
  retireCard: { action: "retire", named: OTHER },
  writeOffPayment: {
    ...{ action: "write-off", named: "ab".repeat(32), body: { note: "by hand" }, outcome: "refused" },
  },
  compareWithNode: { action: "reconcile", isJob: true },
  addKey: { action: "add-key", body: { name: "tablet", role: "read" } },
  offerKey: { action: "pair-key", body: { role: "read" } },
  blockAllCards: { action: "block-all", isJob: true },
  payOutAllCards: { action: "pay-out-all", isJob: true },
  verifyLedger: { action: "verify", isJob: true },
  pairDevice: { action: "pairDevice", body: { code: "x", name: "y" }, outcome: "refused" },
  revokeKey: { action: "revoke-key" },
};

beforeAll(async () => {
  desk = await bareDesk(newFolder("memory"));
  const { id, key } = keyOf(desk.folder, "desk");
  keyId = id;
  ask = apiClient(desk.url, key);
});
afterAll(() => desk?.stop());

function lines() {
  const log = new AuditLog(desk.folder);
  try {
    return log.list({ limit: 1000 });
  } finally {
    log.close();
  }
}

it("every route of the desk that changes something leaves one line with the key that did it and how it went", async () => {
  const { paths } = (await ask("GET", "/v1/openapi.json")).body as {
    paths: Record<string, { get?: object; post?: { operationId: string } }>;
  };
  const pathOf = new Map(Object.entries(paths).map(([path, { post }]) => [post?.operationId, path]));
  pathOf.delete(undefined);
  expect([...pathOf.keys()].sort()).toEqual(Object.keys(CHANGES).sort());
  for (const [id, { action, named, body = {}, outcome = "done", isJob }] of Object.entries(CHANGES)) {
    const known: Record<string, string> = { card: CARD, key: keyOf(desk.folder, "read").id };
    const path = (pathOf.get(id) ?? "").replace(/\{(\w+)\}/, (_, name: string) => named ?? known[name] ?? "");
    const before = lines().length;
    const { status, body: answer } = await ask("POST", path, { body, key: `audit-${id}` });
    expect([id, status < 500]).toEqual([id, true]);
    const left = () =>
      lines()
        .slice(0, -before || undefined)
        .reverse();
    if (isJob) await expect.poll(() => left().filter((line) => line.outcome !== "unfinished").length).toBe(2);
    const who = id === "pairDevice" ? { who: "(pairing)", key: "" } : { who: "test desk", key: keyId };
    expect([id, left()]).toMatchObject([
      ...[id, [{ action, outcome, ...who }, ...(isJob ? [{ action: `${action} (job)`, ...who }] : [])]],
    ]);
    for (const secret of outcome === "done" ? [answer.key, answer.code] : [])
      expect(JSON.stringify(left())).not.toContain(secret ?? "no secret");
  }
});

it("what only reads, and what is not understood, leaves no line", async () => {
  const before = lines();
  const { paths } = (await ask("GET", "/v1/openapi.json")).body as {
    paths: Record<string, { get?: object }>;
  };
  for (const [path, { get }] of Object.entries(paths))
    if (get && !path.endsWith("/events")) await ask("GET", path.replace("{card}", CARD));
  expect((await ask("POST", `/v1/cards/${CARD}/block`, { body: { more: 1 } })).status).toBe(400);
  expect(lines()).toEqual(before);
});
