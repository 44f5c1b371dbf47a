import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { type Msat, ParseError } from "../../../common/index.js";
import { SaleStore } from "../../../host/index.js";
import { verifyLedger } from "../../../issuer/ledger/index.js";
import { openSqlite } from "../../../issuer/store/index.js";
import { nextInitiation } from "../../../lightning/api/index.js";
import { PaidFile, SaleFile } from "../../../lightning/dpp/index.js";
import { hashOf } from "../../card/material.js";
import { fileMadeBy, placeFile, removeFile } from "../shelf.js";
import { chunksOf, type FuzzTarget, joinChunks, textOf } from "../target.js";

/** A file that was refused was changed. */
class FileRuleError extends Error {}

const HASH = hashOf("prove/fuzz sale");
const NOW = 1_700_000_000;
const REJECTED = { event: "rejected", payer: "02", tokenHash: "00" } as const;
const AMOUNT = 2_500_000n as Msat;

/** A kind of file: who makes it, and who reads all of it. */
interface Kind {
  readonly table: string;
  write(path: string): void;
  read(path: string): unknown;
}

const terminalSales: Kind = {
  table: "sale",
  write(path) {
    const store = new SaleStore(path);
    const sale = {
      amount: AMOUNT,
      description: "beer",
      fiat: "1.50 EUR",
      createdAt: NOW,
      expiresAt: NOW + 600,
    };
    const paid = store.create({ ...sale, invoice: "lnbcrt1", paymentHash: HASH });
    store.authorized(paid.number, HASH, "02@127.0.0.1:9735");
    store.saveInitiation(HASH, { phase: "asked", payer: "02", tokenHashes: ["00"] });
    store.paid(paid.number, AMOUNT, NOW + 5);
    store.refunding(paid.number, "lnbcrt2", AMOUNT);
    const open = store.create({ ...sale, invoice: "lnbcrt3", paymentHash: hashOf("prove/fuzz open sale") });
    store.cancelling(open.number, "merchant");
    store.close();
  },
  read(path) {
    const store = new SaleStore(path);
    try {
      const all = store.between(0, Number.MAX_SAFE_INTEGER);
      const ends = all.map(({ initiation }) => nextInitiation(initiation, REJECTED));
      return [store.unfinished(), store.pendingRefunds(), all, ends];
    } finally {
      store.close();
    }
  },
};

const pointOfSale: Kind = {
  table: "sales",
  write(path) {
    const file = new SaleFile(path);
    const sale = {
      invoice: "lnbcrt1",
      amount: AMOUNT,
      description: "tap",
      createdAt: NOW,
      expiresAt: NOW + 600,
    };
    file.add({ ...sale, paymentHash: HASH });
    file.add({ ...sale, amount: undefined, paymentHash: hashOf("prove/fuzz closed sale") });
    file.close(HASH, "paid", NOW + 5);
    file.end();
  },
  read(path) {
    const file = new SaleFile(path);
    try {
      return [file.open(), file.closed(100)];
    } finally {
      file.end();
    }
  },
};

const recipient: Kind = {
  table: "paid",
  write(path) {
    const file = new PaidFile(path);
    file.record({
      paymentHash: HASH,
      preimage: HASH,
      htlcs: ["1:2", "3:4"],
      received: AMOUNT,
      paidAt: NOW,
      expiresAt: NOW + 600,
    });
    file.end();
  },
  read(path) {
    const file = new PaidFile(path);
    try {
      return file.find(HASH);
    } finally {
      file.end();
    }
  },
};

const KINDS = [terminalSales, pointOfSale, recipient];
const NAME = "sales.db";

const kindOf = (input: Uint8Array): Kind => KINDS[(input[0] ?? 0) % KINDS.length] ?? terminalSales;
const filesOf = (kinds: readonly Kind[]): Uint8Array[] => kinds.map(({ write }) => fileMadeBy(NAME, write));

