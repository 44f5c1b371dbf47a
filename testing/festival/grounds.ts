import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runHere } from "../command-run.js";
import { easeKeyFile } from "../easy-keys.js";
import { freePorts } from "../lnd/process.js";
import { type Ended, endOf, type RunningProgram, runProgram } from "../programs.js";
import type { FestivalPlan } from "./plan.js";

const PASSPHRASE = "for a festival that never was";

/** What `--json` of a command holds. */
export type CommandData = Readonly<Record<string, unknown>>;

/** What a place for a festival is made of. */
export type GroundsPlan = Pick<FestivalPlan, "program" | "folder" | "commands" | "database" | "chips">;

/** Where a festival takes place: one folder, the command line, and the issuer's service as a process. */
export class Grounds {
  readonly folder: string;
  readonly #plan: GroundsPlan;
  #service: RunningProgram | undefined;
  readonly #children: RunningProgram[] = [];
  #restarting: Promise<void> | undefined;
  /** Where Bolt Cards are served: the same place after each kill, since it is written on chips. */
  #boltCards: string | undefined;

  constructor(plan: GroundsPlan) {
    this.#plan = plan;
    this.folder = plan.folder;
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  get issuer(): string {
    return this.at("issuer");
  }

  /** A simulated card's file. @param index from 0 */
  card(index: number): string {
    return this.at(`card-${String(index + 1).padStart(4, "0")}.json`);
  }

  /** Runs a short command, however it ends. Its output is JSON. */
  async tries(args: readonly string[]): Promise<Ended> {
    const command = ["--json", ...args];
    return await (this.#plan.commands === "inline"
      ? runHere(command, PASSPHRASE)
      : endOf(this.start(...command)));
  }

  /** Runs a short command. @throws Error when it does not end well */
  async run(args: readonly string[]): Promise<CommandData> {
    const { code, out, errors } = await this.tries(args);
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${out}${errors}`);
    return JSON.parse(out) as CommandData;
  }

  /** A command about this issuer. */
  ask(...args: string[]): Promise<CommandData> {
    return this.run([...args, "--issuer", this.issuer]);
  }

  /** The file of a simulated Bolt Card. @param index from 0 */
  chip(index: number): string {
    return this.at(`chip-${String(index + 1).padStart(4, "0")}.json`);
  }

  /** The file of a card that no till can use. */
  get blank(): string {
    return this.at("blank.json");
  }

  start(...args: string[]): RunningProgram {
    const child = runProgram(this.#plan.program, args, { env: { CHEQUECARD_PASSPHRASE: PASSPHRASE } });
    this.#children.push(child);
    return child;
  }

  /** File or address of the ledger. */
  get ledger(): string {
    return this.#plan.database ?? join(this.issuer, "ledger.db");
  }

  /** Makes the issuer, its cards, and shops with a channel from the issuer's node to each. */
  async prepare(cards: number, shops: number): Promise<void> {
    const { chips = 0 } = this.#plan;
    await this.run([
      ...["issuer", "init", this.issuer, "--label", "festival", "--chain", this.at("chain.db")],
      ...["--factory-keys", "test"],
      ...["--database", this.ledger],
    ]);
    await easeKeyFile(join(this.issuer, "issuer.keys"), PASSPHRASE);
    replaceIn(join(this.issuer, "issuer.yaml"), [
      [/^# monitor: .*$/m, "monitor: 127.0.0.1:0"],
      [/^# reconcileSeconds: .*$/m, "reconcileSeconds: 0.5"],
      [/^# policies: .*$/m, "policies: { small: { maxPerTransaction: 50sat } }"],
      // Terminals here are faster than people, and no one waits a day for a lost token.
      [
        /^# authorizer:$/m,
        "authorizer: { cardRate: { perSecond: 1000, burst: 1000 }, presentationAgeMs: 1000 }",
      ],
    ]);
    if (chips > 0) await this.#serveBoltCards();
    const profile = join(this.issuer, "profile.yaml");
    replaceIn(profile, [
      [/^card-keys: .*$/m, "card-keys: { version: 48 }"],
      [/^ {2}maxPer24h: .*$/m, "  maxPer24h: 1btc"],
    ]);
    const keys = ["--keys", join(this.issuer, "issuer.keys")];
    const count = ["--count", String(cards)];
    const faces = chips > 0 ? ["--bolt-card"] : [];
    const blanks = [...keys, "--key-version", "48", ...count, ...faces];
    await this.run(["simulate", "blank", this.at("card.json"), ...blanks]);
    const files = Array.from({ length: cards }, (_, index) => ["--card", this.card(index)]).flat();
    const books = ["--ledger", this.ledger, "--journal", this.at("batch.journal")];
    await this.run(["personalize", "batch", "--profile", profile, ...keys, ...books, ...count, ...files]);
    await this.open();
    for (let shop = 0; shop < shops; shop++) await this.#openShop(shop);
  }

  /** The issuer has a batch key and says where Bolt Cards are served; its cards get a second face. */
  async #serveBoltCards(): Promise<void> {
    await this.run(["keys", "add-batch", join(this.issuer, "issuer.keys"), "--label", "chips"]);
    const [port] = await freePorts(1);
    this.#boltCards = `127.0.0.1:${port}`;
    const fast = "{ perSecond: 1000, burst: 1000 }";
    appendFileSync(
      join(this.issuer, "issuer.yaml"),
      `\nboltCards: { address: "http://${this.#boltCards}", cardRate: ${fast}, addressRate: ${fast} }\n`,
    );
    const boltCard = `{ address: "https://${this.#boltCards}/bolt", limit: 10000sat }`;
    appendFileSync(join(this.issuer, "profile.yaml"), `\nbolt-card: ${boltCard}\n`);
  }

  shop(index: number): string {
    return this.at(`shop-${index + 1}`);
  }

  async #openShop(index: number): Promise<void> {
    const node = this.start("node", "start", this.shop(index), "--chain", this.at("chain.db"));
    await node.says("Ctrl-C stops it");
    const [, uri = ""] = /URI +(\S+)/.exec(node.output()) ?? [];
    // A shop can refund from the first sale on: what it has at the beginning covers its reserve.
    await this.run([
      ...["node", "fund", join(this.issuer, "node"), "--peer", uri],
      ...["--amount", "10000000sat", "--push", "500000sat"],
    ]);
    if ((await node.end("SIGTERM")) !== 0) throw new Error(`shop ${index + 1} did not end well`);
  }

  /** Starts the issuer's service. */
  async open(): Promise<void> {
    const listens = this.#boltCards === undefined ? [] : ["--bolt-cards", this.#boltCards];
    const service = this.start("issuer", "serve", this.issuer, ...listens);
    this.#service = service;
    await service.says('"event":"started"');
  }

  /** Address of the running service's figures. */
  monitor(): string {
    const [, address = ""] = /"monitor":"([^"]+)"/.exec(this.#service?.output() ?? "") ?? [];
    return `http://${address}`;
  }

  /** Kills the service (SIGKILL) and starts it again. Joins what is in flight. */
  strike(): Promise<void> {
    this.#restarting ??= (async () => {
      await this.#service?.end("SIGKILL");
      await this.open();
    })().finally(() => {
      this.#restarting = undefined;
    });
    return this.#restarting;
  }

  /** Stops the service as systemd does. @returns its exit code */
  async close(): Promise<number | null> {
    await this.#restarting;
    return (await this.#service?.end("SIGTERM")) ?? null;
  }

  /** Ends every process at once, after a failure. */
  async abandon(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.end("SIGKILL")));
  }
}

/** What `personalize` calls a card. @param index from 0 */
export const cardLabel = (index: number): string => String(index + 1).padStart(4, "0");

function replaceIn(path: string, changes: readonly (readonly [RegExp, string])[]): void {
  let text = readFileSync(path, "utf8");
  for (const [pattern, replacement] of changes) {
    if (!pattern.test(text)) throw new Error(`${path}: nothing there that matches ${pattern}`);
    text = text.replace(pattern, replacement);
  }
  writeFileSync(path, text);
}
