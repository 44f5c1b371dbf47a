import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Btcd } from "./btcd.js";
import { MINER_KEY } from "./btcd.js";
import { type JsonRequest, sendJson } from "./json.js";
import { eventually, freePorts, readIf, type ServerProcess, startServer } from "./process.js";
import { programOf } from "./programs.js";

const PASSWORD = "regtest-only";

/** What a recipient of payments to deputies needs so that nothing that it holds is lost. */
export const DEPUTY_FLAGS = ["--requireinterceptor", "--store-final-htlc-resolutions"];

export interface LndOptions {
  readonly directory: string;
  readonly btcd: Btcd;
  readonly alias: string;
  /** Has the coins that btcd mines. */
  readonly isMiner?: boolean;
  /** Further ones of lnd's own. */
  readonly flags?: readonly string[];
  /** Port that peers hear of instead of the own one, for a relay in between. */
  readonly announcedPort?: number;
  /** Another lnd than the newest. */
  readonly program?: string;
}

/** What lnd says when it refuses. */
export class LndRefusal extends Error {}

/** An lnd of its own on loopback, asked by REST: apart from the adapter, which speaks gRPC to it. */
export class Lnd {
  readonly port: { readonly peers: number; readonly grpc: number; readonly rest: number };
  /** Hex. */
  nodeId = "";
  readonly #options: LndOptions;
  #program: string;
  #process: ServerProcess | undefined;

  /** Starts it with a wallet, in step with the chain. */
  static async start(options: LndOptions): Promise<Lnd> {
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    const [peers = 0, grpc = 0, rest = 0] = await freePorts(3);
    const lnd = new Lnd(options, { peers, grpc, rest });
    await lnd.launch();
    return lnd;
  }

  private constructor(options: LndOptions, port: Lnd["port"]) {
    this.#options = options;
    this.#program = options.program ?? programOf("lnd");
    this.port = port;
  }

  get alias(): string {
    return this.#options.alias;
  }

  /** Where the adapter finds it. */
  get access(): { readonly address: string; readonly certificate: string; readonly macaroon: string } {
    return {
      address: `127.0.0.1:${this.port.grpc}`,
      certificate: this.file("tls.cert"),
      macaroon: this.file("data/chain/bitcoin/regtest/admin.macaroon"),
    };
  }

  /** `host:port` for peers. */
  get address(): string {
    return `127.0.0.1:${this.#options.announcedPort ?? this.port.peers}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Path in its folder. */
  file(name: string): string {
    return join(this.#options.directory, name);
  }

  /** Its log so far. */
  log(): string {
    return readIf(this.file("lnd.log"))?.toString("utf8") ?? "";
  }

  /** Starts the process, also again after {@link stop}. @param program another version from now on */
  async launch({ program = this.#program, flags = [] as readonly string[] } = {}): Promise<void> {
    this.#program = program;
    writeFileSync(this.file("lnd.conf"), "");
    writeFileSync(this.file("password"), PASSWORD, { mode: 0o600 });
    this.#process = startServer(program, [...this.#args(), ...flags], this.file("lnd.log"));
    let isMade = false;
    await this.#until("lnd has a wallet", async () => {
      const { state } = await this.#ask<{ state: string }>({ method: "GET", path: "/v1/state" });
      if (state === "NON_EXISTING" && !isMade) {
        await this.#makeWallet();
        isMade = true;
      }
      return state === "SERVER_ACTIVE";
    });
    await this.untilSynced();
  }

  /** Waits until it is in step with the chain. */
  async untilSynced(): Promise<void> {
    await this.#until("lnd is in step with the chain", async () => {
      const info = await this.get<{ identity_pubkey: string; synced_to_chain: boolean }>("/v1/getinfo");
      this.nodeId = info.identity_pubkey;
      return info.synced_to_chain;
    });
  }

  get<T>(path: string): Promise<T> {
    return this.#ask<T>({ method: "GET", path });
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#ask<T>({ method: "POST", path, body });
  }

  delete<T>(path: string): Promise<T> {
    return this.#ask<T>({ method: "DELETE", path });
  }

  /** The messages of a stream. @throws LndRefusal, and the connection's errors */
  async *stream<T>(request: JsonRequest): AsyncGenerator<T> {
    for await (const line of sendJson(this.#server(), request)) {
      const { result, error } = JSON.parse(line) as { result?: T; error?: { message: string } };
      if (error || result === undefined) throw new LndRefusal(error?.message ?? line);
      yield result;
    }
  }

  /** Stops it. @param signal SIGTERM gracefully, SIGKILL as a crash */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.#process?.stop(signal);
  }

  #args(): readonly string[] {
    const { btcd, alias, flags = [] } = this.#options;
    return [
      `--lnddir=${this.#options.directory}`,
      `--configfile=${this.file("lnd.conf")}`,
      "--bitcoin.regtest",
      "--bitcoin.node=btcd",
      `--btcd.rpchost=127.0.0.1:${btcd.port.rpc}`,
      `--btcd.rpcuser=${btcd.user}`,
      `--btcd.rpcpass=${btcd.password}`,
      `--btcd.rpccert=${btcd.certificate}`,
      `--listen=127.0.0.1:${this.port.peers}`,
      `--externalip=${this.address}`,
      `--rpclisten=127.0.0.1:${this.port.grpc}`,
      `--restlisten=127.0.0.1:${this.port.rest}`,
      `--alias=${alias}`,
      "--nobootstrap",
      "--bitcoin.defaultchanconfs=1",
      "--wallet-unlock-allow-create",
      `--wallet-unlock-password-file=${this.file("password")}`,
      // Seconds less in every test.
      "--trickledelay=50",
      "--gossip.sub-batch-delay=5ms",
      "--db.batch-commit-interval=5ms",
      "--minbackoff=100ms",
      "--maxbackoff=2s",
      ...flags,
    ];
  }

  async #makeWallet(): Promise<void> {
    const wallet_password = Buffer.from(PASSWORD).toString("base64");
    if (this.#options.isMiner) {
      const key = { extended_master_key: MINER_KEY, extended_master_key_birthday_timestamp: "1" };
      // It finds the coins while it restores the wallet.
      await this.post("/v1/initwallet", { wallet_password, ...key, recovery_window: 1 });
    } else {
      const { cipher_seed_mnemonic } = await this.get<{ cipher_seed_mnemonic: string[] }>("/v1/genseed");
      await this.post("/v1/initwallet", { wallet_password, cipher_seed_mnemonic });
    }
  }

  /** While lnd starts, whatever is asked may fail. */
  #until(what: string, read: () => Promise<boolean>): Promise<boolean> {
    return eventually(what, () => read().catch(() => false), this.file("lnd.log"));
  }

  #server() {
    const certificate = readIf(this.access.certificate);
    if (!certificate) throw new Error("lnd has no certificate yet");
    const macaroon = readIf(this.access.macaroon)?.toString("hex");
    return {
      ...{ port: this.port.rest, certificate },
      headers: macaroon === undefined ? {} : { "grpc-metadata-macaroon": macaroon },
    };
  }

  async #ask<T>(request: JsonRequest): Promise<T> {
    let text = "";
    for await (const line of sendJson(this.#server(), request)) text += line;
    const answer = JSON.parse(text) as T & { code?: number; message?: string };
    if (typeof answer.code === "number" && typeof answer.message === "string")
      throw new LndRefusal(answer.message);
    return answer;
  }
}
