import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AuditLog } from "../../cli/desk/audit-log.js";
import { Jobs } from "../../cli/desk/jobs.js";
import { type ReportOptions, ReportThread } from "../../cli/desk/report-thread.js";
import { createEmbeddedNode } from "../../cli/embedded-node.js";
import { sat } from "../../common/index.js";
import { bindStore, openSqlite } from "../../issuer/store/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { openApiFile } from "../../server/api-file.js";
import { serveDesk } from "../../server/desk/serve.js";
import { createCardFile } from "../../simulator/index.js";
import { FESTIVAL_LIMITS, testCard } from "../cards/test-card.js";
import { issueCard } from "../issuer/issue-card.js";
import { serveCommand } from "./api-client.js";

const URI = `02${"ab".repeat(32)}@127.0.0.1:9735`;

/**
 * A till whose node has no channels: nothing can be paid there.
 * @param settings its terminal.yaml
 */
export async function bareTill(folder: string, settings?: string, more: readonly string[] = []) {
  const shop = join(folder, "shop");
  createEmbeddedNode(shop, { alias: "bar" });
  if (settings !== undefined) writeFileSync(join(shop, "terminal.yaml"), settings);
  const { card, reader } = testCard({ nodeUri: URI });
  reader.remove();
  createCardFile(join(folder, "card.json"), card);
  const args = ["--node", shop, "--card", join(folder, "card.json"), "--http", "127.0.0.1:0", ...more];
  return { folder: shop, ...(await serveCommand(["terminal", "serve", ...args])) };
}

/** An issuer's desk with two cards, without a node. @param making how its reports are made */
export async function bareDesk(folder: string, making: ReportOptions = {}) {
  const store = await openSqlite({ path: join(folder, "ledger.db") });
  await bindStore(store, { network: "bcrt", nodeId: Buffer.from(URI.slice(0, 66), "hex") });
  for (const cardId of [Buffer.from("desk-001"), Buffer.from("desk-002")]) {
    const { record } = testCard({ nodeUri: URI, cardId });
    await issueCard(store, { ...record, limits: FESTIVAL_LIMITS, policy: {} });
  }
  const file = openApiFile(folder);
  const network = "bcrt" as const;
  const config = {
    network,
    timeZone: "UTC",
    currency: "eur",
    maxTopUp: sat(100_000),
    payees: {},
    policies: {},
  };
  const health = async () => ({
    healthy: true,
    checks: { database: "ok", writer: "ok", node: "ok", reconciler: "ok", packs: "ok" },
  });
  const faults: string[] = [];
  const http = { host: "127.0.0.1", port: 0, names: [] };
  const audit = new AuditLog(folder);
  const jobs = new Jobs();
  const reports = new ReportThread({ database: { sqlite: join(folder, "ledger.db") }, folder }, making);
  const compare = () => Promise.reject(new NodeError("unreachable", "this desk has no node"));
  const desk = { store, config, health, audit, jobs, reports, compare, station: undefined };
  const server = await serveDesk(desk, file, http, (what) => faults.push(what));
  return {
    folder,
    url: server.url,
    store,
    faults,
    async stop() {
      await server.close();
      await jobs.close();
      await reports.close();
      audit.close();
      file.close();
      await store.close();
    },
  };
}
