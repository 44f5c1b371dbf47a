import { bugsOf, type PlantedBug } from "./bug.js";

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
  {
    name: "the statements of a transaction are started together",
    edits: {
      [MANY]: [
        [
          "    const text = changes.of(wanted.map(({ statement }) => statement));\n",
          "    await Promise.all(wanted.map(({ statement, rows }) => postgresMany.change(tx, statement, rows)));\n    if (all.length > 0) return;\n    const text = changes.of(wanted.map(({ statement }) => statement));\n",
        ],
      ],
      [GUARD]: [["    this.check();\n    try {", "    try {"]],
    },
    caughtBy: [statementFaults],
  },
  {
    name: "an account is overwritten with what was read without holding it",
    edits: {
      [ACCOUNTS]: [
        ["{ lock: true }", "{ lock: false }"],
        ['    .where("version", "=", version)\n', ""],
      ],
      [RECORD]: [['["card", "version"],\n  (p) =>', '["card"],\n  (p) =>']],
    },
    caughtBy: [statementFaults],
  },
  {
    name: "a connection whose transaction failed is lent again without a roll-back",
    edits: {
      [DRIVER]: [
        ['    if (session.client.getTransactionStatus() === "I") return;\n', "    if (session) return;\n"],
      ],
      [SESSION]: [
        ['return !this.#isBroken && this.client.getTransactionStatus() === "I";', "return !this.#isBroken;"],
      ],
    },
    caughtBy: [statementFaults],
  },
  {
    name: "a roll-back that fails is taken for done",
    edits: {
      [DRIVER]: [
        [
          "    } catch {\n      session.sever();\n    }\n    if (!session.isClean) session.sever();",
          "    } catch {\n      return;\n    }",
        ],
      ],
      [SESSION]: [
        ['return !this.#isBroken && this.client.getTransactionStatus() === "I";', "return !this.#isBroken;"],
        ['error.code === "unavailable") this.sever()', 'error.code === "closed") this.sever()'],
      ],
    },
    caughtBy: [statementFaults],
  },
  {
    name: "the reference of an order is kept outside of its transaction",
    edits: { [ORDERS]: [["const inserted = await tx\n", "const inserted = await store.db\n"]] },
    caughtBy: [{ tests: "test/issuer/statement-failures.test.ts", named: "commit keeps neither" }],
  },
]);
