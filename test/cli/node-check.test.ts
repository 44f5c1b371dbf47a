import { chmodSync, existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { readIssuerConfig } from "../../cli/issuer/folder.js";
import { openNode } from "../../cli/open-node.js";
import { lndOfFolder } from "../../cli/terminal-settings.js";
import { callsOf } from "../../lightning/nodes/lnd/permissions.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { bakedMacaroon } from "../../testing/lnd/baked-macaroon.js";
import { readyLnd, STUB_IDENTITY } from "../../testing/lnd/ready-lnd.js";
import { StubError, StubLnd } from "../../testing/lnd/stub-lnd.js";

const root = newFolder();
let folder: string;
let stub: StubLnd;

const MERCHANT = [
  "lnrpc.Lightning/GetInfo",
  "lnrpc.Lightning/ListChannels",
  "lnrpc.Lightning/ConnectPeer",
  "lnrpc.Lightning/SendCustomMessage",
  "lnrpc.Lightning/SubscribeCustomMessages",
  "lnrpc.Lightning/SubscribePeerEvents",
  "lnrpc.Lightning/AddInvoice",
  "lnrpc.Lightning/ListInvoices",
  "lnrpc.Lightning/SubscribeInvoices",
  "invoicesrpc.Invoices/CancelInvoice",
  "invoicesrpc.Invoices/LookupInvoiceV2",
].map((method) => `uri:/${method}`);

beforeEach(async () => {
  folder = mkdtempSync(join(root, "till-"));
  stub = await StubLnd.start(folder, readyLnd());
  stub.macaroon = bakedMacaroon(MERCHANT);
  stub.writeFiles();
});
afterEach(() => stub.stop());

const settings = (more = "") =>
  writeFileSync(
    join(folder, "terminal.yaml"),
    `node: { type: lnd, address: "${stub.access.address}", certificate: tls.cert, macaroon: chequecard.macaroon${more} }\n`,
  );

describe("chequecard node check", () => {
  it("says what works, in sentences, and prints the line that bakes the macaroon", async () => {
    settings();
    chmodSync(stub.access.macaroon, 0o600);
    const { exitCode, out } = await chequecard(["node", "check", folder]);
    expect(out).toContain(`lnd 0.21.1-beta answers at ${stub.access.address}: node ${STUB_IDENTITY}.`);
    expect(out).toContain("It is on regtest.");
    expect(out).not.toContain("others than its owner");
    expect(out).toContain("chequecard.macaroon allows what a merchant needs");
    expect(out).toContain("It cannot be paid: it needs channels that others have opened to it");
    expect(out).toMatch(/lncli bakemacaroon --root_key_id \d+ --save_to chequecard\.macaroon uri:\/lnrpc/);
    expect(exitCode).toBe(EXIT.OK);
    const line = /uri:\/.*/.exec(out)?.[0].split(" ");
    expect(new Set(line)).toEqual(new Set(MERCHANT));
  });

  it("names what a macaroon does not allow, what it allows in vain, and its conditions", async () => {
    settings();
    const missing = "uri:/lnrpc.Lightning/AddInvoice";
    stub.macaroon = bakedMacaroon(
      [...MERCHANT.filter((one) => one !== missing), "onchain:write"],
      ["time-before 2031-01-01T00:00:00Z"],
    );
    stub.writeFiles();
    const { exitCode, out } = await chequecard(["node", "check", folder]);
    expect(out).toContain("does not allow what a merchant needs: lnrpc.Lightning/AddInvoice.");
    expect(out).toContain("allows more than is needed (onchain:write)");
    expect(out).toMatch(/others than its owner may read this file[^\n]*\n +Run: chmod 600 /);
    expect(out).toContain("holds only under a condition: time-before 2031-01-01T00:00:00Z.");
    expect(exitCode).toBe(EXIT.CHECK_FAILED);
  });

  it("takes an lnd without a folder, for any role, and says what deputies need of it", async () => {
    const { address, certificate, macaroon } = stub.access;
    stub.calls = readyLnd("regtest", "0.20.0-beta");
    const where = ["--address", address, "--certificate", certificate, "--macaroon", macaroon];
    const { exitCode, out } = await chequecard([
      ...["--json", "node", "check", ...where],
      ...["--network", "signet", "--role", "issuer", "deputy"],
    ]);
    const { good, parts } = JSON.parse(out) as { good: boolean; parts: { what: string; sentence: string }[] };
    const said = parts.map(({ what, sentence }) => `${what}: ${sentence}`).join("\n");
    expect(said).toContain(
      "version: lnd is version 0.20.0-beta; need at least 0.21.1 for payments to deputies.",
    );
    expect(said).toMatch(/network: .* is on regtest, and the configuration says signet/);
    expect(said).toMatch(/macaroon: .* does not allow what an issuer needs: .*SendPaymentV2/);
    expect(said).toContain("deputies: Without requireinterceptor");
    expect(good).toBe(false);
    expect(exitCode).toBe(EXIT.CHECK_FAILED);
  });

  it("says in a sentence what is in the way", async () => {
    settings();
    stub.calls = {
      "lnrpc.State/GetState": () => {
        throw new StubError("wallet locked, unlock it to enable full RPC access");
      },
    };
    const locked = await chequecard(["node", "check", folder]);
    expect(locked.out).toMatch(/is locked\s+Unlock it: lncli unlock/);
    expect(locked.exitCode).toBe(EXIT.CHECK_FAILED);
    const none = await chequecard(["node", "check"]);
    expect(none.exitCode).toBe(EXIT.INPUT);
    expect(none.err).toContain("need the folder of an issuer or a till");
    const bad = await chequecard(["node", "check", "--address", "nonsense", "--macaroon", "x"]);
    expect(bad.err).toContain("--address: need host:port such as 127.0.0.1:10009");
  });
});

describe("an issuer on an lnd", () => {
  const init = (...more: string[]) => {
    const { address, certificate, macaroon } = stub.access;
    return chequecard(
      [
        ...["--json", "issuer", "init", join(folder, "issuer"), "--factory-keys", "test"],
        ...["--lnd", address, "--certificate", certificate, "--macaroon", macaroon, ...more],
      ],
      { env: { CHEQUECARD_PASSPHRASE: "test" } },
    );
  };
  beforeEach(() => {
    stub.calls = readyLnd("signet");
    stub.macaroon = bakedMacaroon([
      "info:read",
      "offchain:read",
      "offchain:write",
      "invoices:read",
      "invoices:write",
      "peers:read",
      "peers:write",
    ]);
    stub.writeFiles();
  });

  it("is made with its network, its address and the files that open it", async () => {
    const { exitCode, out, err } = await init("--address", "pay.festival.example:9735");
    expect([exitCode, err]).toEqual([EXIT.OK, ""]);
    expect(JSON.parse(out)).toMatchObject({ uri: `${STUB_IDENTITY}@pay.festival.example:9735` });
    const { lnd, network } = readIssuerConfig(join(folder, "issuer"));
    expect([network, lnd]).toEqual(["tbs", { ...stub.access, realMoney: false }]);
    const check = await chequecard(["node", "check", join(folder, "issuer")]);
    expect(check.out).toContain("allows what an issuer needs");
  });

  it("compares its ledger with lnd, also while its service works with that lnd", async () => {
    await init("--address", "pay.festival.example:9735");
    const issuer = join(folder, "issuer");
    const reconcile = () => chequecard(["--json", "report", "--issuer", issuer, "--reconcile"]);
    const { node, lnd } = readIssuerConfig(issuer);
    const agreed = { node: { compared: 0, differences: [], listed: 0, unknown: [] } };
    expect(JSON.parse((await reconcile()).out)).toMatchObject(agreed);
    const service = await openNode(node, { roles: ["issuer"] }, lnd);
    try {
      expect(JSON.parse((await reconcile()).out)).toMatchObject(agreed);
    } finally {
      await service.close();
    }
  });

  it("is not made where nobody could reach lnd, or where the macaroon cannot pay", async () => {
    expect((await init()).out).toContain("lnd announces no address");
    stub.macaroon = bakedMacaroon(MERCHANT);
    stub.writeFiles();
    const { exitCode, out } = await init("--address", "pay.festival.example:9735");
    expect(exitCode).toBe(EXIT.SERVICE);
    expect(out).toMatch(/does not allow .*SendPaymentV2/);
    expect(existsSync(join(folder, "issuer"))).toBe(false);
  });
});

describe("an lnd on mainnet", () => {
  const open = (agree?: (question: string) => Promise<boolean>) =>
    openNode(folder, { roles: ["merchant"], ...(agree ? { agree } : {}) });

  beforeEach(() => {
    stub.calls = readyLnd("mainnet");
  });

  it("moves no money before somebody has agreed, once", async () => {
    settings();
    await expect(open()).rejects.toThrow("this would move real money");
    const questions: string[] = [];
    const answer = (yes: boolean) => async (question: string) => {
      questions.push(question);
      return yes;
    };
    await expect(open(answer(false))).rejects.toThrow("real money was not meant");
    await (await open(answer(true))).close();
    await (await open(answer(false))).close();
    await (await open()).close();
    expect(questions).toHaveLength(2);
    expect(questions[0]).toContain("this will pay real money, up to 1,000,000 sat a payment");
  });

  it("asks nothing where the configuration says that real money is meant", async () => {
    settings(", realMoney: true, maxPayment: 5000sat");
    await (await open()).close();
    expect(lndOfFolder(folder)).toMatchObject({ maxPayment: 5_000_000n });
  });

  it("is never played the demo on, whatever the configuration says", async () => {
    stub.macaroon = bakedMacaroon(callsOf(["issuer"]).map((method) => `uri:/${method}`));
    stub.writeFiles();
    const play = async (more: string) => {
      settings(`, realMoney: true${more}`);
      const lnds = ["--payer", folder, "--merchant", folder];
      return (await chequecard(["demo", ...lnds], { env: { CHEQUECARD_PCSC: "off" } })).err;
    };
    expect(await play(", network: mainnet")).toContain("plays on regtest only");
    expect(await play("")).toContain("is on bitcoin mainnet, and the configuration says regtest");
    expect(stub.made).not.toContain("routerrpc.Router/SendPaymentV2");
  });

  it("is refused where another network is meant", async () => {
    settings(", network: testnet");
    await expect(open(async () => true)).rejects.toThrow(
      "is on bitcoin mainnet, and the configuration says testnet",
    );
  });
});
