import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { writePictures } from "../../cli/offline/code-pictures.js";
import { hexToBytes, secp256k1 } from "../../common/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { fingerprint } from "../../offline/fingerprint.js";
import { writePack } from "../../offline/pack-file.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { uriOf } from "../../testing/merchant.js";
import { packOf } from "../../testing/offline/certified-card.js";
import { openCommandLineShop } from "./terminal-shop.js";

let folder: string;
let field: string;
let shop: Awaited<ReturnType<typeof openCommandLineShop>>;
beforeAll(async () => {
  folder = newFolder("memory");
  shop = await openCommandLineShop(folder);
  field = join(folder, "field");
  mkdirSync(field);
});
afterAll(() => shop?.close());

const path = (name: string) => join(folder, name);
const terminal = (...args: string[]) => chequecard(["terminal", ...args]);
const json = async (...args: string[]) => {
  const { out, err } = await chequecard(["--json", "terminal", ...args]);
  return JSON.parse(out || JSON.stringify({ err }));
};
const charge = (amount: string) =>
  terminal(...["charge", "--node", field, "--card", shop.cards.traveller.file, "--amount", amount]);
const digest = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

async function newPack(file: string, sequence: bigint, terminalKey: string): Promise<void> {
  const { card } = shop.cards.traveller;
  const pack = packOf(card, Math.floor(Date.now() / 1000) - 60, {
    sequence,
    terminal: hexToBytes(terminalKey),
    nodes: [parseNodeUri(await uriOf(shop.payer))],
    forwardingWindow: 80_000,
  });
  writeFileSync(file, await writePack(pack, (hash) => secp256k1.sign(hash, card.issuerSecret)));
}

it("a terminal without node and network gets a pack, accepts a card, and is paid by what a person carries", async () => {
  // At the shop, once: a profile of its deputy for the field.
  const profile = ["deputy", "profile", "--node", shop.folder, "--name", "field"];
  expect(await chequecard([...profile, "--out", join(field, "deputy-profile.json")])).toMatchObject({
    exitCode: 0,
  });
  expect(await charge("2500sat")).toMatchObject({
    exitCode: EXIT.INPUT,
    err: expect.stringContaining("this terminal has no key yet"),
  });
  const { publicKey, payee } = await json("pack", "key", "--node", field);
  expect(payee).toMatch(/^0[23][0-9a-f]{64}$/);
  expect((await json("pack", "key", "--node", field)).publicKey).toBe(publicKey);
  expect(statSync(join(field, "terminal-key.hex")).mode & 0o777).toBe(0o600);
  expect(await charge("2500sat")).toMatchObject({ err: expect.stringContaining("no node of its own") });

  const issuer = fingerprint(secp256k1.publicKey(shop.cards.traveller.card.issuerSecret));
  await newPack(path("2.pack"), 2n, publicKey);
  const install = (name: string, of = issuer) =>
    terminal("pack", "install", path(name), "--node", field, "--issuer", of);
  expect(await install("2.pack", "0000-0000-0000-0000-0000")).toMatchObject({ exitCode: EXIT.INPUT });
  expect((await json("pack", "show", "--node", field)).packs).toEqual([]);
  expect(await install("2.pack")).toMatchObject({ exitCode: 0, out: expect.stringContaining(issuer) });
  await newPack(path("1.pack"), 1n, publicKey);
  expect(await install("1.pack")).toMatchObject({
    exitCode: EXIT.INPUT,
    err: expect.stringContaining("older"),
  });
  expect((await json("pack", "show", "--node", field)).packs).toMatchObject([{ sequence: "2" }]);

  // In the field.
  const sold = await charge("2500sat");
  expect(sold).toMatchObject({
    exitCode: EXIT.NOT_PAID,
    out: expect.stringContaining("ACCEPTED, NOT PAID YET: 2,500 sat"),
  });
  expect(sold.out).not.toMatch(/^PAID/m);
  const open = { accepted: { sales: 1, amount: "2500000", paid: "0", refused: "0", open: "2500000" } };
  expect((await json("report", "--node", field)).totals).toMatchObject({ paid: 0, received: "0", ...open });
  expect(await json("accepted", "--node", field)).toMatchObject({ sales: 1, first: [{ number: 1 }] });

  // A person carries the stick, twice.
  expect(await terminal("bundle", "--node", field, "--out", path("stick"))).toMatchObject({ exitCode: 0 });
  const forward = () => json("forward", path("stick"), "--node", shop.folder);
  expect(await forward()).toMatchObject({
    sales: 1,
    known: 0,
    paid: 1,
    received: "2500000",
    refused: 0,
    open: 0,
  });
  expect(await forward()).toMatchObject({ sales: 1, known: 1, paid: 1, open: 0 });
  expect(await shop.account("traveller")).toMatchObject({ spent: 2_500_000n });
  const results = () => json("results", path("stick.results"), "--node", field);
  expect(await results()).toEqual({ paid: 1, refused: 0, open: 0, known: 0 });
  expect(await results()).toEqual({ paid: 0, refused: 0, open: 0, known: 1 });
  expect((await json("report", "--node", field)).totals).toMatchObject({
    ...{ paid: 1, received: "2500000" },
    accepted: { sales: 1, paid: "2500000", open: "0" },
  });
  expect((await terminal("receipt", "1", "--node", field)).out).toMatch(/^PAID$/m);
});

