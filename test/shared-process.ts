import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Folders whose tests share processes with each other, so that what they test is loaded a few times and not for each. */
const FOLDERS = [
  "apdu",
  "bolt-card",
  "cli",
  "common",
  "conformance",
  "host",
  "issuer",
  "keys",
  "lightning",
  "offline",
  "personalize",
  "secure-channel",
  "security",
  "simulator",
  "specs",
  "terminal",
];

/**
 * In these folders, what needs a process of its own: it starts or kills others, runs LDK (whose memory only grows), or
 * changes its environment, timers or globals.
 */
export const OWN_PROCESS: readonly string[] = [
  ...["cli/completion", "cli/desk-orders", "cli/desk-questions", "cli/full-disk", "cli/issuer-postgres"],
  ...["cli/keyboard", "cli/keyboard-pipe", "cli/language", "cli/narrow", "cli/new-pin", "cli/new-pin-torn"],
  ...[
    "cli/deputy",
    "cli/exit-codes",
    "cli/node",
    "cli/node-check",
    "cli/odd-files",
    "cli/program",
    "cli/receipt-printer",
    "cli/startup",
  ],
  ...["cli/terminal", "cli/terminal-offline", "cli/terminal-outage"],
  ...["common/process-lock", "common/real-file", "common/secp256k1", "common/sqlite-file"],
  ...["issuer/checkpoint-thread", "issuer/ledger-rotation", "issuer/model", "issuer/processes"],
  ...["issuer/refund-kills", "issuer/several-nodes", "issuer/signatures"],
  ...["keys/pkcs11", "personalize/hsm"],
  ...["lightning/api-over-ldk", "lightning/dpp-files", "lightning/dpp-invoice", "lightning/lnd-connection"],
  ...["lightning/nodes-ldk-contract", "lightning/nodes-ldk-crash", "lightning/nodes-ldk-crash-opening"],
  ...["lightning/nodes-ldk-deputy", "lightning/nodes-ldk", "lightning/nodes-little-network"],
  ...["lightning/simulated-chain", "personalize/kill", "personalize/linked-files"],
  ...["secure-channel/yubikit", "simulator/kill"],
  ...["security/api", "security/both-offline", "security/card-page"],
  ...["security/fee-drain", "security/flooding-peer", "security/secrets"],
  ...["terminal/accept-full-disk", "terminal/offline-sale"],
  ...["terminal/forwarder", "terminal/lost-payer", "terminal/phone", "terminal/refund-to-card"],
  ...["terminal/refund", "terminal/routed-sale", "terminal/sale-store", "terminal/terminal"],
].map((name) => `test/${name}.test.ts`);

/** Paths from the repository's root of the test files that share processes (test/house/shared-process.test.ts). */
export const SHARED_PROCESS: readonly string[] = FOLDERS.flatMap((folder) =>
  readdirSync(join(import.meta.dirname, folder))
    .filter((name) => /^[\w-]+\.test\.ts$/.test(name))
    .map((name) => `test/${folder}/${name}`),
).filter((path) => !OWN_PROCESS.includes(path));
