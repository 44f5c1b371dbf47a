import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { DeputyTerminals } from "../../cli/node/deputy-terminals.js";
import { bytesToHex, hexToBytes, sat } from "../../common/index.js";
import { deriveDeputyKey, readDeputyProfile } from "../../lightning/dpp/index.js";
import { callsOf } from "../../lightning/nodes/lnd/permissions.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { bakedMacaroon } from "../../testing/lnd/baked-macaroon.js";
import { readyLnd } from "../../testing/lnd/ready-lnd.js";
import { type StubCalls, StubLnd } from "../../testing/lnd/stub-lnd.js";
import { testInvoice } from "../../testing/nodes/scripted-node.js";

const root = newFolder();
let folder: string;
let stub: StubLnd;
const at = (name: string) => join(folder, name);

const FLAGS = { require_htlc_interceptor: true, store_final_htlc_resolutions: true };
const CHANNEL = { active: true, remote_pubkey: "", channel_point: "", chan_id: "1", pending_htlcs: [] };
const BALANCES = {
  local_balance: "1000",
  remote_balance: "1000",
  local_constraints: null,
  remote_constraints: null,
};

/** An lnd that can have a deputy. */
const lndForDeputies = (network?: string, version?: string, flags = FLAGS): StubCalls => ({
  ...readyLnd(network, version, flags),
  "lnrpc.Lightning/ListChannels": () => ({ channels: [{ ...CHANNEL, ...BALANCES }] }),
  "lnrpc.Lightning/AddInvoice": () => ({
    r_hash: Buffer.alloc(32),
    payment_request: testInvoice(1, sat(1), 1_800_000_000),
  }),
  "invoicesrpc.Invoices/CancelInvoice": () => ({}),
  "routerrpc.Router/SubscribeHtlcEvents": () => {},
  "routerrpc.Router/HtlcInterceptor": () => {},
});
const forgetful = () =>
  lndForDeputies("regtest", "0.21.1-beta", {
    require_htlc_interceptor: false,
    store_final_htlc_resolutions: false,
  });

beforeEach(async () => {
  folder = mkdtempSync(join(root, "till-"));
  stub = await StubLnd.start(folder, lndForDeputies());
  stub.macaroon = bakedMacaroon(callsOf(["merchant", "deputy"]).map((method) => `uri:/${method}`));
  stub.writeFiles();
  settings();
});
afterEach(() => stub.stop());

function settings(more = ", deputy: true"): void {
  const place = `address: "${stub.access.address}", certificate: tls.cert, macaroon: chequecard.macaroon`;
  writeFileSync(at("terminal.yaml"), `node: { type: lnd, ${place}${more} }\n`);
}

const profile = (name: string, out: string) =>
  chequecard(["--json", "deputy", "profile", "--node", folder, "--name", name, "--out", at(out)]);

