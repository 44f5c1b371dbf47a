import { mkdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createEmbeddedNode, readEmbeddedNodeConfig } from "../../../cli/embedded-node.js";
import { readSpan } from "../../../cli/issuer/time-span.js";
import { readIssuerRecord, writeIssuerRecord } from "../../../cli/issuer-record.js";
import { DeputyTerminals, terminalName } from "../../../cli/node/deputy-terminals.js";
import { acquireProcessLock, isHeld, secp256k1 } from "../../../common/index.js";
import { parseCharge } from "../../../host/terminal/charge-amount.js";
import { CARD_SECRET, KEY_SET_ID, SEAL_KEY } from "../../card/material.js";
import { fileMadeBy, placeFile, removeFile, shelfFolder } from "../shelf.js";
import { bytesOf, type FuzzTarget, textOf } from "../target.js";

/** Files that are written as well as read wait for the system at times. */
const FILE_LIMIT_MS = 200;

const RECORD = {
  cardId: SEAL_KEY.slice(0, 8),
  publicKey: secp256k1.publicKey(CARD_SECRET),
  keySetId: KEY_SET_ID,
  sealKey: SEAL_KEY,
  issuerSecretKey: CARD_SECRET,
};

/** What the issuer of a simulated card knows of it, beside the card's file. */
export const issuerRecordTarget: FuzzTarget = {
  name: "issuer records",
  weight: 20,
  limitMs: FILE_LIMIT_MS,
  corpus: () => [fileMadeBy("card.issuer.json", (path) => writeIssuerRecord(path, RECORD))],
  words: ['"version": 1', '"version": 2', "02", "ff"],
  run: (input) => readIssuerRecord(placeFile("card.issuer.json", input)),
};

/** A folder of a node on the shelf. */
function nodeFolder(): string {
  const folder = join(shelfFolder(), "node");
  mkdirSync(folder, { recursive: true });
  return folder;
}

export const nodeConfigTarget: FuzzTarget = {
  name: "settings of a node",
  weight: 20,
  limitMs: FILE_LIMIT_MS,
  corpus: () =>
    [{}, { port: 9735, alias: "bar" }].map((options) =>
      fileMadeBy(join(basename(nodeFolder()), "node.json"), (path) => {
        createEmbeddedNode(dirname(path), { chain: "/srv/chain.db", ...options });
      }),
    ),
  words: ['"port": 1', "65536", '"alias": ""'],
  run(input) {
    const folder = nodeFolder();
    placeFile(join(basename(folder), "node.json"), input);
    return readEmbeddedNodeConfig(folder);
  },
};

export const nodeTerminalsTarget: FuzzTarget = {
  name: "offline terminals of a node",
  weight: 20,
  limitMs: FILE_LIMIT_MS,
  corpus: () => [
    fileMadeBy(join(basename(nodeFolder()), "deputy.json"), (path) => {
      const terminals = new DeputyTerminals(dirname(path), () => 1_700_000_000);
      terminals.add("beer tap");
      terminals.add("ticket booth");
      terminals.revoke("beer tap");
    }),
  ],
  words: ['"revokedAt": 0', '"keyId": "00000000"', "\\u202e"],
  run(input) {
    const folder = nodeFolder();
    placeFile(join(basename(folder), "deputy.json"), input);
    const terminals = new DeputyTerminals(folder);
    const keys = terminals.list().map(({ keyId }) => terminals.keys.terminalKey(Buffer.from(keyId, "hex")));
    return [terminals.list(), keys];
  },
};

/** A lock was acquired that its holder could not release. */
class LockRuleError extends Error {}

/** Locks that other processes left, or that are no locks. */
export const lockTarget: FuzzTarget = {
  name: "lock files",
  weight: 4,
  limitMs: FILE_LIMIT_MS,
  corpus() {
    const own = fileMadeBy("process.lock", (path) => {
      const lock = acquireProcessLock(path);
      // Kept until it was read.
      if (isHeld(lock)) throw new LockRuleError("a new lock is held by somebody");
    });
    const foreign = textOf(own).replace(/"pid":\d+/, '"pid":1');
    const dead = textOf(own).replace(/"boot":"[^"]*"/, '"boot":"earlier"');
    return [own, ...[foreign, dead].map(bytesOf)];
  },
  words: ['"pid":0', '"pid":-1', '"pid":1e300', '"pid":2147483648', '"pid":"1"', '"started":null'],
  run(input) {
    const path = placeFile("process.lock", input);
    const lock = acquireProcessLock(path);
    if (isHeld(lock)) return lock.pid === 0 ? "held" : "held by a process";
    const held = readFileSync(path, "utf8");
    if (!isHeld(acquireProcessLock(path))) throw new LockRuleError("two hold the lock");
    if (readFileSync(path, "utf8") !== held)
      throw new LockRuleError("a lock was changed by who did not get it");
    lock.release();
    const again = acquireProcessLock(path);
    if (isHeld(again)) throw new LockRuleError("a lock that was released is held");
    again.release();
    removeFile(path);
    return "free";
  },
};

const SPLIT = "\n";
const VALUE_READERS: readonly ((first: string, second: string | undefined) => unknown)[] = [
  (amount, rate) => parseCharge(amount, rate),
  (from, to) => readSpan({ from, ...(to === undefined ? {} : { to }) }, "Europe/Zurich"),
  (from, to) => readSpan({ from, ...(to === undefined ? {} : { to }) }, "America/Sao_Paulo"),
  (name) => terminalName.safeParse(name).success,
];

/** First byte: which options. Then their two values, a line each. */
export const optionTarget: FuzzTarget = {
  name: "values of options",
  weight: 40,
  corpus: () =>
    [
      "\x002500sat",
      "\x003.50eur\n61500.00",
      "\x000.01chf\n999999999999.9999",
      "\x012026-11-22\n2026-11-23",
      "\x022018-11-04\n2018-11-04",
      "\x0310 beers",
    ].map(bytesOf),
  words: [SPLIT, "sat", "btc", "eur", "-02-29", "0000-", "9999-12-31"],
  run(input) {
    const [first = "", second] = textOf(input.subarray(1)).split(SPLIT);
    return VALUE_READERS[(input[0] ?? 0) % VALUE_READERS.length]?.(first, second);
  },
};