/** First byte: which file of a terminal or a merchant. Then the file; one that is refused is not touched. */
export const saleFileTarget: FuzzTarget = {
  name: "files of sales",
  weight: 2,
  limitMs: 500,
  corpus: () => filesOf(KINDS).map((file, kind) => Uint8Array.of(kind, ...file)),
  words: ["SQLite format 3\0", "create table", "application_id", "strict", "index", "without rowid"],
  run(input) {
    const content = input.subarray(1);
    const path = placeFile(NAME, content);
    try {
      return kindOf(input).read(path);
    } catch (error) {
      if (!Buffer.from(content).equals(readFileSync(path))) throw new FileRuleError("refused, and changed");
      throw error;
    } finally {
      removeFile(path);
    }
  },
};

const TYPES: readonly ((value: Uint8Array) => unknown)[] = [
  (value) => textOf(value),
  (value) => Buffer.from(value),
  (value) => BigInt.asIntN(64, BigInt(`0x${Buffer.from(value.subarray(0, 8)).toString("hex") || "0"}`)),
  () => null,
];

let whole: readonly Uint8Array[] | undefined;

/**
 * Rows of such files, changed as SQLite allows it. First byte: which file. Then changes, each behind its length: a byte
 * for the column, one for the type, and the value.
 */
export const saleRowTarget: FuzzTarget = {
  name: "rows of sales",
  weight: 2,
  limitMs: 500,
  corpus() {
    const values = ["paid", "asked", "{}", '{"phase":"asked"}', "[]", "\0\0\0\0\0\0\0\u0001", ""].map(
      (text) => Buffer.from(text, "latin1"),
    );
    return KINDS.flatMap((_, kind) =>
      values.flatMap((value, i) =>
        TYPES.map((_type, type) =>
          Uint8Array.of(kind, ...joinChunks([Uint8Array.of(i * 3 + type, type, ...value)])),
        ),
      ),
    );
  },
  words: ["null", '{"phase":"paid"}', '{"phase":"asked","payer":"02","tokenHashes":["00"]}', '["1:2"]'],
  run(input) {
    whole ??= filesOf(KINDS);
    const kind = kindOf(input);
    const path = placeFile(NAME, whole[KINDS.indexOf(kind)] ?? new Uint8Array(0));
    try {
      const db = new Database(path);
      try {
        const columns = db.pragma(`table_info(${kind.table})`) as { name: string }[];
        for (const change of [...chunksOf(input.subarray(1))].slice(0, 4)) {
          const { name } = columns[(change[0] ?? 0) % columns.length] ?? { name: "" };
          const value = TYPES[(change[1] ?? 0) % TYPES.length]?.(change.subarray(2));
          db.prepare(`update or ignore ${kind.table} set ${name} = ?`).run(value);
        }
      } catch (cause) {
        throw new ParseError("fuzz", "SQLite does not take it", { cause });
      } finally {
        db.close();
      }
      return kind.read(path);
    } finally {
      removeFile(path);
    }
  },
};

/** An issuer's ledger as it lies on a disk. All of it is read, which is work. */
export async function ledgerTarget(): Promise<FuzzTarget> {
  const empty = placeFile("ledger.db", new Uint8Array(0));
  await (await openSqlite({ path: empty })).close();
  // In small pages, so that all of it is shorter than the longest input.
  const db = new Database(empty);
  db.pragma("journal_mode = delete");
  db.pragma("page_size = 512");
  db.exec("vacuum");
  db.close();
  const content = Uint8Array.from(readFileSync(empty));
  removeFile(empty);
  return {
    name: "ledgers",
    weight: 1,
    limitMs: 1_000,
    corpus: () => [content],
    words: ["SQLite format 3\0", "create table", "accounts", "schema_version", "CHEQ"],
    async run(input) {
      const path = placeFile("ledger.db", input);
      try {
        const store = await openSqlite({ path, busyTimeoutMs: 50 });
        try {
          const { violations } = await verifyLedger(store);
          return violations.map(({ invariant }) => invariant).join();
        } finally {
          await store.close();
        }
      } finally {
        removeFile(path);
      }
    },
  };
}
