// Runs faults on a cluster in the namespaces in which it was started. Its one argument is a FailoverOrder as JSON; it
// tells the process that started it what each fault came to, and ends with it.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bindStore, openPostgres } from "../../issuer/store/index.js";
import { untilAnswered } from "../../testing/failover/desk.js";
import { NODE_ID, testKeys } from "../../testing/issuer/service.js";
import { ScriptedNode } from "../../testing/nodes/scripted-node.js";
import { announce } from "../../testing/processes/channel.js";
import { IssuerChild } from "../../testing/processes/issuer-child.js";
import { parentLink } from "../../testing/processes/links.js";
import { Cluster, type Replication } from "./cluster.js";
import { ScaleDocument } from "./document.js";
import type { FaultName } from "./faults.js";
import { FaultRuns } from "./run.js";

export interface FailoverOrder {
  readonly replication: Replication;
  readonly faults: readonly FaultName[];
  /** docs/scale.md */
  readonly document: string;
  /** The issuer's service, made from testing/processes/issuer-process.ts. */
  readonly service: string;
  /** For disks, logs and keys. */
  readonly folder: string;
}

const SEAL_KEY = new Uint8Array(16).fill(0x33);
const order: FailoverOrder = JSON.parse(process.argv[2] ?? "");
const { replication, folder } = order;
const link = parentLink();
const cluster = new Cluster(new ScaleDocument(order.document), folder, replication);
// Also after Ctrl-C: nothing is left running, and no files.
link.onGone(() => {
  void cluster.stop().finally(() => {
    rmSync(folder, { recursive: true, force: true });
    process.exit();
  });
});
try {
  await cluster.start();
  const keys = join(folder, "keys");
  mkdirSync(keys, { recursive: true });
  const { path: keyFile } = await testKeys(keys);
  // HAProxy takes every server for a primary until it has asked them.
  const store = await untilAnswered(() =>
    openPostgres({ url: cluster.url, timelineFile: join(keys, "desk-timelines") }),
  );
  await bindStore(store, { network: "bcrt", nodeId: NODE_ID });
  const node = new ScriptedNode(Date.now);
  const config = { payTimeoutMs: 5000, expiryMarginMs: 2000 };
  const services = await Promise.all(
    ["one", "two"].map((name) =>
      IssuerChild.start(
        order.service,
        {
          kind: "postgres",
          location: cluster.url,
          keyFile,
          now: "clock",
          timelineFile: join(keys, `${name}-timelines`),
          reconcileMs: 2000,
          config,
        },
        node,
      ),
    ),
  );
  const runs = new FaultRuns({ cluster, replication, store, node, services, sealKey: SEAL_KEY });
  for (const fault of order.faults) announce(link, "fault", await runs.run(fault));
  announce(link, "done", undefined);
  for (const service of services) await service.stop();
  await store.close();
} catch (error) {
  announce(link, "failed", error instanceof Error ? `${error.name}: ${error.message}` : "unknown");
} finally {
  await cluster.stop();
}
process.exit();
