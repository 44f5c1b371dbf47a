import { bug, bugsOf, type PlantedBug } from "./bug.js";

const test = (file: string, named: string) => ({ tests: `test/issuer/${file}.test.ts`, named });

const failover = (file: string, named: string) => ({ tests: `test/failover/${file}.test.ts`, named });

const GUARD = "issuer/store/statement-guard.ts";
const TRANSACTIONS = "issuer/store/transactions.ts";
const DRIVER = "issuer/store/postgres-driver.ts";
const SESSION = "issuer/store/postgres-session.ts";
const POOL = "issuer/store/postgres-pool.ts";
const ADDRESS = "issuer/store/postgres-address.ts";
const ACCOUNTS = "issuer/ledger/accounts.ts";

/** In what transactions rest on, and in connections that fail. */
export const STORE_BUGS: readonly PlantedBug[] = bugsOf("store", [
  bug(
    "a second statement of a transaction waits for the first",
    [
      test("transactions", "sqlite refuse a bulk statement and a query at once"),
      test("transactions", "postgres refuse two queries at once"),
    ],
    [GUARD, "    if (this.#running)\n", "    if (this.#running && this.#failure)\n"],
  ),
  bug(
    "a transaction goes on after a statement that failed",
    [test("transactions", "sqlite take no statement and no commit")],
    [GUARD, "    if (this.#failure) throw this.#failure.cause;\n", ""],
  ),
  bug(
    "transactions take the server's isolation",
    [test("transactions", "have their own isolation where the server's default is serializable")],
    [DRIVER, "isolation level $", "/* $"],
    [DRIVER, "{isolationLevel} ", "{isolationLevel} */ "],
  ),
  bug(
    "writes run on one snapshot, also of what was waited for",
    [test("transactions", "two services start at once on an empty database")],
    [TRANSACTIONS, 'WRITE_ISOLATION = "read committed"', 'WRITE_ISOLATION = "repeatable read"'],
  ),
  bug(
    "an account is written over whatever version is there",
    [test("transactions", "sqlite an account is not written over a version")],
    [ACCOUNTS, '    .where("version", "=", version)\n', ""],
  ),
  bug(
    "a group of decisions is written over whatever version is there",
    [test("transactions", "sqlite is not written over an account that was changed")],
    ["issuer/ledger/record.ts", '["card", "version"],', '["card"],'],
  ),
  bug(
    "a change whose rows are not there counts as made",
    [test("transactions", "postgres is not written over an account that was changed")],
    ["issuer/store/postgres-many.ts", "if (!lenient && counts", "if (lenient && counts"],
  ),
  bug(
    "accounts are locked in the order of the requests",
    [test("lock-order", "decide without a deadlock")],
    [ACCOUNTS, "[...new Set(cards)].sort((a, b) => (a < b ? -1 : 1))", "[...new Set(cards)]"],
  ),
  bug(
    "payments are settled in the order of the requests",
    [test("lock-order", "settle without a deadlock")],
    [
      "issuer/authorizer/ledger-writer.ts",
      'jobs.filter((job) => job.type === "settle").sort(byAuthorization)',
      'jobs.filter((job) => job.type === "settle")',
    ],
  ),
  bug(
    "a commit counts that did not wait for its standby",
    [failover("connections", "a commit that did not reach its standby")],
    [
      DRIVER,
      'if (command === "COMMIT" && warning === undefined) return;',
      'if (command === "COMMIT") return;',
    ],
  ),
  bug(
    "a standby is taken for the ledger's server",
    [failover("connections", "the primary is the only server of the ledger")],
    [POOL, "if (!found || found.standby)", "if (!found)"],
  ),
  bug(
    "promotions are forgotten with the process",
    [failover("connections", "the primary is the only server of the ledger")],
    ["issuer/store/timelines.ts", "          append(path, position);\n", "          path.trim();\n"],
  ),
  bug(
    "a transaction is committed on a primary that was replaced while it ran",
    [failover("connections", "takes over in the middle of a transaction")],
    [DRIVER, "    if (!isPrimary)", "    if (!isPrimary && !this.session.isClean && this.session.age < 0)"],
  ),
  bug(
    "a connection that dies in its set-up keeps its place",
    [failover("connections", "that die in their set-up")],
    [POOL, "      sever(client);\n      client.release(true);\n", "      sever(client);\n"],
  ),
  bug(
    "connections from before a silence are used again",
    [failover("connections", "to a host that is gone without a word")],
    [POOL, "this.isCurrent(session) && session.age >= this.#oldest", "this.isCurrent(session)"],
  ),
  bug(
    "sessions to a primary that was replaced are used again when it wakes up",
    [failover("promotion", "wakes up with its sessions left")],
    [
      POOL,
      "if (this.isCurrent(session) && session.age >= this.#oldest) return session;",
      "if (session.age >= 0) return session;",
    ],
    [DRIVER, "    if (!isPrimary)", "    if (!isPrimary && !this.session.isClean && this.session.age < 0)"],
  ),
  bug(
    "a statement is waited for without an end",
    [failover("connections", "that are not answered in time close their connection")],
    [SESSION, "return await Promise.race([answer, late]);", "clearTimeout(timer);\n    return await answer;"],
  ),
  bug(
    "the next group waits for one that hangs",
    [test("group-commit", "of other keys go on beside a group")],
    [
      "issuer/authorizer/group-commit.ts",
      "        if (this.#leader === me) this.#leader = undefined;\n        this.#lead();",
      "        this.#lead();",
    ],
  ),
  bug(
    "health does not watch the writer",
    [failover("connections", "tells a writer whose oldest request waits")],
    ["issuer/service/health.ts", "parts.writerWaitedMs() <= MAX_WRITER_MS", "parts.writerWaitedMs() >= 0"],
  ),
  bug(
    "the tail of a password with an @ is printed",
    [test("postgres-address", "without the password")],
    [ADDRESS, "/^([^:@/]*):[^/]*@/", "/^([^:@/]*):[^@/]*@/"],
  ),
  bug(
    "several hosts in an address are ignored",
    [test("postgres-address", "refuses")],
    [ADDRESS, 'part.includes(",")', 'part.includes(",,")'],
  ),
  bug(
    "older backups are removed though the new one does not hold",
    [test("ledger-rotation", "keeps everything when a copy does not hold")],
    [
      "issuer/service/ledger-rotation.ts",
      "report.violations.length === 0 ? dueBackups",
      "report.violations.length >= 0 ? dueBackups",
    ],
  ),
  bug(
    "the last backup of a day is not kept",
    [test("ledger-rotation", "neither among the newest nor the last of one of 30 days")],
    ["issuer/service/ledger-rotation.ts", "days.size === DAYS) continue;", "days.size === 0) continue;"],
  ),
  bug(
    "a service that is started while its database is away ends",
    [failover("service-start", "waits for it")],
    [
      "cli/issuer/serve.ts",
      'if (!(error instanceof StoreError) || error.code !== "unavailable") throw error;',
      "if (tries >= 0) throw error;",
    ],
  ),
]);
