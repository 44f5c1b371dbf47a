import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../common/index.js";
import { type AppletExchange, modelApplet } from "../../simulator/index.js";
import { changedApplet, countingApplet } from "../../testing/applet/counting.js";
import { newFolder } from "../../testing/hooks.js";
import {
  apdu,
  authorizeApdu,
  bytes,
  hash,
  PIN_BLOCK,
  SELECT,
  tappedCard,
  verifyApdu,
} from "../simulator/fixture.js";
import { sealedUpdate } from "../simulator/issuer.js";

const folder = newFolder();
const LE = Uint8Array.of(0);
const certified = () => tappedCard({ certificate: new Uint8Array(128).fill(0xce) });
const FACE = {
  uid: bytes("84a1b2c3d4e5f6"),
  base: "lnurlw://cards.festival.example/bolt?p=",
  piccKey: hash("K1").slice(0, 16),
  macKey: hash("K2").slice(0, 16),
};
/** A till reads the tag: application, CC, NDEF file, length, message. */
const READ_TAG = [
  "00a4040007d276000085010100",
  "00a4000c02e103",
  "00b000000f",
  "00a4000c02e104",
  "00b0000002",
  "00b000026a",
].map(bytes);
const getCertificate = bytes("80ca00c200");
const select = concatBytes(SELECT, LE);
const authorize = (amount: bigint, invoice: string) => concatBytes(authorizeApdu(amount, hash(invoice)), LE);

/** The second tap after power-up: how signatures and ciphers are set up is on the card since its keys are. */
function tapped(classes?: string, ...more: readonly Uint8Array[]): AppletExchange[] {
  const run = countingApplet(certified(), classes);
  for (const command of [select, authorize(5_000n, "the first")]) run(command);
  return [select, authorize(5_000n, "invoice"), ...more].map(run);
}

