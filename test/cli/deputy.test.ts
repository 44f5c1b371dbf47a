import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEmbeddedNode, type EmbeddedNode, openEmbeddedNode } from "../../cli/embedded-node.js";
import { EXIT } from "../../cli/exit-codes.js";
import { DeputyTerminals } from "../../cli/node/deputy-terminals.js";
import { nodeUri } from "../../cli/node/operations.js";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { recomputeModern, SaleFile } from "../../lightning/dpp/index.js";
import { odtToHex, qrPng } from "../../lightning/odt/index.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";

const folder = newFolder();
const at = (name: string) => join(folder, name);
let shop: EmbeddedNode;
let wallet: EmbeddedNode;

const json = async (...args: string[]) => {
  const { exitCode, out, err } = await chequecard(["--json", ...args]);
  if (exitCode !== EXIT.OK) throw new Error(`${args.join(" ")}: exit code ${exitCode}, ${out}${err}`);
  return JSON.parse(out);
};
const profile = (name: string, out: string) =>
  json("deputy", "profile", "--node", at("shop"), "--name", name, "--out", at(out));
const sell = (terminal: string, amount = "800sat") =>
  json("deputy", "invoice", "--profile", at(`${terminal}.json`), "--amount", amount, "--description", "beer");
/** What the payer's wallet shows after it has paid. */
async function proofOf(invoice: string): Promise<string> {
  const paid = await json("node", "pay", at("wallet"), invoice, "--proof");
  return paid.proof;
}
const verify = (...args: string[]) => chequecard(["deputy", "verify", "--profile", at("tap.json"), ...args]);

beforeAll(async () => {
  for (const name of ["shop", "wallet"]) createEmbeddedNode(at(name));
  shop = await openEmbeddedNode(at("shop"));
  wallet = await openEmbeddedNode(at("wallet"));
  await json("node", "fund", at("wallet"), "--peer", await nodeUri(shop.node), "--amount", "1000000sat");
  await shop.node.channelsReady(120_000);
  await profile("beer tap", "tap.json");
});
afterAll(async () => {
  await shop.close();
  await wallet.close();
});

