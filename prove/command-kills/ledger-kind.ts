import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openPostgres, openSqlite, type Store } from "../../issuer/store/index.js";
import { inCopy } from "./scene.js";
import { LazyServer } from "./server.js";

/** Where a ledger is. */
export type LedgerPlace = "in a file" | "on PostgreSQL";

/** How a ledger is made and read in such a place. */
export interface LedgerKind {
  readonly name: string;
  readonly isCopied: boolean;
  /** Makes an empty ledger and says in the configuration where it is. */
  make(folder: string): Promise<Store>;
  /** Opens it, or a copy of it, without changing it. */
  look<T>(folder: string, use: (store: Store) => Promise<T>): Promise<T>;
  close?(): Promise<void>;
}

const closing = async <T>(store: Store, use: (store: Store) => Promise<T>): Promise<T> => {
  try {
    return await use(store);
  } finally {
    await store.close();
  }
};

const inFile: LedgerKind = {
  name: "in a file",
  isCopied: true,
  async make(folder) {
    writeFileSync(join(folder, "issuer.yaml"), "database:\n  sqlite: ledger.db\n");
    return await openSqlite({ path: join(folder, "ledger.db") });
  },
  look: (folder, use) =>
    inCopy(folder, async (copy) => closing(await openSqlite({ path: join(copy, "ledger.db") }), use)),
};

function onServer(): LedgerKind {
  const server = new LazyServer();
  let url = "";
  return {
    name: "on PostgreSQL",
    isCopied: false,
    async make(folder) {
      url = await server.database();
      writeFileSync(join(folder, "issuer.yaml"), `database:\n  postgres: ${JSON.stringify(url)}\n`);
      return await openPostgres({ url });
    },
    look: async (_folder, use) => closing(await openPostgres({ url }), use),
    close: () => server.close(),
  };
}

export const ledgerKind = (where: LedgerPlace): LedgerKind => (where === "in a file" ? inFile : onServer());