describe("a file that is not what it should be is refused with a sentence, and changes nothing", () => {
  const made = (name: string, bytes: Uint8Array): string => {
    writeFileSync(path(name), bytes);
    return path(name);
  };
  const stick = () => readFileSync(path("stick"));
  const changed = (bytes: Buffer, at: number): Buffer => {
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };

  it.each<[string, () => Uint8Array, RegExp]>([
    ["64 KiB of zeros", () => new Uint8Array(65_536), /not a bundle/],
    ["64 MiB of zeros", () => new Uint8Array(64 << 20), /not a bundle/],
    ["nothing", () => new Uint8Array(0), /not a bundle/],
    ["its first 20 bytes", () => stick().subarray(0, 20), /not whole/],
    ["all but its last byte", () => stick().subarray(0, -1), /not whole/],
    ["a byte more", () => Buffer.concat([stick(), Buffer.of(0)]), /not whole/],
    ["one bit of it changed", () => changed(stick(), 100), /changed/],
    ["one bit of its last bytes changed", () => changed(stick(), stick().length - 1), /changed/],
    [
      "another version",
      () => Buffer.concat([stick().subarray(0, 4), Buffer.of(9), stick().subarray(5)]),
      /version 9/,
    ],
    [
      "another network",
      () => Buffer.concat([stick().subarray(0, 5), Buffer.from("bc\0\0"), stick().subarray(9)]),
      /another network/,
    ],
    ["another terminal's key id", () => changed(stick(), 12), /terminal that is not known here/],
    ["results in its place", () => readFileSync(path("stick.results")), /not a bundle/],
  ])("a bundle: %s", async (_, bytes, sentence) => {
    const before = await json("forward", path("stick"), "--node", shop.folder);
    const run = await terminal("forward", made("bad", bytes()), "--node", shop.folder);
    expect(run).toMatchObject({ exitCode: EXIT.INPUT, out: "" });
    expect(run.err).toMatch(sentence);
    expect(run.err).not.toMatch(/\n {4}at /);
    expect(await json("forward", path("stick"), "--node", shop.folder)).toEqual(before);
  });

  it.each<[string, () => Uint8Array, RegExp]>([
    ["64 KiB of zeros", () => new Uint8Array(65_536), /not a file of results/],
    ["64 MiB of zeros", () => new Uint8Array(64 << 20), /not a file of results/],
    ["all but its last byte", () => readFileSync(path("stick.results")).subarray(0, -1), /not whole/],
    ["a bundle in its place", stick, /not a file of results/],
    ["its state changed to refused", () => changed(readFileSync(path("stick.results")), 37 + 32), /changed/],
  ])("results: %s", async (_, bytes, sentence) => {
    const before = digest(join(field, "sales.db"));
    const run = await terminal("results", made("bad", bytes()), "--node", field);
    expect(run).toMatchObject({ exitCode: EXIT.INPUT, out: "" });
    expect(run.err).toMatch(sentence);
    expect(digest(join(field, "sales.db"))).toBe(before);
  });

  it.each<[string, () => Uint8Array, RegExp]>([
    ["64 KiB of zeros", () => new Uint8Array(65_536), /not an acceptance pack/],
    ["64 MiB of zeros", () => new Uint8Array(64 << 20), /not an acceptance pack/],
    ["all but its last byte", () => readFileSync(path("2.pack")).subarray(0, -1), /not whole/],
    ["the same again", () => readFileSync(path("2.pack")), /installed already/],
  ])("a pack: %s", async (_, bytes, sentence) => {
    const run = await terminal("pack", "install", made("bad", bytes()), "--node", field);
    expect(run).toMatchObject({ exitCode: EXIT.INPUT, out: "" });
    expect(run.err).toMatch(sentence);
    expect((await json("pack", "show", "--node", field)).packs).toMatchObject([{ sequence: "2" }]);
  });
});

