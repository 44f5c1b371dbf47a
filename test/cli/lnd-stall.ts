import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { hexToBytes } from "../../common/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { openChannel } from "../../testing/lnd/channels.js";
import { DEPUTY_FLAGS, type Lnd } from "../../testing/lnd/lnd.js";
import { type LndNetwork, startLndNetwork } from "../../testing/lnd/network.js";
import { type RunningProgram, runProgram, runToEnd } from "../../testing/programs.js";

const environment = { CHEQUECARD_PASSPHRASE: "correct horse battery" };

/** An issuer's lnd and a till's, with a channel between them, and the commands in a folder beside them. */
export class LndStall {
  readonly festival: Lnd;
  readonly bar: Lnd;
  readonly #network: LndNetwork;
  readonly #program: string;
  readonly #work = newFolder();

  static async open(): Promise<LndStall> {
    const [network, program] = await Promise.all([
      startLndNetwork([{ alias: "festival" }, { alias: "bar", flags: DEPUTY_FLAGS }]),
      buildProgram("cli/main.ts"),
    ]);
    const stall = new LndStall(network, program);
    const { festival, bar } = stall;
    await openChannel(network.btcd, festival, bar, { sat: 5_000_000, pushSat: 1_000_000 });
    return stall;
  }

  private constructor(network: LndNetwork, program: string) {
    const [festival, bar] = network.nodes;
    if (!festival || !bar) throw new Error("the network is not whole");
    [this.festival, this.bar] = [festival, bar];
    this.#network = network;
    this.#program = program;
  }

  get btcd() {
    return this.#network.btcd;
  }

  /** Path in the folder in which the commands run. */
  at(...names: string[]): string {
    return join(this.#work, ...names);
  }

  /** Starts a command in a process of its own. */
  start(words: readonly string[]): RunningProgram {
    return runProgram(this.#program, words, { cwd: this.#work, env: environment });
  }

  /** Runs a command that must succeed, and returns what it has printed. */
  async run(...words: string[]): Promise<string> {
    const ended = await runToEnd(this.#program, words, { cwd: this.#work, env: environment, input: "" });
    // Warnings are true of lnds on loopback, and of test keys.
    const errors = ended.errors.replace(/^warning: .*\n/gim, "");
    expect([words.join(" "), ended.code, errors]).toEqual([words.join(" "), 0, ""]);
    return ended.out;
  }

  /** What a person does on lnd's machine: bakes by the line that `node check` has printed, and brings the files. */
  async bake(lnd: Lnd, checked: string, folder: string): Promise<void> {
    const [line = ""] = /^ *lncli bakemacaroon .*$/m.exec(checked) ?? [];
    const [, root_key_id] = /--root_key_id (\d+)/.exec(line) ?? [];
    const permissions = [...line.matchAll(/uri:(\S+)/g)].map(([, action]) => ({ entity: "uri", action }));
    const { macaroon } = await lnd.post<{ macaroon: string }>("/v1/macaroon", { permissions, root_key_id });
    mkdirSync(this.at(folder), { recursive: true, mode: 0o700 });
    writeFileSync(this.at(folder, "chequecard.macaroon"), hexToBytes(macaroon), { mode: 0o600 });
    copyFileSync(lnd.access.certificate, this.at(folder, "tls.cert"));
  }

  /** The same for these roles, from the admin's macaroon. */
  async bakeFor(lnd: Lnd, folder: string, ...roles: string[]): Promise<void> {
    const { address, certificate, macaroon } = lnd.access;
    const place = ["--address", address, "--certificate", certificate, "--macaroon", macaroon];
    await this.bake(lnd, await this.run("node", "check", ...place, "--role", ...roles), folder);
  }

  async close(): Promise<void> {
    await this.#network.stop();
  }
}
