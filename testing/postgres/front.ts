import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  isSilent: boolean;
}

/** A TCP port in front of a PostgreSQL server's socket, on which a network and a host can fail. */
export class PostgresFront {
  /** Address of the same database through this front. */
  readonly url: string;
  /** Connections that were made so far. */
  made = 0;
  /** Ends the next connections as soon as the client has sent its first statement: this many. */
  cutAtFirstStatement = 0;
  /** The answer to the next commit of a transaction with this statement is lost, and its connection with it. */
  loseAnswerAfter: RegExp | undefined;
  /** Answers to commits that were lost so far. */
  lost = 0;
  readonly #listener: Server;
  readonly #links = new Set<Link>();
  #socket = "";

  private constructor(listener: Server, url: string) {
    this.#listener = listener;
    this.url = url;
  }

  /** @param url of a database, with a socket directory as `host` */
  static async open(url: string): Promise<PostgresFront> {
    const read = new URL(url.replace("@/", "@localhost/"));
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const address = listener.address();
    if (!address || typeof address === "string") throw new Error("no port");
    const front = new PostgresFront(
      listener,
      `postgresql://${read.username}@127.0.0.1:${address.port}${read.pathname}`,
    );
    front.lead(url);
    listener.on("connection", (client) => front.#link(client, connect(front.#socket)));
    return front;
  }

  /** Leads the connections that are made from now on to another server. */
  lead(url: string): void {
    const { searchParams } = new URL(url.replace("@/", "@localhost/"));
    this.#socket = join(searchParams.get("host") ?? "", ".s.PGSQL.5432");
  }

  #link(client: Socket, server: Socket): void {
    const link: Link = { client, server, isSilent: false };
    this.#links.add(link);
    this.made++;
    const cut = this.cutAtFirstStatement > 0;
    if (cut) this.cutAtFirstStatement--;
    const close = () => {
      server.destroy();
      // Where the host is gone without a word, only the client's end closes the connection.
      if (!link.isSilent) client.destroy();
    };
    for (const end of [client, server]) end.on("error", () => {});
    // The start-up packet has no type in its first byte; what follows it does.
    let isStarted = false;
    let isMarked = false;
    client.on("data", (bytes) => {
      if (link.isSilent) return;
      if (cut && isStarted) return close();
      isStarted = true;
      const text = bytes.toString("latin1");
      if (this.loseAnswerAfter?.test(text)) isMarked = true;
      if (isMarked && /\bcommit\b/i.test(text)) {
        isMarked = false;
        this.loseAnswerAfter = undefined;
        // What the server answers means that all is kept.
        server.removeAllListeners("data").once("data", () => {
          this.lost++;
          close();
        });
      }
      server.write(bytes);
    });
    server.on("data", (bytes) => link.isSilent || client.write(bytes));
    client.on("close", () => {
      this.#links.delete(link);
      server.destroy();
    });
    server.on("close", close);
  }

  /** The host of all connections is gone without a word: nothing closes them. New ones reach its successor. */
  loseHost(): void {
    for (const link of this.#links) {
      link.isSilent = true;
      link.server.destroy();
    }
  }

  /** Cuts all connections. */
  cut(): void {
    for (const { client } of this.#links) client.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#listener.close(resolve));
    for (const { client, server } of this.#links) {
      client.destroy();
      server.destroy();
    }
    await closed;
  }
}
