import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openEmbeddedNode } from "../../cli/embedded-node.js";
import { EXIT } from "../../cli/exit-codes.js";
import { hexToBytes, sat } from "../../common/index.js";
import { connectVpcd, type PhoneWalletPorts, simulatedPhone, type VpcdLink } from "../../simulator/index.js";
import { chequecard } from "../../testing/command-run.js";
import { SLOTS } from "../pcscd/card-stub.js";
import { cardIsPresent, readerIsEmpty } from "../pcscd/present.js";
import { openCommandLineShop } from "./terminal-shop.js";

const [SLOT] = SLOTS;
const READER = ["--reader", SLOT.name];

let folder: string;
let shop: Awaited<ReturnType<typeof openCommandLineShop>>;
let link: VpcdLink | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "chequecard-phone-"));
  shop = await openCommandLineShop(folder);
});
afterEach(async () => {
  await link?.close();
  await readerIsEmpty(SLOT.name);
});
afterAll(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Pays with the payer's node, as the wallet of a phone does. */
async function pay(invoice: string): Promise<Uint8Array> {
  const paid = await shop.payer.pay({ invoice, maxFee: sat(10) });
  if (paid.state !== "settled") throw new Error(paid.state);
  return paid.preimage;
}

/** Holds a phone to the virtual reader of pcscd. */
async function hold(ports: Partial<PhoneWalletPorts> = {}): Promise<void> {
  link = await connectVpcd(simulatedPhone({ pay, ...ports }), { port: SLOT.port });
  await cardIsPresent(SLOT.name);
}

describe("a phone on a real PC/SC reader", () => {
  it("pays a sale of the terminal", async () => {
    await hold();
    const charge = ["terminal", "charge", "--node", shop.folder, "--amount", "2500sat", "--no-qr", ...READER];
    const run = await chequecard(["--json", ...charge]);
    expect(JSON.parse(run.out)).toMatchObject({ state: "paid", receipt: { amount: "2500000", paid: true } });
    expect(run.exitCode).toBe(EXIT.OK);
  });

  it("gets the invoice of an offline point of sale and shows the proof, once", async () => {
    const profile = join(folder, "tap.json");
    const merchant = await openEmbeddedNode(shop.folder);
    try {
      expect(await merchant.node.channelsReady(120_000)).toBe(true);
      await chequecard(["deputy", "profile", "--node", shop.folder, "--name", "tap", "--out", profile]);
      await hold();
      const sell = ["deputy", "invoice", "--profile", profile, "--amount", "800sat", "--no-qr", ...READER];
      const run = await chequecard(["--json", ...sell]);
      expect(run.exitCode).toBe(EXIT.OK);
      const { invoice, paymentHash, result } = JSON.parse(run.out);
      expect(result).toBe("accepted");
      const preimage = await pay(invoice);
      expect(sha256(preimage)).toEqual(hexToBytes(paymentHash));
      const again = await chequecard([
        "deputy",
        "verify",
        "--profile",
        profile,
        Buffer.from(preimage).toString("hex"),
      ]);
      expect(again.exitCode).toBe(EXIT.NOT_PAID);
      expect(again.out).toContain("shown before");
    } finally {
      await merchant.close();
    }
  });

  it("whose owner refuses ends the offline sale in words, and leaves it open", async () => {
    await hold({ confirm: async () => false });
    const profile = join(folder, "tap.json");
    const run = await chequecard(["deputy", "invoice", "--profile", profile, "--amount", "1sat", ...READER]);
    expect(run.exitCode).toBe(EXIT.CARD_REFUSED);
    expect(run.err).toContain("The customer refused or the payment failed");
    expect(run.out).toContain("chequecard deputy verify");
  });
});
