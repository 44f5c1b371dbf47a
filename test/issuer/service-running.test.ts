import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bytesToHex, msat, utf8 } from "../../common/index.js";
import { activateCard, registerCard, verifyLedger } from "../../issuer/ledger/index.js";
import { IssuerService, openLog, parseServiceConfig } from "../../issuer/service/index.js";
import { openSqlite, type Store } from "../../issuer/store/index.js";
import { encodeInitiatePayment, PEER_MESSAGE } from "../../lightning/api/index.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench } from "../../testing/issuer/service.js";
import { FakeNetwork, type FakeNode } from "../../testing/nodes/fake-node.js";

/** The memory network's invoices are of this time. */
const NOW = 1_700_000_000_000;
const SEAL_KEY = new Uint8Array(16).fill(0x33);
const AMOUNT = msat(12_345n);

const bench = new Bench();
afterAll(() => bench.close());

/** An issuer's node and a shop's, and whatever runs beside the issuer's. */
class Town {
  readonly network = new FakeNetwork();
  readonly payer = this.network.node("payer");
  readonly shop = this.network.node("shop");
  readonly lines: string[] = [];
  readonly location = join(bench.directory(), "ledger.db");
  readonly card = new SigningCard(1, SEAL_KEY);
  store!: Store;

  async open(options: { config?: string; node?: FakeNode; ownsNode?: boolean } = {}): Promise<IssuerService> {
    // Two stores on one thread: while one waits for the lock of the other, that one cannot give it up.
    this.store = await openSqlite({ path: this.location, busyTimeoutMs: 20 });
    await this.shop.connect({ nodeId: this.payer.nodeId, host: "127.0.0.1", port: 9735 });
    return await IssuerService.start({
      config: parseServiceConfig(
        options.config ?? "{ monitor: '127.0.0.1:0', shutdownSeconds: 1 }",
        "/c.yaml",
      ),
      store: this.store,
      node: options.node ?? this.payer,
      keys: await bench.keys(),
      log: openLog("info", { write: (line) => void this.lines.push(line) }),
      ownsNode: options.ownsNode ?? true,
      clock: () => NOW,
    });
  }

  async register(): Promise<void> {
    await registerCard(this.store, this.card.registration(), NOW);
    await activateCard(this.store, this.card.cardId);
  }

  /** A tap at the shop, sent to the issuer's node. */
  async tap(amount = AMOUNT) {
    const { invoice, paymentHash } = await this.shop.createInvoice({
      amount,
      description: "beer",
      expirySeconds: 600,
    });
    const token = this.card.authorize(invoice, amount);
    const payload = encodeInitiatePayment({ token, invoice: utf8(invoice) });
    await this.shop.sendMessage(this.payer.nodeId, PEER_MESSAGE.INITIATE_PAYMENT, payload);
    return { token, invoice, paymentHash };
  }

  async authorizations() {
    return await this.store.db.selectFrom("authorizations").selectAll().orderBy("counter").execute();
  }
}

/** A request to the monitor, with any host's name. */
function get(service: IssuerService, path: string, options: { host?: string; method?: string } = {}) {
  const { host, port } = service.monitor ?? { host: "", port: 0 };
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const asked = httpRequest(
      {
        host,
        port,
        path,
        method: options.method ?? "GET",
        headers: { host: options.host ?? `${host}:${port}` },
      },
      (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    asked.on("error", reject);
    asked.end();
  });
}

