import { type PostgresServer, startPostgres } from "../../testing/postgres/server.js";

/** A database server that is started when the first database is asked for. */
export class LazyServer {
  #server: Promise<PostgresServer> | undefined;

  /** Address of a new, empty database. */
  async database(): Promise<string> {
    this.#server ??= startPostgres();
    return await (await this.#server).database();
  }

  async close(): Promise<void> {
    await (await this.#server)?.stop();
  }
}
