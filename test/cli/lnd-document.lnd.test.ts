import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { openNode } from "../../cli/open-node.js";
import { hexToBytes, sat } from "../../common/index.js";
import { odtToHex } from "../../lightning/odt/index.js";
import { openAppletFile, SimulatedReader } from "../../simulator/index.js";
import buildApplet from "../../testing/applet/build.js";
import type { Lnd } from "../../testing/lnd/lnd.js";
import { payFrom } from "../../testing/lnd/pay.js";
import { testMerchant } from "../../testing/merchant.js";
import type { RunningProgram } from "../../testing/programs.js";
import { blocksOf, commandsOf } from "../docs/blocks.js";
import { LndStall } from "./lnd-stall.js";

const blocks = blocksOf("docs/nodes.md");
/** Every command of the document that needs an lnd, in its order. */
const left = blocks.filter(({ marks }) => marks.get("no-run") === "lnd").flatMap(commandsOf);

/** Of a channel as lnd lists it, sat. */
interface Balances {
  readonly local_balance: string;
  readonly remote_balance: string;
  readonly local_constraints: { readonly chan_reserve_sat: string };
  readonly remote_constraints: { readonly chan_reserve_sat: string };
}

let stall: LndStall;
let service: RunningProgram;
let monitor: string;
const at = (...names: string[]) => stall.at(...names);

beforeAll(async () => {
  stall = await LndStall.open();
});
afterAll(async () => {
  await service?.end("SIGKILL");
  await stall?.close();
});

const wordsOf = (command: string): string[] =>
  [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "").slice(1);

/** The document's next command, as a person fills it in. */
function next(begins: string, given: Readonly<Record<string, string>> = {}): string[] {
  const command = left.shift() ?? "";
  expect(command).toMatch(new RegExp(`^chequecard ${begins}`));
  return wordsOf(
    Object.entries(given).reduce((text, [word, instead]) => text.replaceAll(word, instead), command),
  );
}
const follow = (begins: string, given?: Readonly<Record<string, string>>) =>
  stall.run(...next(begins, given));
const placeOf = (lnd: Lnd) => ({ "127.0.0.1:10009": lnd.access.address });

/** Writes a block of the document into its file, for the bar's lnd on this chain. */
function writeSettings(file: string): void {
  const block = blocks.find(({ marks }) => marks.get("append") === file);
  const text = block?.lines
    .join("\n")
    .replace("127.0.0.1:10009", stall.bar.access.address)
    .replace("mainnet", "regtest");
  writeFileSync(at(file), `${text}\n`);
}

it("an lnd that runs already becomes an issuer's, with a macaroon that allows nothing in vain", async () => {
  const { festival } = stall;
  copyFileSync(festival.access.certificate, at("tls.cert"));
  const checking = stall.start(next("node check --address", placeOf(festival)));
  expect(await checking.end()).toBe(EXIT.CHECK_FAILED);
  expect(checking.output()).toMatch(/^NO {2}macaroon of lnd: .*chequecard\.macaroon/);
  await stall.bake(festival, checking.output(), ".");
  const address = { "pay.festival.example:9735": festival.address };
  const made = await follow("issuer init festival", { ...placeOf(festival), ...address });
  expect(made).toContain(`${festival.nodeId}@${festival.address}`);
  const again = await follow("node check festival");
  expect(again).toContain("allows what an issuer needs");
  expect(again).not.toContain("allows more than is needed");
  await follow("simulate blank");
  expect(await follow("personalize one")).toMatch(/Result +made and read back/);
  writeFileSync(
    at("festival/issuer.yaml"),
    `${readFileSync(at("festival/issuer.yaml"), "utf8")}\nmonitor: 127.0.0.1:0\n`,
  );
  service = stall.start(next("issuer serve festival"));
  const [line] = await service.says(/.*"event":"started".*/);
  ({ monitor } = JSON.parse(line) as { monitor: string });
});

