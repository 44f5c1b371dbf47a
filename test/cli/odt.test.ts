import { readFileSync, statSync, writeFileSync } from "node:fs";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { bytesToHex, hexToBytes, secp256k1 } from "../../common/index.js";
import { qrPng, readQrPng } from "../../lightning/odt/index.js";
import { chequecard, inFolder } from "../../testing/command-run.js";

const preimage = "5a".repeat(32);
const uri = `${bytesToHex(secp256k1.publicKey(new Uint8Array(32).fill(7)))}@node.example:9735`;
const token = "01".repeat(149);
const run = async (...args: string[]) => (await chequecard(["odt", ...args])).out.trim();

describe("odt", () => {
  it("encodes a preimage as the hex of the draft, and reads it back without showing it", async () => {
    const hex = await run("encode", "preimage", preimage);
    expect(hex).toBe(`0000${preimage.toUpperCase()}`);
    expect(await run("encode", "preimage", preimage, "--one-byte-type")).toBe(`00${preimage.toUpperCase()}`);
    const shown = await chequecard(["--json", "odt", "decode", hex.toLowerCase()]);
    expect(JSON.parse(shown.out)).toEqual({
      kind: "preimage",
      paymentHash: bytesToHex(sha256(hexToBytes(preimage))),
    });
    expect(await run("decode", hex)).not.toContain(preimage);
    expect(await run("decode", hex, "--show-preimage")).toContain(preimage);
  });

  it("encodes a payment authorization and reads it back", async () => {
    const hex = await run("encode", "authorization", "--uri", uri, "--token", token);
    expect(hex).toMatch(/^0001[0-9A-F]+$/);
    const decoded = await chequecard(["--json", "odt", "decode", hex]);
    expect(JSON.parse(decoded.out)).toEqual({ kind: "payment-authorization", uri, token });
    expect(await run("decode", hex)).toContain(uri);
  });

  it("shows a message of an unknown type and does not break on it", async () => {
    const decoded = await chequecard(["--json", "odt", "decode", "beef0102"]);
    expect(JSON.parse(decoded.out)).toEqual({ kind: "unknown", type: 0xbeef, payload: "0102" });
    expect(decoded.exitCode).toBe(EXIT.OK);
  });

  it("writes QR codes that are read back, for the owner alone", () =>
    inFolder(async (path) => {
      const hex = await run("encode", "preimage", preimage);
      expect(await run("qr", hex)).toMatch(/[▀▄█]/);
      expect(await run("qr", hex, "--svg")).toMatch(/^<svg/);
      await run("qr", hex.toLowerCase(), "--out", path("proof.png"));
      expect(readQrPng(readFileSync(path("proof.png")))).toBe(hex);
      expect(statSync(path("proof.png")).mode & 0o777).toBe(0o600);
      expect(await run("decode", "--png", path("proof.png"), "--show-preimage")).toContain(preimage);
      await run("qr", hex, "--out", path("proof.svg"));
      expect(readFileSync(path("proof.svg"), "utf8")).toMatch(/^<svg/);
    }));

  it("refuses bad input in words, without repeating a secret", () =>
    inFolder(async (path) => {
      writeFileSync(path("words.png"), qrPng("no hex at all"));
      writeFileSync(path("huge.png"), new Uint8Array(9 * 1024 * 1024));
      const proof = `0000${preimage}`;
      const cases: [string[], RegExp][] = [
        [["encode", "preimage", preimage.slice(2)], /need 32 bytes, have 31/],
        [["encode", "preimage", `${preimage}0`], /even number of hex digits/],
        [["encode", "authorization", "--uri", "nobody", "--token", token], /--uri/],
        [["encode", "authorization", "--uri", uri, "--token", ""], /1 to 1024 bytes/],
        [["encode", "authorization", "--uri", uri, "--token", "00".repeat(1025)], /1 to 1024 bytes/],
        [["decode", proof.slice(0, -2)], /odt\/preimage: need 32 bytes, have 31/],
        [["decode", `${proof}00`], /need 32 bytes, have 33/],
        [["decode", ""], /odt\/type/],
        [["decode"], /either the hex of a message or --png/],
        [["decode", "00".repeat(70_000)], /at most 4096 hex digits/],
        [["decode", "--png", path("words.png")], /hex digits/],
        [["decode", "--png", path("huge.png")], /at most 8388608 bytes/],
        [["qr", proof, "--png"], /--out/],
        [["qr", proof, "--png", "--svg"], /choose one/],
        [["qr", proof, "--out", path("no/such/folder.png")], /ENOENT/],
      ];
      for (const [args, problem] of cases) {
        const result = await chequecard(["odt", ...args]);
        expect(result.err, args.join(" ").slice(0, 80)).toMatch(problem);
        expect(result.exitCode).toBe(EXIT.INPUT);
        expect(result.out).toBe("");
        expect(result.err).not.toContain(preimage.slice(2));
      }
    }));

  it("every command has help with an example", async () => {
    for (const command of [["encode", "preimage"], ["encode", "authorization"], ["decode"], ["qr"]])
      expect(await run(...command, "--help"), command.join(" ")).toMatch(/Example/);
  });
});
