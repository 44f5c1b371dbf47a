import { writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Command } from "commander";
import { beforeAll, expect, it } from "vitest";
import { type AuditLine, AuditLog } from "../../cli/desk/audit-log.js";
import { buildProgram } from "../../cli/program.js";
import { bytesToHex, msat, sat, secp256k1, utf8 } from "../../common/index.js";
import { bookUnmatched } from "../../issuer/ledger/book-unmatched.js";
import { bindStore, listNodes, openSqlite } from "../../issuer/store/index.js";
import { KeyFile } from "../../keys/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { FESTIVAL_LIMITS, testCard } from "../../testing/cards/test-card.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { issueCard } from "../../testing/issuer/issue-card.js";
import { CHEAP, NODE_URI } from "../personalize/deterministic.js";

const env = {
  CHEQUECARD_PASSPHRASE: "open-sesame",
  CHEQUECARD_NEW_PASSPHRASE: "close-sesame",
  CHEQUECARD_LETTERS_PASSPHRASE: "wax-on",
  CHEQUECARD_CARD_KEY: "00000000000000000000000000000001",
};
const folder = newFolder("memory");
const at = (name: string) => join(folder, name);
const KEYS = at("issuer.keys");
const HASH = bytesToHex(sha256(new Uint8Array(32).fill(7)));
const node = (fill: number) => bytesToHex(secp256k1.publicKey(new Uint8Array(32).fill(fill)));
const PROFILE = `name: festival
node-uri: ${NODE_URI}
limits: { credit: 50000sat, max-per-transaction: 25000sat, pin-threshold: 5000sat }
pin: random
card-keys: { version: 255, rotate-to: 48 }
policy: { maxPer24h: 30000sat }
card-page: https://card.festival.example/
bolt-card: { address: https://cards.festival.example/bolt, limit: 6000sat }
`;
const CONFIG = `database: { sqlite: ledger.db }
offline: { guarantee: { perCard: 20000sat, total: 1000000sat } }
authorizer: { presentationAgeMs: 604800000 }
boltCards: { address: "https://cards.festival.example/bolt" }
`;
/** In the ledger from the beginning, by their labels. */
const CARDS = ["Lost", "Fresh", "Paid", "Plain"];

