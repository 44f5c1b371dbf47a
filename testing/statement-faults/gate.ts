import { mkdirSync } from "node:fs";
import { createServer, type Server, Socket } from "node:net";
import { join } from "node:path";
import { cString, MessageReader, sqlState, type WireMessage } from "./wire.js";

/** PostgreSQL's clients look for this name in a socket's directory. */
const SOCKET = ".s.PGSQL.5432";

/** One statement as a service sends it: a simple query, or parse, bind and execute up to their sync. */
export interface Statement {
  readonly text: string;
  /** Texts of its transaction up to it, in their order: names the statement wherever it is sent. */
  readonly path: string;
  /** Process of the server that runs it. */
  readonly pid: number;
  /** Resolves with the SQLSTATE that the server answered, "" when it did what it was asked. */
  readonly answered: Promise<string>;
}

/**
 * Called with each statement before the server gets it. @returns what it waits for, undefined: it is sent on at once; that
 * resolves with what is to be done in the moment in which it was sent on
 */
export type OnStatement = (statement: Statement) => Promise<() => void> | undefined;

/**
 * Stands between the services and the database server, and sees each statement before the server does. It changes
 * no byte: it may let a statement wait, so that the server can be brought to fail exactly this one. What a service
 * must never do on the wire is noted.
 */
export class Gate {
  readonly directory: string;
  onStatement: OnStatement = () => undefined;
  /** Called with each connection, with what resolves when it is set up or has ended. */
  onConnection: (ready: Promise<void>) => void = () => undefined;
  /** Statements sent before the one before had its answer, or on a connection whose transaction failed. */
  readonly breaches: string[] = [];
  readonly #server: Server;
  readonly #lines = new Set<Line>();

  private constructor(directory: string, server: string) {
    this.directory = directory;
    this.#server = createServer((client) => {
      const line = new Line(client, join(server, SOCKET), this);
      this.#lines.add(line);
      client.once("close", () => this.#lines.delete(line));
    });
  }

  /** @param directory for its socket; @param server directory of the server's */
  static async open(directory: string, server: string): Promise<Gate> {
    mkdirSync(directory, { recursive: true });
    const gate = new Gate(directory, server);
    await new Promise<void>((resolve, reject) => {
      gate.#server.once("error", reject);
      gate.#server.listen(join(directory, SOCKET), resolve);
    });
    return gate;
  }

  /** The URL of a database, by way of this gate. */
  url(database: string, user: string): string {
    return `postgresql://${user}@/${database}?host=${encodeURIComponent(this.directory)}`;
  }

  async close(): Promise<void> {
    for (const line of this.#lines) line.end();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A statement on its way. */
interface Sent extends Statement {
  readonly bytes: Buffer;
  readonly answer: (state: string) => void;
  state: string;
}

const isBegin = (text: string): boolean => /^(begin|start transaction)/i.test(text);
export const isRollback = (text: string): boolean => /^rollback/i.test(text);

/** Whether the last statement of a path is one that calls no function of a database. */
export const isCommand = (path: string): boolean =>
  /^(begin|start transaction|rollback|set )/i.test(path.split("\n").at(-1) ?? "");

/** One connection of a service. */
class Line {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #gate: Gate;
  readonly #texts = new Map<string, string>();
  /** Sent by the service and not answered yet. */
  readonly #open: Sent[] = [];
  #parts: Buffer[] = [];
  #text = "";
  #path: string[] = [];
  #pid = 0;
  /** Of the last answer: idle, in a transaction, in one that failed. */
  #status = "I";
  #isOver = false;
  #ready: () => void = () => undefined;
  /** Statements wait for it in their order; undefined: none waits. */
  #waiting: Promise<void> | undefined;

  constructor(client: Socket, server: string, gate: Gate) {
    this.#client = client;
    this.#gate = gate;
    this.#server = new Socket().connect(server);
    const ready = new Promise<void>((resolve) => {
      this.#ready = resolve;
    });
    gate.onConnection(ready);
    const [down, up] = [new MessageReader(true), new MessageReader(false)];
    client.on("data", (chunk) => {
      for (const message of down.read(chunk)) this.#fromService(message);
    });
    this.#server.on("data", (chunk) => {
      for (const message of up.read(chunk)) this.#fromServer(message);
      client.write(chunk);
    });
    for (const [one, other] of [
      [client, this.#server],
      [this.#server, client],
    ] as const) {
      one.on("error", () => one.destroy());
      one.on("close", () => {
        other.destroy();
        this.#isOver = true;
        this.#ready();
        for (const sent of this.#open.splice(0)) sent.answer(sent.state || "08006");
      });
    }
  }

  end(): void {
    this.#client.destroy();
  }

  #fromService(message: WireMessage): void {
    const { type, body, bytes } = message;
    if (type === "" || type === "X" || type === "p") {
      this.#server.write(bytes);
      return;
    }
    this.#parts.push(bytes);
    if (type === "Q") this.#text = cString(body, 0).text;
    if (type === "P") {
      const name = cString(body, 0);
      this.#text = cString(body, name.next).text;
      this.#texts.set(name.text, this.#text);
    }
    if (type === "B") this.#text = this.#texts.get(cString(body, cString(body, 0).next).text) ?? "";
    if (type === "Q" || type === "S") this.#send();
  }

  #send(): void {
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    const text = this.#text;
    this.#check(text);
    if (isBegin(text)) this.#path = [];
    this.#path.push(text);
    let answer: (state: string) => void = () => undefined;
    const answered = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const sent = { text, path: this.#path.join("\n"), pid: this.#pid, bytes, answered, answer, state: "" };
    if (this.#isOver) return;
    this.#open.push(sent);
    const hold = this.#gate.onStatement(sent);
    if (!hold && !this.#waiting) {
      this.#server.write(bytes);
      return;
    }
    const turn = Promise.all([this.#waiting, hold]).then(([, onSent]) => {
      this.#server.write(bytes);
      onSent?.();
      if (this.#waiting === turn) this.#waiting = undefined;
    });
    this.#waiting = turn;
  }

  #check(text: string): void {
    const [before] = this.#open;
    const breach = (words: string) => void this.#gate.breaches.push(`${words}: ${short(text)}`);
    if (before) breach(`sent while "${short(before.text)}" has no answer yet`);
    else if (this.#status === "E" && !isRollback(text)) breach("sent though the transaction has failed");
    else if (this.#status === "T" && isBegin(text)) breach("begun inside of another transaction");
  }

  #fromServer({ type, body }: WireMessage): void {
    if (type === "K") this.#pid = body.readUInt32BE(0);
    const [first] = this.#open;
    if (type === "E" && first) first.state ||= sqlState(body);
    if (type !== "Z") return;
    this.#ready();
    this.#status = body.toString("latin1", 0, 1);
    // The end of set-up answers no statement.
    if (!first) return;
    this.#open.shift();
    if (this.#status === "I") this.#path = [];
    first.answer(first.state);
  }
}

/** One line of a statement, for people. */
export const short = (text: string): string => text.replace(/\s+/g, " ").slice(0, 90);