describe("a merchant's lnd with offline terminals", () => {
  it("has one deputy, whose key comes of the master key in its folder and stays the same", async () => {
    expect(await profile("tap", "tap.json")).toMatchObject({ exitCode: EXIT.OK, err: "" });
    expect(await profile("kiosk", "kiosk.json")).toMatchObject({ exitCode: EXIT.OK, err: "" });
    const [tap, kiosk] = ["tap.json", "kiosk.json"].map((name) =>
      readDeputyProfile(readFileSync(at(name), "utf8")),
    );
    const { master } = JSON.parse(readFileSync(at("deputy.json"), "utf8")) as { master: string };
    expect(bytesToHex(tap?.payeeKey ?? new Uint8Array())).toBe(
      bytesToHex(deriveDeputyKey(hexToBytes(master))),
    );
    expect(kiosk?.payeeKey).toEqual(tap?.payeeKey);
    expect(kiosk?.terminalKey).not.toEqual(tap?.terminalKey);
    for (const file of ["deputy.json", "tap.json", "deputy-paid.db"])
      expect([file, statSync(at(file)).mode & 0o777]).toEqual([file, 0o600]);
    expect(new DeputyTerminals(folder).list().map(({ name }) => name)).toEqual(["tap", "kiosk"]);
  });

  it("derives the deputy's key as specs/07 says", () => {
    expect(bytesToHex(deriveDeputyKey(new Uint8Array(32).fill(0x21)))).toBe(
      "1f186557aad0bd9a0cd88ea5a11b6b9a28998ad2dfb8caad78816198bfb01d09",
    );
  });

  it("takes payments as long as node start runs, which opens one interceptor and makes no embedded node", async () => {
    const stop = new AbortController();
    const running = chequecard(["node", "start", folder], { signal: stop.signal });
    await expect.poll(() => existsSync(at("control.sock"))).toBe(true);
    expect(await profile("tap", "tap.json")).toMatchObject({ exitCode: EXIT.OK });
    stop.abort();
    const { exitCode, out } = await running;
    expect(exitCode).toBe(EXIT.INTERRUPTED);
    expect(out).toMatch(/Offline sales +payments are taken/);
    expect(out).toContain("lnd runs on");
    expect(stub.made.filter((name) => name === "routerrpc.Router/HtlcInterceptor")).toHaveLength(1);
    expect(existsSync(at("node.json"))).toBe(false);
    const foreign = await chequecard(["node", "start", folder, "--port", "9735"]);
    expect(foreign).toMatchObject({ exitCode: EXIT.INPUT });
    expect(foreign.err).toContain("--port: an option of embedded nodes");
  });

  it("takes a stolen terminal off the list also while lnd is away", async () => {
    expect(await profile("tap", "tap.json")).toMatchObject({ exitCode: EXIT.OK });
    stub.stop();
    const revoked = await chequecard(["--json", "deputy", "revoke", "tap", "--node", folder]);
    expect([revoked.exitCode, revoked.err]).toEqual([EXIT.OK, ""]);
    const terminals = new DeputyTerminals(folder);
    expect(terminals.list()).toMatchObject([{ name: "tap", revokedAt: expect.any(Number) }]);
    const { keyId } = readDeputyProfile(readFileSync(at("tap.json"), "utf8"));
    expect(terminals.keys.terminalKey(keyId)).toBeUndefined();
  });

  it("takes no payments unless its configuration says so, and says how", async () => {
    settings("");
    const refused = await profile("tap", "tap.json");
    expect(refused.exitCode).toBe(EXIT.SERVICE);
    expect(refused.out).toContain("this lnd takes no payments to deputies");
    expect(refused.out).toContain("Set deputy: true");
    expect(stub.made).not.toContain("routerrpc.Router/HtlcInterceptor");
    expect([existsSync(at("tap.json")), existsSync(at("deputy.json"))]).toEqual([false, false]);
  });

  it.each([
    [
      "is too old",
      () => lndForDeputies("regtest", "0.21.0-beta"),
      /need at least 0\.21\.1 for payments to deputies/,
    ],
    ["would lose what it holds", forgetful, /runs without requireinterceptor=true/],
  ])(
    "is refused where it %s, in a sentence, and no terminal is left on the list",
    async (_, calls, sentence) => {
      stub.calls = calls();
      const refused = await profile("tap", "tap.json");
      expect(refused.exitCode).toBe(EXIT.SERVICE);
      expect(refused.out).toMatch(sentence);
      expect(new DeputyTerminals(folder).list()).toEqual([]);
      expect(existsSync(at("tap.json"))).toBe(false);
    },
  );

  it("is checked for deputies by node check, which explains what requireinterceptor costs", async () => {
    const good = await chequecard(["--json", "node", "check", folder]);
    expect(JSON.parse(good.out)).toMatchObject({ good: true, roles: ["merchant", "deputy"] });
    expect(good.out).toContain("it forwards nothing at all (requireinterceptor)");
    stub.calls = forgetful();
    const bad = await chequecard(["node", "check", folder]);
    expect(bad.exitCode).toBe(EXIT.CHECK_FAILED);
    expect(bad.out).toMatch(
      /NO {2}Without requireinterceptor[\s\S]*The price: [\s\S]*NO {2}Without store-final/,
    );
  });

  it("on mainnet is not started by a service before the configuration agrees, with the line to add", async () => {
    stub.calls = lndForDeputies("mainnet");
    const refused = await chequecard(["node", "start", folder]);
    expect(refused.exitCode).toBe(EXIT.INPUT);
    expect(refused.err).toMatch(/this would move real money[\s\S]*Set realMoney: true/);
  });
});