const until = async (condition: () => Promise<boolean> | boolean): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe("the issuer's service", () => {
  it("pays what cards authorize, counts it, and writes no secret into its log", async () => {
    const town = new Town();
    const service = await town.open();
    await town.register();
    const good = await town.tap();
    await until(async () => (await town.authorizations())[0]?.state === "settled");
    const rejected = new Promise((resolve) => town.shop.onMessage(resolve));
    const poor = await town.tap(msat(99_000_000n)); // more than was ever signed for: a clone
    await rejected;
    const { status, body } = await get(service, "/metrics");
    expect(status).toBe(200);
    expect(body).toContain('chequecard_requests_total{outcome="accepted",reason=""} 1');
    expect(body).toContain('chequecard_requests_total{outcome="rejected",reason="card-contradicts"} 1');
    expect(body).toContain("chequecard_authorization_seconds_count 2");
    expect(body).toContain("chequecard_alerts_total 1");
    const own = `{node="${town.payer.id}"}`;
    expect(body).toContain(`chequecard_payments_in_flight${own} 0`);
    expect(body).toMatch(new RegExp(`chequecard_node_outbound_satoshi${own} \\d`));
    expect(body).toMatch(new RegExp(`chequecard_node_inbound_satoshi${own} \\d`));
    const health = await get(service, "/health");
    expect(health.status).toBe(200);
    expect(JSON.parse(health.body)).toEqual({
      healthy: true,
      checks: { database: "ok", writer: "ok", node: "ok", reconciler: "ok", packs: "ok" },
    });
    const [settled] = await town.authorizations();
    await service.close();
    await service.close();
    expect((await verifyLedger(town.store)).violations).toEqual([]);
    await town.store.close();
    const log = town.lines.join("");
    expect(town.lines.map((line) => JSON.parse(line).event)).toEqual([
      "started",
      "clone",
      "rejected",
      "stopping",
      "stopped",
    ]);
    const preimage = settled?.preimage?.toString("hex") ?? "";
    expect(preimage).toHaveLength(64);
    for (const secret of [preimage, good.invoice, poor.invoice, bytesToHex(good.token), bytesToHex(SEAL_KEY)])
      expect(log + body).not.toContain(secret);
  });

  it("answers /metrics and /health to this machine alone", async () => {
    const town = new Town();
    const service = await town.open();
    expect(await get(service, "/health", { host: "evil.example" })).toMatchObject({ status: 403 });
    expect(await get(service, "/metrics", { host: "127.0.0.1.evil.example" })).toMatchObject({ status: 403 });
    expect(await get(service, "/metrics", { host: "localhost" })).toMatchObject({ status: 200 });
    expect(await get(service, "/metrics", { method: "POST" })).toMatchObject({ status: 405 });
    expect(await get(service, "/")).toMatchObject({ status: 404 });
    await service.close();
    await town.store.close();
  });

  it("waits for payments in flight when it is stopped", async () => {
    const town = new Town();
    const service = await town.open({ config: "{ monitor: off }" });
    expect(service.monitor).toBeUndefined();
    await town.register();
    let pay = (_: "settle") => {};
    const asked = new Promise<void>((reached) => {
      town.payer.onPay = () => {
        reached();
        return new Promise((resolve) => {
          pay = resolve;
        });
      };
    });
    await town.tap();
    await asked;
    const closed = service.close();
    pay("settle");
    await closed;
    expect((await town.authorizations())[0]).toMatchObject({ state: "settled" });
    await town.store.close();
  });

  it("leaves what takes too long to its next start, which goes on with it at once", async () => {
    const town = new Town();
    const service = await town.open();
    await town.register();
    const asked = new Promise<void>((reached) => {
      town.payer.onPay = () => {
        reached();
        return new Promise(() => {});
      };
    });
    const { invoice } = await town.tap();
    await asked;
    await service.close();
    expect(JSON.parse(town.lines.at(-1) ?? "")).toMatchObject({ level: "warn", event: "stopped" });
    expect((await town.authorizations())[0]).toMatchObject({ state: "reserved" });
    await town.store.close();
    // The node was closed with the process; started again it finds the payment settled.
    const again = town.network.node("payer");
    await town.shop.connect({ nodeId: again.nodeId, host: "127.0.0.1", port: 9735 });
    again.pay({ invoice, maxFee: msat(0n) });
    const next = await town.open({ node: again });
    await until(async () => (await town.authorizations())[0]?.state === "settled");
    await next.close();
    expect(again.sent.get(bytesToHex(decodeInvoice(invoice).paymentHash))).toBe(1);
    expect((await verifyLedger(town.store)).violations).toEqual([]);
    await town.store.close();
  });

  it("that shares its node leaves the leases of other services to them", async () => {
    const town = new Town();
    const service = await town.open({ ownsNode: false });
    await town.register();
    const asked = new Promise<void>((reached) => {
      town.payer.onPay = () => {
        reached();
        return new Promise(() => {});
      };
    });
    await town.tap();
    await asked;
    const leases = () => town.store.db.selectFrom("leases").select(["owner", "takeovers"]).execute();
    const before = await leases();
    const { store } = town;
    const other = await town.open({ ownsNode: false });
    expect(await leases()).toEqual(before);
    expect(before).toHaveLength(1);
    await other.close();
    await town.store.close();
    town.store = store;
    await service.close();
    await town.store.close();
  });

  it("tells when its node has ended, and is not healthy then", async () => {
    const town = new Town();
    const service = await town.open();
    town.payer.info = async () => {
      throw new NodeError("closed", "the node was closed");
    };
    expect(await service.failed).toMatchObject({ code: "closed" });
    const health = await get(service, "/health");
    expect(health.status).toBe(503);
    expect(JSON.parse(health.body).checks).toMatchObject({ node: "closed", database: "ok" });
    await service.close();
    await town.store.close();
  });

  it("is not healthy when its database is gone, and says no more than that", async () => {
    const town = new Town();
    const service = await town.open();
    await town.store.close();
    const health = await get(service, "/health");
    expect(health.status).toBe(503);
    expect(JSON.parse(health.body).checks.database).not.toBe("ok");
    expect((await get(service, "/metrics")).body).not.toMatch(/^chequecard_payments_in_flight \d/m);
    await service.close();
  });

  it("starts nothing where its port is taken or the ledger is another node's", async () => {
    const town = new Town();
    const first = await town.open();
    const { port } = first.monitor ?? { port: 0 };
    await expect(town.open({ config: `{ monitor: '127.0.0.1:${port}' }` })).rejects.toMatchObject({
      name: "ServiceError",
      message: expect.stringContaining("EADDRINUSE"),
    });
    const stranger = town.network.node(randomBytes(4).toString("hex"));
    await expect(town.open({ node: stranger })).rejects.toMatchObject({ code: "foreign" });
    await first.close();
    await town.store.close();
  });

  it("warns of cards whose keys are not there", async () => {
    const town = new Town();
    const first = await town.open();
    await registerCard(town.store, { ...town.card.registration(), keySetId: Uint8Array.of(9, 9, 9, 9) }, NOW);
    await first.close();
    await town.store.close();
    town.lines.length = 0;
    const second = await town.open();
    expect(JSON.parse(town.lines[0] ?? "")).toMatchObject({
      level: "warn",
      event: "keys",
      keySet: "09090909",
    });
    await second.close();
    await town.store.close();
  });
});