describe("deputy", () => {
  it("sells offline, is paid over Lightning, and accepts the proof once", async () => {
    const sale = await sell("tap");
    expect(sale).toMatchObject({ amount: "800000", description: "beer" });
    expect(await shop.node.lookupInvoice(hexToBytes(sale.paymentHash))).toEqual({ state: "not-found" });
    const proof = await proofOf(sale.invoice);
    const first = await verify(proof);
    expect(first).toMatchObject({ exitCode: EXIT.OK, err: "" });
    expect(first.out).toMatch(/^800 sat, beer, sold .*\nPaid. Hand it out.\n$/);
    const again = await verify(proof);
    expect(again.exitCode).toBe(EXIT.NOT_PAID);
    expect(again.out).toContain("shown before");
    for (const { out } of [first, again]) expect(out.toUpperCase()).not.toContain(proof.slice(4));
  });

  it("takes the proof as a preimage, as a picture, and with the draft's one-byte type when asked", async () => {
    const sales = [await sell("tap", "1sat"), await sell("tap", "2sat"), await sell("tap", "3sat")];
    const preimages: Uint8Array[] = [];
    for (const { invoice } of sales) preimages.push(hexToBytes((await proofOf(invoice)).slice(4)));
    const [first, second, third] = preimages as [Uint8Array, Uint8Array, Uint8Array];
    expect((await verify(bytesToHex(first))).exitCode).toBe(EXIT.OK);
    writeFileSync(at("phone.png"), qrPng(odtToHex({ kind: "preimage", preimage: second })));
    expect((await verify("--png", at("phone.png"))).exitCode).toBe(EXIT.OK);
    const short = odtToHex({ kind: "preimage", preimage: third }, { typeLength: 1 });
    expect((await verify(short)).exitCode).toBe(EXIT.INPUT);
    expect((await verify(short, "--one-byte-type")).exitCode).toBe(EXIT.OK);
  });

  it("keeps its master key to itself, and gives every terminal another key", async () => {
    const own = join(at("shop"), "deputy.json");
    const { master } = JSON.parse(readFileSync(own, "utf8"));
    await profile("kiosk", "kiosk.json");
    const [tap, kiosk] = ["tap.json", "kiosk.json"].map((name) => readFileSync(at(name), "utf8"));
    if (!tap || !kiosk) throw new Error("no profiles");
    for (const file of [own, at("tap.json"), at("tap.sales.db")])
      expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const text of [tap, kiosk]) expect(text).not.toContain(master);
    for (const field of ["keyId", "terminalKey"])
      expect(JSON.parse(tap)[field]).not.toBe(JSON.parse(kiosk)[field]);
    const listed = await chequecard(["deputy", "list", "--node", at("shop")]);
    expect(listed.out).toMatch(/beer tap[\s\S]*kiosk/);
    for (const secret of [master, JSON.parse(tap).terminalKey]) expect(listed.out).not.toContain(secret);
  });

  it("a revoked terminal's invoices are not paid, at once and after a restart; its name is free again", async () => {
    await profile("stolen", "stolen.json");
    expect((await proofOf((await sell("stolen")).invoice)).length).toBe(68);
    const revoked = await json("deputy", "revoke", "stolen", "--node", at("shop"));
    expect(revoked.name).toBe("stolen");
    const refused = async () => {
      const paid = await chequecard(["node", "pay", at("wallet"), (await sell("stolen")).invoice]);
      expect(paid).toMatchObject({ exitCode: EXIT.NOT_PAID });
      expect(paid.out).toContain("Not paid");
    };
    await refused();
    await shop.close();
    shop = await openEmbeddedNode(at("shop"));
    await shop.node.channelsReady(120_000);
    await refused();
    const { keyId } = await profile("stolen", "stolen-2.json");
    expect(keyId).not.toBe(revoked.keyId);
    expect((await json("deputy", "revoke", revoked.keyId, "--node", at("shop"))).revokedAt).toBe(
      revoked.revokedAt,
    );
    expect((await proofOf((await sell("stolen-2")).invoice)).length).toBe(68);
  });

  it("without the reader for --phone nothing is sold", async () => {
    const open = () => {
      const sales = new SaleFile(at("no-reader.sales.db"));
      try {
        return sales.open().length;
      } finally {
        sales.end();
      }
    };
    const sell = ["--profile", at("tap.json"), "--amount", "1sat", "--sales", at("no-reader.sales.db")];
    const run = await chequecard(["deputy", "invoice", ...sell, "--phone", "--reader", "no such reader"]);
    expect({ exitCode: run.exitCode, out: run.out }).toEqual({ exitCode: EXIT.READER, out: "" });
    expect(open()).toBe(0);
  });

  it("says exactly why a proof is not accepted, and never repeats it", async () => {
    await sell("tap");
    const strange = "ab".repeat(32);
    const cases: [string[], number, RegExp][] = [
      [[strange], EXIT.NOT_PAID, /no proof for any sale of this terminal/],
      [[`0000${strange}`], EXIT.NOT_PAID, /no proof for any sale/],
      [[`0000${strange}00`], EXIT.INPUT, /need 32 bytes, have 33/],
      [[`0777${strange}`], EXIT.INPUT, /type 1911/],
      [["beer"], EXIT.INPUT, /hex digits/],
      [["00".repeat(5000)], EXIT.INPUT, /at most 4096 hex digits/],
      [[], EXIT.INPUT, /either the hex of a message or --png/],
      [[strange, "--png", at("phone.png")], EXIT.INPUT, /either the hex of a message or --png/],
      [["--png", at("tap.json")], EXIT.INPUT, /not a PNG file/],
      [["--png", at("none.png")], EXIT.INPUT, /cannot be read \(no such file or folder, ENOENT\)/],
    ];
    for (const [args, exitCode, problem] of cases) {
      const { out, err, ...result } = await verify(...args);
      expect(out + err, args.join(" ").slice(0, 80)).toMatch(problem);
      expect(result.exitCode).toBe(exitCode);
      expect(out + err).not.toContain(strange);
    }
    const nothing = await chequecard(["deputy", "verify", "--sales", at("none.db"), strange]);
    expect(nothing).toMatchObject({ exitCode: EXIT.INPUT });
    expect(nothing.err).toContain("nothing was sold yet");
    expect(existsSync(at("none.db"))).toBe(false);
  });

  it("does not accept the proof of a sale that is over", async () => {
    const sale = await sell("tap");
    const proof = await proofOf(sale.invoice);
    const database = await import("better-sqlite3");
    const file = new database.default(at("tap.sales.db"));
    file
      .prepare("UPDATE sales SET expires_at = 1000 WHERE payment_hash = ?")
      .run(Buffer.from(sale.paymentHash, "hex"));
    file.close();
    const late = await verify(proof);
    expect(late.exitCode).toBe(EXIT.NOT_PAID);
    expect(late.out).toContain("this sale is over");
  });
});