describe("the speed of the applet, modelled from what it does", () => {
  it.each([
    ["J3R180", 200],
    ["J3H145", 300],
  ] as const)("a tap on a %s takes at most %d ms with a strong reader", (chip, goal) => {
    const model = modelApplet(chip, tapped());
    expect(model.max).toBeLessThanOrEqual(goal);
    expect(model.min).toBeGreaterThan(60);
    for (const { source } of model.terms) expect(source).not.toBe("");
    const names = model.terms.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["bytecode", "ecdsa-sign", "persistent-write", "random-16"]),
    );
    expect(names).not.toContain("signature-init");
    expect(names).not.toContain("cipher-init");
  });

  it.each([
    ["J3R180", 300],
    ["J3H145", 450],
  ] as const)(
    "a tap that is accepted offline takes at most %s: %d ms, the certificate read too",
    (chip, goal) => {
      const online = modelApplet(chip, tapped());
      const offline = modelApplet(chip, tapped(undefined, getCertificate));
      expect(offline.max).toBeLessThanOrEqual(goal);
      expect(offline.max).toBeGreaterThan(online.max + 10);
      const signed = offline.terms.find(({ name }) => name === "ecdsa-sign");
      expect(signed?.count).toBe(1);
    },
  );

  it.each(["J3R180", "J3H145"] as const)(
    "a till of Bolt Cards that reads the second face of a %s takes at most 300 ms with a strong reader",
    (chip) => {
      const run = countingApplet(tappedCard({ boltCard: FACE }));
      for (const command of READ_TAG) run(command);
      const read = READ_TAG.map(run);
      const model = modelApplet(chip, read);
      console.log(`${chip}: ${model.min.toFixed(0)} to ${model.max.toFixed(0)} ms`);
      expect(model.max).toBeLessThanOrEqual(300);
      expect(model.min).toBeGreaterThan(60);
      const count = (name: string) => model.terms.find((term) => term.name === name)?.count;
      expect(count("aes-cbc-of-128")).toBe(5);
      expect(count("cipher-init")).toBe(1);
      expect(count("persistent-write")).toBe(1);
      expect(read.map(({ writes }) => writes)).toEqual([0, 0, 0, 0, 1, 0]);
    },
  );

  it("an array copy that is added moves the model", () => {
    const line = "        // 8\n";
    const copy =
      "        javacard.framework.Util.arrayCopyNonAtomic(buffer, (short) 0, buffer, (short) 0, (short) 200);\n";
    const classes = changedApplet(join(folder), "Authorize.java", line, line + copy);
    const [usual, slower] = [modelApplet("J3R180", tapped()), modelApplet("J3R180", tapped(classes))];
    expect(slower.max).toBeGreaterThan(usual.max);
    const moved = (model: typeof usual) => model.terms.find(({ name }) => name === "byte-moved")?.count ?? 0;
    expect(moved(slower) - moved(usual)).toBe(200);
  });

  it("has the counts of each command in applet/README.md", () => {
    const run = countingApplet(tappedCard({ certificate: new Uint8Array(128).fill(0xce), boltCard: FACE }));
    for (const command of [...READ_TAG, select, authorize(5_000n, "the first")]) run(command);
    const [selectTag = LE, , , selectNdef = LE, readLength = LE, readMessage = LE] = READ_TAG;
    const rows = (
      [
        ["SELECT", select],
        ["GET DATA C1", bytes("80ca00c100")],
        ["GET DATA C2", getCertificate],
        ["VERIFY", verifyApdu()],
        ["AUTHORIZE with the PIN", authorize(15_000n, "with the PIN")],
        ["AUTHORIZE without it", authorize(5_000n, "invoice")],
        ["AUTHORIZE, repeated", authorize(5_000n, "invoice")],
        ["IDENTIFY", concatBytes(apdu("80320000", hash("challenge")), LE)],
        ["UPDATE", apdu("80340000", sealedUpdate({ sequence: 1 }))],
        ["CHANGE REFERENCE DATA", apdu("00240080", concatBytes(PIN_BLOCK, PIN_BLOCK))],
        ["second face: SELECT", selectTag],
        ["second face: SELECT E104", selectNdef],
        ["second face: READ BINARY, first", readLength],
        ["second face: READ BINARY, further", readMessage],
      ] as const
    ).map(([name, command]) => {
      const { counts, writes } = run(command);
      const of = (count: string) => counts[count] ?? 0;
      const cryptography = of("Signature.sign") + of("Signature.verify") + of("Cipher.doFinal");
      return [
        name,
        of("bytecode"),
        of("bytes moved in RAM"),
        of("bytes to persistent memory"),
        writes,
        cryptography,
      ];
    });
    console.log(rows.map((row) => `| ${row.join(" | ")} |`).join("\n"));
    const page = readFileSync(join(resolve(import.meta.dirname, "../.."), "applet/README.md"), "utf8");
    for (const [name, codes, ...exact] of rows) {
      const cells = page
        .split("\n")
        .find((line) => line.startsWith(`| ${name} |`))
        ?.split("|")
        .slice(2, -1)
        .map(Number);
      expect([name, ...(cells?.slice(1) ?? [])]).toEqual([name, ...exact]);
      // A leading zero in a signature takes some byte codes more.
      expect(Math.abs(Number(cells?.[0]) - Number(codes)), `${name}: ${codes}`).toBeLessThan(60);
    }
  });
});

describe("a card that forgets with the power how signatures and ciphers were set up", () => {
  it("sets them up again, and pays", async () => {
    const { AppletCard } = await import("../../simulator/index.js");
    const card = new AppletCard({ image: tappedCard().image() });
    card.forgetSetUp();
    for (const invoice of ["first", "second"]) {
      card.powerOn();
      card.exchange(select);
      expect(card.exchange(authorize(5_000n, invoice)).length).toBe(151);
      expect(card.exchange(authorize(5_000n, `${invoice}, again`)).length).toBe(151);
      const update = card.exchange(apdu("80340000", sealedUpdate({ sequence: invoice === "first" ? 1 : 2 })));
      expect(Buffer.from(update).toString("hex")).toBe("9000");
    }
  });
});