/** What is hidden in a folder: what a command left there. */
const leftIn = (of: string) => readdirSync(of).filter((name) => name.startsWith("."));
const sentence = (words: RegExp) => ({ exitCode: EXIT.INPUT, out: "", err: expect.stringMatching(words) });

it("what is carried is carried as pictures of QR codes too, and missing, damaged and strange ones are named", async () => {
  expect(await charge("700sat")).toMatchObject({ exitCode: EXIT.NOT_PAID });
  expect(await terminal("bundle", "--node", field)).toMatchObject(sentence(/--out FILE .*--qr FOLDER/));
  const made = await json("bundle", "--node", field, "--qr", path("codes"));
  expect(made).toEqual({ sales: 1, total: "700000", codes: { folder: path("codes"), count: 2 } });
  const names = ["bundle-1-of-2.png", "bundle-2-of-2.png"];
  expect(readdirSync(path("codes")).sort()).toEqual(names);
  const [first = "", second = ""] = names.map((name) => join(path("codes"), name));
  expect([statSync(path("codes")).mode & 0o777, statSync(first).mode & 0o777]).toEqual([0o700, 0o600]);
  const before = digest(first);
  expect(await terminal("bundle", "--node", field, "--qr", path("codes"))).toMatchObject(
    sentence(/codes is there already; nothing was written/),
  );
  expect(digest(first)).toBe(before);

  const forward = (...files: string[]) => terminal("forward", ...files, "--node", shop.folder);
  writeFileSync(path("blurred.png"), "no picture");
  writePictures(path("pack-codes"), "pack", readFileSync(path("2.pack")));
  writePictures(path("old-codes"), "bundle", readFileSync(path("stick")));
  const [packCode = ""] = readdirSync(path("pack-codes"));
  mkdirSync(path("empty"));
  expect(await forward(second)).toMatchObject(sentence(/Of 2 QR codes one is missing: 1\./));
  expect(await forward(first, path("blurred.png"))).toMatchObject(
    sentence(/one is missing: 2\.[\s\S]*blurred\.png/),
  );
  expect(await forward(first, join(path("pack-codes"), packCode))).toMatchObject(
    sentence(/of an acceptance pack,\s+not of\s+a bundle/),
  );
  expect(await forward(first, join(path("old-codes"), "bundle-2-of-2.png"))).toMatchObject(
    sentence(/old-codes[\s\S]*another\s+file/),
  );
  expect(await forward(path("empty"))).toMatchObject(sentence(/no picture is there/));
  expect(await forward(first, path("stick"))).toMatchObject(sentence(/need one file, or pictures/));
  expect(leftIn(shop.folder)).toEqual([]);

  // In any order, one of them twice, beside a picture that shows nothing.
  copyFileSync(first, path("codes/z.png"));
  renameSync(path("blurred.png"), path("codes/blurred.png"));
  const carried = ["forward", path("codes"), "--node", shop.folder, "--qr", path("answers")];
  expect(await json(...carried)).toMatchObject({
    ...{ sales: 1, known: 0, paid: 2, refused: 0, open: 0, results: path("codes.results") },
    codes: { folder: path("answers"), count: 1 },
  });
  expect(await json("results", path("answers"), "--node", field)).toEqual({
    ...{ paid: 1, refused: 0, open: 0, known: 1 },
  });
  expect(await terminal("results", first, "--node", field)).toMatchObject(sentence(/of a bundle, not of/));

  const { publicKey } = await json("pack", "key", "--node", field);
  await newPack(path("3.pack"), 3n, publicKey);
  writePictures(path("new-pack"), "pack", readFileSync(path("3.pack")));
  expect(await json("pack", "install", path("new-pack"), "--node", field)).toMatchObject({ sequence: "3" });
  expect(await terminal("pack", "install", path("pack-codes"), "--node", field)).toMatchObject(
    sentence(/older/),
  );
  expect([...leftIn(field), ...leftIn(shop.folder), ...leftIn(folder)]).toEqual([]);
});

it("a terminal whose key is lost says what remains: what it holds is carried and paid", async () => {
  expect(await charge("1000sat")).toMatchObject({ exitCode: EXIT.NOT_PAID });
  rmSync(join(field, "terminal-key.hex"));
  const run = await charge("1000sat");
  expect(run).toMatchObject({ exitCode: EXIT.INPUT });
  expect(run.err).toMatch(/the terminal's key is lost[\s\S]*What was accepted is not lost/);
  expect(await terminal("bundle", "--node", field, "--out", path("late"))).toMatchObject({ exitCode: 0 });
  expect(await json("forward", path("late"), "--node", shop.folder)).toMatchObject({ paid: 3, open: 0 });
  expect(await json("results", path("late.results"), "--node", field)).toMatchObject({ paid: 1, known: 2 });
});
