import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sendJson } from "./json.js";
import { eventually, freePorts, readIf, type ServerProcess, startServer } from "./process.js";
import { programOf } from "./programs.js";

/**
 * First address of the wallet that {@link MINER_KEY} makes: btcd mines to an address that is given at its start, when
 * no wallet runs yet. Worthless outside regtest.
 */
const MINER_ADDRESS = "bcrt1qqzncgeqrcza7e0exhw58vj37dvs5wa5zpys8q9";
/** Master key of the wallet that gets the coins. */
export const MINER_KEY =
  "tprv8ZgxMBicQKsPdvzDguC2fzDRpbEMpc81Jhgx7VxzbELwP6REpJ7bghuyE5cNr2a621gXBzzWt6C6hnfmPCpsATLTUY2g7KUqGSwAAAHAjic";
/** So many that the first coins can be spent. */
const FIRST_BLOCKS = 440;
const USER = "chequecard";

/** A regtest chain by a btcd of its own on loopback. */
export class Btcd {
  readonly port: { readonly peers: number; readonly rpc: number };
  readonly user = USER;
  readonly password = randomBytes(16).toString("hex");
  readonly #directory: string;
  readonly #flags: readonly string[];
  #process: ServerProcess | undefined;

  /** Starts it with its first blocks mined. */
  static async start(directory: string): Promise<Btcd> {
    const btcd = await Btcd.#begin(directory);
    await btcd.mine(FIRST_BLOCKS);
    return btcd;
  }

  /** Starts one that keeps the chain of another: a killed btcd has lost its last blocks, and gets them back from it. */
  static async startFollowing(directory: string, other: Btcd): Promise<Btcd> {
    const btcd = await Btcd.#begin(directory, [`--connect=127.0.0.1:${other.port.peers}`]);
    await btcd.untilAt(await other.height());
    return btcd;
  }

  static async #begin(directory: string, flags: readonly string[] = []): Promise<Btcd> {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const [peers = 0, rpc = 0] = await freePorts(2);
    const btcd = new Btcd(directory, { peers, rpc }, flags);
    await btcd.launch();
    return btcd;
  }

  private constructor(directory: string, port: Btcd["port"], flags: readonly string[]) {
    this.#directory = directory;
    this.port = port;
    this.#flags = flags;
  }

  get certificate(): string {
    return join(this.#directory, "rpc.cert");
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts the process, also again after {@link stop}. */
  async launch(): Promise<void> {
    const directory = this.#directory;
    const at = (name: string) => join(directory, name);
    writeFileSync(at("btcd.conf"), "");
    const args = [
      "--regtest",
      `--configfile=${at("btcd.conf")}`,
      `--datadir=${at("data")}`,
      `--logdir=${at("logs")}`,
      `--rpccert=${this.certificate}`,
      `--rpckey=${at("rpc.key")}`,
      `--listen=127.0.0.1:${this.port.peers}`,
      `--rpclisten=127.0.0.1:${this.port.rpc}`,
      `--rpcuser=${USER}`,
      `--rpcpass=${this.password}`,
      `--miningaddr=${MINER_ADDRESS}`,
      "--txindex",
      "--nodnsseed",
      "--nobanning",
      "--trickleinterval=100ms",
      ...this.#flags,
    ];
    this.#process = startServer(programOf("btcd"), args, at("btcd.log"));
    await eventually("btcd answers", () => this.height().catch(() => undefined), at("btcd.log"));
  }

  /** One call of its JSON-RPC. @throws Error with btcd's message */
  async call<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    const certificate = readIf(this.certificate);
    if (!certificate) throw new Error("btcd has no certificate yet");
    const authorization = `Basic ${Buffer.from(`${USER}:${this.password}`).toString("base64")}`;
    const body = { jsonrpc: "1.0", id: 1, method, params };
    const server = { port: this.port.rpc, certificate, headers: { authorization } };
    let text = "";
    for await (const line of sendJson(server, { method: "POST", path: "/", body })) text += line;
    const { result, error } = JSON.parse(text) as { result: T; error: { message: string } | null };
    if (error) throw new Error(`btcd: ${method}: ${error.message}`);
    return result;
  }

  height(): Promise<number> {
    return this.call<number>("getblockcount");
  }

  /** Waits until its chain is this long. */
  async untilAt(height: number): Promise<void> {
    await eventually(`btcd is at block ${height}`, async () => (await this.height()) >= height);
  }

  /** Makes blocks of what waits. */
  async mine(blocks = 1): Promise<void> {
    await this.call<string[]>("generate", blocks);
  }

  /** Transactions that wait for a block. */
  waiting(): Promise<readonly string[]> {
    return this.call<string[]>("getrawmempool");
  }

  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<void> {
    await this.#process?.stop(signal);
  }
}