describe("bad input to deputy", () => {
  it("leaves no terminal and no file behind", async () => {
    const before = new DeputyTerminals(at("shop")).list().length;
    const make = (node: string, name: string, out: string) =>
      chequecard(["deputy", "profile", "--node", node, "--name", name, "--out", out]);
    createEmbeddedNode(at("lonely"));
    mkdirSync(at("full"), { recursive: true });
    const cases: [string, string, string, number, RegExp][] = [
      [at("shop"), "beer tap", at("x.json"), EXIT.INPUT, /already/],
      [at("shop"), "", at("x.json"), EXIT.INPUT, /name/],
      [at("shop"), "a\nb", at("x.json"), EXIT.INPUT, /printable/],
      [at("shop"), "new", at("tap.json"), EXIT.INPUT, /never overwritten/],
      [at("none"), "new", at("x.json"), EXIT.INPUT, /no embedded node there/],
      [at("lonely"), "new", at("x.json"), EXIT.SERVICE, /no open channel/],
    ];
    for (const [node, name, out, exitCode, problem] of cases) {
      const result = await make(node, name, out);
      expect(result.err, name).toMatch(problem);
      expect(result.exitCode, name).toBe(exitCode);
    }
    expect(existsSync(at("x.json"))).toBe(false);
    expect(new DeputyTerminals(at("shop")).list()).toHaveLength(before);
    expect(new DeputyTerminals(at("lonely")).list()).toEqual([]);
    const unwritable = await make(at("shop"), "nowhere", at("missing/x.json"));
    expect(unwritable.exitCode).toBe(EXIT.INPUT);
    const last = new DeputyTerminals(at("shop")).list().at(-1);
    expect(last).toMatchObject({ name: "nowhere", revokedAt: expect.any(Number) });
  });

  it("a profile that is damaged, not there or too large is refused without its keys", async () => {
    const good = readFileSync(at("tap.json"), "utf8");
    const { terminalKey } = JSON.parse(good);
    for (const [content, problem] of [
      [good.replace('"version": 1', '"version": 2'), /profile\/version/],
      [good.slice(0, -5), /not JSON/],
      [good.replace(terminalKey, terminalKey.slice(2)), /profile\/terminalKey/],
      [`${good}${" ".repeat(2_000_000)}`, /no deputy profile/],
    ] as const) {
      writeFileSync(at("bad.json"), content);
      const result = await chequecard(["deputy", "invoice", "--profile", at("bad.json"), "--amount", "1sat"]);
      expect(result.exitCode).toBe(EXIT.INPUT);
      expect(result.err).toMatch(problem);
      expect(result.err).not.toContain(terminalKey.slice(2));
    }
    expect(readdirSync(folder)).not.toContain("bad.sales.db");
    for (const amount of ["0sat", "1", "-5sat"])
      expect(
        (await chequecard(["deputy", "invoice", "--profile", at("tap.json"), "--amount", amount])).exitCode,
      ).toBe(EXIT.INPUT);
  });

  it("sales that another terminal process has open are left alone", async () => {
    const { SaleFile } = await import("../../lightning/dpp/index.js");
    const open = new SaleFile(at("tap.sales.db"));
    const result = await verify("ab".repeat(32));
    open.end();
    expect(result.err).toContain("in use by another process");
  });

  it("every command has help with an example", async () => {
    for (const command of ["profile", "list", "revoke", "invoice", "verify"])
      expect((await chequecard(["deputy", command, "--help"])).out, command).toMatch(/Example/);
  });
});

describe("the list of terminals", () => {
  const terminalsIn = (name: string) => {
    mkdirSync(at(name), { recursive: true });
    return new DeputyTerminals(at(name), () => 1_700_000_000);
  };

  it("is the same after it was read again, and knows the keys of those that are not revoked", () => {
    const terminals = terminalsIn("list");
    expect(terminals.list()).toEqual([]);
    const [first, second] = [terminals.add("one"), terminals.add("two")];
    terminals.revoke("one");
    const again = terminalsIn("list");
    expect(again.list()).toEqual(terminals.list());
    for (const { keys } of [terminals, again]) {
      expect(keys.terminalKey(first.keyId)).toBeUndefined();
      expect(keys.terminalKey(second.keyId)).toEqual(second.terminalKey);
    }
    expect(recomputeModern(again.keys)(sha256(new Uint8Array(32)), { metadata: undefined })).toBe(
      "no-metadata",
    );
    expect(() => again.revoke("three")).toThrow('no terminal "three"');
  });

  it.each([
    [
      "that others may read",
      (path: string) => import("node:fs").then((fs) => fs.chmodSync(path, 0o644)),
      /chmod 600|others/,
    ],
    ["that is no JSON", (path: string) => writeFileSync(path, "{"), /not JSON/],
    [
      "of a newer version",
      (path: string) =>
        writeFileSync(path, readFileSync(path, "utf8").replace('"version": 1', '"version": 2')),
      /version/,
    ],
  ])("a file %s is refused and stays as it is", async (_name, change, problem) => {
    const name = `list-${_name.length}`;
    terminalsIn(name).add("one");
    const path = join(at(name), "deputy.json");
    await change(path);
    const before = readFileSync(path);
    expect(() => terminalsIn(name)).toThrow(problem);
    expect(readFileSync(path)).toEqual(before);
  });
});