async function run(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { exitCode, out, err } = await chequecard(["--json", ...args], { env });
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${exitCode} ${out}${err}`);
  return JSON.parse(out);
}

/** The newest lines first. */
function lines(): readonly AuditLine[] {
  const log = new AuditLog(folder);
  try {
    return log.list({ limit: 1000 });
  } finally {
    log.close();
  }
}

/** What a command leaves in the log. */
interface Change {
  readonly action: string;
  /** Whether the line is of one card. */
  readonly isOfCard: boolean;
  /** Whether it is one that is refused. */
  readonly isRefused?: true;
  /** Of an order that it places, whose line lies within its own. */
  readonly order?: string;
  /** What is run before, such as an order that it needs. */
  readonly before?: readonly string[];
  /** What follows its name. */
  args(): readonly string[];
}
const change = (action: string, ...args: string[]): Change => ({
  ...{ action, isOfCard: false },
  args: () => [...args, "--issuer", folder],
});
const ofCard = (action: string, ...args: string[]): Change => ({
  ...change(action, ...args),
  isOfCard: true,
});
const ofKeys = (name: string, ...more: string[]): Change => ({
  ...{ action: `keys ${name}`, isOfCard: false },
  args: () => [KEYS, ...more],
});
const laid = (file: string) => ["--card", at(file), "--test-key"];
const kept = (name: string) => ["--journal", at(`${name}.journal`), "--letters", at(`${name}.letters`)];
let batchId = "";

/** Every command that changes something of an issuer, in the order in which they are run. */
const CHANGES: Readonly<Record<string, Change>> = {
  "keys add-batch": ofKeys("add-batch", "--label", "chips", "--import"),
  "personalize one": change("personalize", ...laid("one.json"), "--number", "A17", ...kept("one")),
  "personalize batch": change(
    "personalize",
    ...laid("batch.json"),
    "--count",
    "1",
    "--prefix",
    "K",
    ...kept("batch"),
  ),
  "personalize retry": {
    ...{ action: "retry-chip", isOfCard: false, isRefused: true },
    args: () => ["--chip", "dead", "--journal", at("batch.journal"), "--ledger", at("ledger.db")],
  },
  "cards deliver": ofCard("deliver", "--card", at("one.json")),
  "cards move": ofCard("move", "A17", "1000sat", "--yes"),
  "cards new-pin": {
    ...ofCard("new-pin", ...laid("one.json"), "--letters", at("pins"), "--yes"),
    order: "replace",
  },
  "personalize reset": {
    ...ofCard("reset-card", ...laid("batch.json"), ...kept("batch")),
    before: ["cards", "cash-out", "K0001", "--yes"],
  },
  "cards block": ofCard("block", "Plain"),
  "cards unblock": ofCard("unblock", "Plain"),
  "cards limits": ofCard("limits", "Plain", "--max-per-transaction", "7000sat"),
  "cards top-up": ofCard("top-up", "Plain", "--amount", "5000sat", "--yes"),
  "cards reverse": ofCard("reverse", "Plain", "--yes"),
  "cards replace": ofCard("replace", "Lost", "Fresh", "--yes"),
  "cards cash-out": ofCard("cash-out", "Paid", "--yes"),
  "cards retire": ofCard("retire", "Paid", "--yes"),
  "cards page new": ofCard("page new", "Plain", "--letters", at("page-letters")),
  "cards page revoke": ofCard("page revoke", "Plain"),
  "cards bolt import": {
    ...{ action: "bolt-import", isOfCard: false },
    args: () => [at("chips.csv"), "--batch", batchId, "--issuer", folder],
  },
  "cards bolt add": change("bolt-add", "B-1"),
  "cards bolt new-pin": ofCard("bolt-pin", "chip", "--none"),
  "cards bolt wipe-link": ofCard("bolt-wipe-link", "chip", "--yes"),
  "cards bolt wipe": ofCard("bolt-wipe", "chip", "--yes"),
  "issuer pack make": change(
    ...([
      "pack make",
      "--for",
      node(0x32),
      "--payee",
      node(7),
      "--label",
      "Bar 1",
      "--name",
      "Fair",
    ] as const),
    ...["--node", `${node(7)}@pay.example.com:9735`, "--out", at("bar.cqpack")],
  ),
  "issuer pack revoke": change("pack revoke", "Bar 1", "--yes"),
  "issuer key add": change("key add", "tablet", "--role", "read"),
  "issuer key revoke": { ...change("key revoke", "0123456789ab"), isRefused: true },
  "issuer key pair": change("key pair"),
  "issuer webhook add": change("webhook add", "http://127.0.0.1:9/hook?token=open-sesame"),
  "issuer webhook remove": change("webhook remove", "1"),
  "ledger add-node": change("add-node", node(0x31), "--label", "machine b"),
  "ledger retire-node": change("retire-node", node(0x31)),
  "ledger write-off": change("write-off", HASH, "--note", "paid by hand"),
  "issuer close-event": { action: "close-event", isOfCard: false, args: () => [folder] },
  "ledger restore": {
    ...change("restore", at("copy.db"), "--force"),
    before: ["ledger", "backup", at("copy.db")],
  },
  "keys add-key-set": ofKeys("add-key-set", "--label", "2027"),
  "keys add-card-keys": ofKeys("add-card-keys", "--key-version", "49"),
  "keys rotate": ofKeys("rotate", "--label", "2028"),
  "keys passphrase": ofKeys("passphrase"),
};

/** Those that change nothing of an issuer, or make or serve it. */
const OTHERS: readonly string[] = [
  ...["create", "show"].map((name) => `keys ${name}`),
  ...["status", "verify", "labels", "pins"].map((name) => `personalize ${name}`),
  ...["init", "check", "serve", "audit", "pack list", "pack show", "key list", "webhook list"].map(
    (name) => `issuer ${name}`,
  ),
  ...["list", "show", "export", "page show", "page print", "bolt pins"].map((name) => `cards ${name}`),
  ...["authorizations list", "authorizations show", "report"],
  ...["verify", "unmatched", "backup", "nodes"].map((name) => `ledger ${name}`),
];

/** The names of the commands below one that do something themselves. */
const leaves = (command: Command, before: readonly string[] = []): string[] => {
  const name = [...before, command.name()];
  return command.commands.length === 0
    ? [name.join(" ")]
    : command.commands.flatMap((below) => leaves(below, name));
};

beforeAll(async () => {
  writeFileSync(at("issuer.yaml"), CONFIG);
  writeFileSync(at("profile.yaml"), PROFILE);
  writeFileSync(at("chips.csv"), "uid,label,version\n04a1b2c3d4e501,chip,0\n");
  const store = await openSqlite({ path: at("ledger.db") });
  await bindStore(store, { network: "bcrt", nodeId: parseNodeUri(NODE_URI).nodeId });
  for (const [number, label] of CARDS.entries()) {
    const { record } = testCard({ nodeUri: NODE_URI, cardId: Buffer.from(`card-00${number}`) });
    await issueCard(store, { ...record, label, limits: FESTIVAL_LIMITS });
  }
  const preimage = new Uint8Array(32).fill(7);
  const paid = {
    preimage,
    paymentHash: sha256(preimage),
    amount: sat(5),
    fee: msat(3n),
    sentAt: 1_800_000_000_000,
  };
  const [{ node: payer } = { node: 0n }] = await listNodes(store.db);
  await bookUnmatched(store, [{ ...paid, node: payer }], 1_800_000_001_000);
  await store.close();
  const passphrase = utf8(env.CHEQUECARD_PASSPHRASE);
  await (await KeyFile.create(KEYS, passphrase, "festival", { scrypt: CHEAP })).close();
  for (const card of ["one.json", "batch.json"])
    await run("simulate", "blank", at(card), "--test-key", "--bolt-card");
});

it("every command of an issuer is known to change something or not", async () => {
  const program = await buildProgram(undefined, async () => undefined);
  const groups = ["keys", "personalize", "issuer", "cards", "authorizations", "report", "ledger"];
  const all = program.commands
    .filter((command) => groups.includes(command.name()))
    .flatMap((one) => leaves(one));
  expect(all.length).toBeGreaterThan(60);
  expect(all.filter((name) => OTHERS.includes(name) === Object.hasOwn(CHANGES, name))).toEqual([]);
  expect([...OTHERS, ...Object.keys(CHANGES)].filter((name) => !all.includes(name))).toEqual([]);
});

it.each(Object.entries(CHANGES))(
  "%s leaves one line with who did it and how it went",
  async (name, wanted) => {
    const { action, isOfCard, isRefused, order, args } = wanted;
    if (wanted.before) await run(...wanted.before, "--issuer", folder);
    const before = lines();
    const done = run(...name.split(" "), ...args());
    if (isRefused) await expect(done).rejects.toThrow();
    else {
      const { batchKeys } = (await done) as { batchKeys?: { id: string; label: string }[] };
      batchId = batchKeys?.find(({ label }) => label === "chips")?.id ?? batchId;
    }
    const after = lines();
    const left = after.slice(0, after.length - before.length).reverse();
    expect(left.map((line) => line.action)).toEqual([action, ...(order === undefined ? [] : [order])]);
    const [line] = left;
    expect(line).toMatchObject({ who: userInfo().username, outcome: isRefused ? "refused" : "done" });
    expect(line?.key).toBeUndefined();
    if (isOfCard) expect(line?.card).toMatch(/^[0-9a-f]{4}(-[0-9a-f]{4}){3}$/);
    const text = JSON.stringify(after);
    for (const secret of Object.values(env)) expect(text).not.toContain(secret);
  },
);
