import { bugsOf, type PlantedBug } from "./bug.js";

const test = (file: string, named: string) => ({ tests: `test/issuer/${file}.test.ts`, named });

const GUARD = "issuer/store/statement-guard.ts";
const TRANSACTIONS = "issuer/store/transactions.ts";
const DRIVER = "issuer/store/postgres-driver.ts";
const SESSION = "issuer/store/postgres-session.ts";
const POOL = "issuer/store/postgres-pool.ts";
const ADDRESS = "issuer/store/postgres-address.ts";
const ACCOUNTS = "issuer/ledger/accounts.ts";

/** In what transactions rest on, and in connections that fail. */
export const STORE_BUGS: readonly PlantedBug[] = bugsOf("store", [
  {
    name: "a second statement of a transaction waits for the first",
    edits: { [GUARD]: [["    if (this.#running)\n", "    if (this.#running && this.#failure)\n"]] },
    caughtBy: [
      test("transactions", "sqlite refuse a bulk statement and a query at once"),
      test("transactions", "postgres refuse two queries at once"),
    ],
  },
  {
    name: "a transaction goes on after a statement that failed",
    edits: { [GUARD]: [["    if (this.#failure) throw this.#failure.cause;\n", ""]] },
    caughtBy: [test("transactions", "sqlite take no statement and no commit")],
  },
  {
    name: "transactions take the server's isolation",
    edits: {
      [DRIVER]: [
        ["isolation level $", "/* $"],
        ["{isolationLevel} ", "{isolationLevel} */ "],
      ],
    },
    caughtBy: [test("transactions", "have their own isolation where the server's default is serializable")],
  },
  {
    name: "writes run on one snapshot, also of what was waited for",
    edits: {
      [TRANSACTIONS]: [['WRITE_ISOLATION = "read committed"', 'WRITE_ISOLATION = "repeatable read"']],
    },
    caughtBy: [test("transactions", "two services start at once on an empty database")],
  },
  {
    name: "an account is written over whatever version is there",
    edits: { [ACCOUNTS]: [['    .where("version", "=", version)\n', ""]] },
    caughtBy: [test("transactions", "sqlite an account is not written over a version")],
  },
  {
    name: "a group of decisions is written over whatever version is there",
    edits: { "issuer/ledger/record.ts": [['["card", "version"],', '["card"],']] },
    caughtBy: [test("transactions", "sqlite is not written over an account that was changed")],
  },
  {
    name: "a change whose rows are not there counts as made",
    edits: { "issuer/store/postgres-many.ts": [["if (!lenient && counts", "if (lenient && counts"]] },
    caughtBy: [test("transactions", "postgres is not written over an account that was changed")],
  },
  {
    name: "accounts are locked in the order of the requests",
    edits: { [ACCOUNTS]: [["[...new Set(cards)].sort((a, b) => (a < b ? -1 : 1))", "[...new Set(cards)]"]] },
    caughtBy: [test("lock-order", "decide without a deadlock")],
  },
  {
    name: "payments are settled in the order of the requests",
    edits: {
      "issuer/authorizer/ledger-writer.ts": [
        [
          'jobs.filter((job) => job.type === "settle").sort(byAuthorization)',
          'jobs.filter((job) => job.type === "settle")',
        ],
      ],
    },
    caughtBy: [test("lock-order", "settle without a deadlock")],
  },
  {
    name: "a commit counts that did not wait for its standby",
    edits: {
      [DRIVER]: [
        ['if (command === "COMMIT" && warning === undefined) return;', 'if (command === "COMMIT") return;'],
      ],
    },
    caughtBy: [test("postgres-connections", "a commit that did not reach its standby")],
  },
  {
    name: "a standby is taken for the ledger's server",
    edits: { [POOL]: [["if (!found || found.standby)", "if (!found)"]] },
    caughtBy: [test("postgres-connections", "the primary is the only server of the ledger")],
  },
  {
    name: "promotions are forgotten with the process",
    edits: {
      "issuer/store/timelines.ts": [["          append(path, position);\n", "          path.trim();\n"]],
    },
    caughtBy: [test("postgres-connections", "the primary is the only server of the ledger")],
  },
  {
    name: "a transaction is committed on a primary that was replaced while it ran",
    edits: {
      [DRIVER]: [
        ["    if (!isPrimary)", "    if (!isPrimary && !this.session.isClean && this.session.age < 0)"],
      ],
    },
    caughtBy: [test("postgres-connections", "takes over in the middle of a transaction")],
  },
  {
    name: "a connection that dies in its set-up keeps its place",
    edits: { [POOL]: [["      sever(client);\n      client.release(true);\n", "      sever(client);\n"]] },
    caughtBy: [test("postgres-connections", "that die in their set-up")],
  },
  {
    name: "connections from before a silence are used again",
    edits: {
      [POOL]: [["this.isCurrent(session) && session.age >= this.#oldest", "this.isCurrent(session)"]],
    },
    caughtBy: [test("postgres-connections", "to a host that is gone without a word")],
  },
  {
    name: "a statement is waited for without an end",
    edits: {
      [SESSION]: [
        ["return await Promise.race([answer, late]);", "clearTimeout(timer);\n    return await answer;"],
      ],
    },
    caughtBy: [test("postgres-connections", "that are not answered in time close their connection")],
  },
  {
    name: "the next group waits for one that hangs",
    edits: {
      "issuer/authorizer/group-commit.ts": [
        [
          "        if (this.#leader === me) this.#leader = undefined;\n        this.#lead();",
          "        this.#lead();",
        ],
      ],
    },
    caughtBy: [test("group-commit", "of other keys go on beside a group")],
  },
  {
    name: "health does not look at the writer",
    edits: {
      "issuer/service/health.ts": [
        ["parts.writerWaitedMs() <= MAX_WRITER_MS", "parts.writerWaitedMs() >= 0"],
      ],
    },
    caughtBy: [test("postgres-connections", "tells a writer whose oldest request waits")],
  },
  {
    name: "the tail of a password with an @ is printed",
    edits: { [ADDRESS]: [["/^([^:@/]*):[^/]*@/", "/^([^:@/]*):[^@/]*@/"]] },
    caughtBy: [test("postgres-address", "without the password")],
  },
  {
    name: "several hosts in an address are passed over",
    edits: { [ADDRESS]: [['part.includes(",")', 'part.includes(",,")']] },
    caughtBy: [test("postgres-address", "refuses")],
  },
]);
