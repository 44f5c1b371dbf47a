import pg from "pg";
import { StoreError } from "./errors.js";

/** How often the two connections are compared: another process may take the server's session in between. */
const ROUNDS = 20;

/**
 * Finds out whether a pooler such as PgBouncer lends one session of the server to several connections in turn
 * (`pool_mode = transaction` or `statement`): settings and prepared statements of a session do not hold then.
 * @param client the connection behind which a pooler stands; @param config to make a second one
 * @throws StoreError `access`
 */
export async function refuseTransactionPooling(
  client: pg.ClientBase,
  config: pg.ClientConfig,
): Promise<void> {
  const second = new pg.Client(config);
  second.on("error", () => {});
  await second.connect();
  try {
    for (let round = 0; round < ROUNDS; round++)
      if ((await sessionOf(client)) === (await sessionOf(second))) throw pooled();
  } finally {
    await second.end();
  }
}

async function sessionOf(client: pg.ClientBase): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid;
}

const pooled = (): StoreError =>
  new StoreError("access", "a pooler lends sessions of the database server for one transaction each", {
    hint: "Connect to PostgreSQL itself, or set pool_mode = session for this database in PgBouncer.",
  });