it("the ledger says what the lnd's channels can carry, and so do report and metrics", async () => {
  const { festival } = stall;
  const { channels } = await festival.get<{ channels: readonly Balances[] }>("/v1/channels");
  const [channel] = channels;
  const spendable = (balance = "0", reserve = "0") => BigInt(balance) - BigInt(reserve);
  const outbound = spendable(channel?.local_balance, channel?.local_constraints.chan_reserve_sat);
  const inbound = spendable(channel?.remote_balance, channel?.remote_constraints.chan_reserve_sat);
  expect(await follow("ledger nodes --issuer festival")).toMatch(/active +1 /);
  const read = async (...words: string[]) =>
    JSON.parse(await stall.run("--json", ...words, "--issuer", "festival")) as { nodes: unknown };
  const node = {
    ...{ node: festival.nodeId, state: "active", cards: "1" },
    liquidity: { outbound: `${outbound}000`, inbound: `${inbound}000` },
  };
  expect((await read("ledger", "nodes")).nodes).toMatchObject([node]);
  expect((await read("report")).nodes).toMatchObject([node]);
  const metrics = await (await fetch(`http://${monitor}/metrics`)).text();
  expect(metrics).toContain(`chequecard_node_outbound_satoshi{node="${festival.nodeId}"} ${outbound}\n`);
  expect(metrics).toContain(`chequecard_node_inbound_satoshi{node="${festival.nodeId}"} ${inbound}\n`);
});

it("a tapped card is paid by its issuer's lnd to the till's lnd", async () => {
  await stall.bakeFor(stall.bar, "bar", "merchant");
  writeSettings("bar/terminal.yaml");
  expect(await follow("node check bar")).toContain("allows what a merchant needs");
  expect(await follow("terminal charge")).toMatch(/beer[\s\S]*Total +2,500 sat\nPAID\n/);
  expect(await follow("terminal balance")).toMatch(/Today +1 sale, 2,500 sat/);
});

// Where there is Java: test/vitest.lnd.config.ts knows, and the part `lnd` says so where there is none.
if (process.env.CHEQUECARD_APPLET === "yes")
  it("the same card as the Java Card applet is paid by its issuer's lnd", async () => {
    buildApplet();
    const { card, close: takeAway } = openAppletFile(at("card.json"));
    const reader = new SimulatedReader();
    reader.insert(card);
    const till = await openNode(at("bar"), { roles: ["merchant"] });
    const { terminal, close } = await testMerchant(till.node, reader, { sales: at("bar/sales.db") });
    try {
      const sale = await terminal.charge({ amount: sat(1_500), description: "wine" });
      expect(sale).toMatchObject({ number: 2, state: "paid", received: sat(1_500) });
    } finally {
      close();
      await till.close();
      takeAway();
    }
  });

it("ledger and lnd agree about every payment", async () => {
  const { node } = JSON.parse(await stall.run("--json", "report", "--issuer", "festival", "--reconcile")) as {
    node: { settled: unknown; differences: unknown; unknown: unknown };
  };
  expect(node).toMatchObject({ differences: [], unknown: [] });
});

it("an offline terminal's invoice is paid to the till's lnd, which never saw it", async () => {
  await stall.bakeFor(stall.bar, "taps", "merchant", "deputy");
  writeSettings("taps/terminal.yaml");
  expect(await follow("node check taps")).toContain("keeps what it holds for deputies over restarts");
  const taps = stall.start(next("node start taps"));
  await taps.says(/payments are taken/);
  await follow("deputy profile");
  const sold = await follow("deputy invoice");
  const [invoice = ""] = /^lnbcrt8u\w+/m.exec(sold) ?? [];
  const paid = await payFrom(stall.festival, { payment_request: invoice });
  expect(paid).toMatchObject({ status: "SUCCEEDED" });
  const proof = odtToHex({ kind: "preimage", preimage: hexToBytes(paid.payment_preimage) });
  expect(await follow("deputy verify", { "0000A1B2...": proof })).toContain("Paid. Hand it out.");
  expect(await taps.end("SIGINT")).toBe(130);
});

it("no command of the document that needs an lnd is left", () => expect(left).toEqual([]));
