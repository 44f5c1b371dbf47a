import { bug, bugsOf, type PlantedBug } from "./bug.js";

const statementFaults = { campaign: "statement-faults" } as const;

const ACCOUNTS = "issuer/ledger/accounts.ts";
const RECORD = "issuer/ledger/record.ts";
const DRIVER = "issuer/store/postgres-driver.ts";
const GUARD = "issuer/store/statement-guard.ts";
const MANY = "issuer/store/postgres-many.ts";
const ORDERS = "issuer/ledger/orders.ts";
const SESSION = "issuer/store/postgres-session.ts";

/** In what becomes of a transaction of which one statement fails while its connection lives. */
export const STATEMENT_BUGS: readonly PlantedBug[] = bugsOf("ledger", [
  bug(
    "the statements of a transaction are started together",
    [statementFaults],
    [
      MANY,
      "    const text = changes.of(wanted.map(({ statement }) => statement));\n",
      "    await Promise.all(wanted.map(({ statement, rows }) => postgresMany.change(tx, statement, rows)));\n    if (all.length > 0) return;\n    const text = changes.of(wanted.map(({ statement }) => statement));\n",
    ],
    [GUARD, "    this.check();\n    try {", "    try {"],
  ),
  bug(
    "an account is overwritten with what was read without holding it",
    [statementFaults],
    [ACCOUNTS, "{ lock: true }", "{ lock: false }"],
    [ACCOUNTS, '    .where("version", "=", version)\n', ""],
    [RECORD, '["card", "version"],\n  (p) =>', '["card"],\n  (p) =>'],
  ),
  bug(
    "a connection whose transaction failed is lent again without a roll-back",
    [statementFaults],
    [
      DRIVER,
      '    if (session.client.getTransactionStatus() === "I") return;\n',
      "    if (session) return;\n",
    ],
    [
      SESSION,
      'return !this.#isBroken && this.client.getTransactionStatus() === "I";',
      "return !this.#isBroken;",
    ],
  ),
  bug(
    "a roll-back that fails is taken for done",
    [statementFaults],
    [
      DRIVER,
      "    } catch {\n      session.sever();\n    }\n    if (!session.isClean) session.sever();",
      "    } catch {\n      return;\n    }",
    ],
    [
      SESSION,
      'return !this.#isBroken && this.client.getTransactionStatus() === "I";',
      "return !this.#isBroken;",
    ],
    [SESSION, 'error.code === "unavailable") this.sever()', 'error.code === "closed") this.sever()'],
  ),
  bug(
    "the reference of an order is kept outside of its transaction",
    [{ tests: "test/issuer/statement-failures.test.ts", named: "commit keeps neither" }],
    [ORDERS, "const inserted = await tx\n", "const inserted = await store.db\n"],
  ),
]);
