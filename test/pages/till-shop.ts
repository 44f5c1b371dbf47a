import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { hexToBytes, sat, secp256k1 } from "../../common/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { fingerprint } from "../../offline/fingerprint.js";
import { writePack } from "../../offline/pack-file.js";
import { type CardPort, connectVpcd, type VpcdLink } from "../../simulator/index.js";
import { chequecard } from "../../testing/command-run.js";
import { uriOf } from "../../testing/merchant.js";
import { packOf } from "../../testing/offline/certified-card.js";
import { openCommandLineShop } from "../cli/terminal-shop.js";
import { SLOTS } from "../pcscd/card-stub.js";

const [SLOT] = SLOTS;
const PROGRAM = resolve(import.meta.dirname, "../../dist/cli/main.js");

/**
 * Resolves when pcscd shows that nothing lies on the reader. Another process asks, since the till watches in this one
 * (see `lay`).
 */
async function readerIsEmpty(): Promise<void> {
  await expect
    .poll(async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, "readers", "--json"]);
      const { readers } = JSON.parse(stdout) as { readers: { name: string; card: string }[] };
      return readers.find(({ name }) => name === SLOT.name)?.card;
    })
    .toBe("none");
}

const SETTINGS = `currency: eur
place: Festival bar
max-sale: 9000sat
tips:
  percents: [5, 10]
  amounts: [0.10eur]
`;
const PRODUCTS = `products:
  - name: Beer
    price: 0.50eur
    group: Drinks
  - name: Water
    price: 0.30eur
    group: Drinks
  - name: <b onclick="alert(1)">Pizza</b>
    price: 1eur
    group: Food
  - name: Deposit
    price: 200sat
`;

/** A shop whose till reads a real PC/SC reader, and the cards of its customers. */
export async function tillShop(folder: string) {
  const shop = await openCommandLineShop(folder);
  writeFileSync(join(shop.folder, "terminal.yaml"), SETTINGS);
  writeFileSync(join(shop.folder, "products.yaml"), PRODUCTS);
  let link: VpcdLink | undefined;
  return {
    ...shop,
    get payer() {
      return shop.payer;
    },
    /** How it is served, at a rate of 1 EUR for 2,000 sat. */
    args: [
      ...["terminal", "serve", "--node", shop.folder, "--reader", SLOT.name],
      ...["--http", "127.0.0.1:0", "--rate", "50000eur"],
    ],
    /**
     * Lays a card on the reader of pcscd, where the till finds it by itself. Nothing else in the till's process may watch
     * for it: libpcsclite before 2.0.1 has one table of states for a process, and a second watcher misses the card for a minute.
     */
    async lay(card: keyof typeof shop.cards | CardPort): Promise<void> {
      const laid = typeof card === "string" ? shop.cards[card].card.card : card;
      link = await connectVpcd(laid, { port: SLOT.port });
    },
    /** Lays a card whose power is cut after it has signed, before it says so. @returns resolves when it is gone */
    async layTorn(name: keyof typeof shop.cards): Promise<void> {
      const { card } = shop.cards[name].card;
      const torn = {
        ...{ atr: card.atr },
        get isPowered() {
          return card.isPowered;
        },
        get powerUps() {
          return card.powerUps;
        },
        powerOn: () => card.powerOn(),
        powerOff: () => card.powerOff(),
        exchange(command: Uint8Array): Uint8Array {
          if (command[1] === 0x30) card.tearAt("after-command");
          return card.exchange(command);
        },
      };
      const laid = await connectVpcd(torn, { port: SLOT.port });
      expect((await laid.closed).reason).toBe("torn");
      card.tearAt(undefined);
      await readerIsEmpty();
    },
    async take(): Promise<void> {
      if (!link) return;
      await link.close();
      link = undefined;
      await readerIsEmpty();
    },
    /** Pays an invoice with the node of a customer's phone. */
    async payByPhone(invoice: string): Promise<void> {
      expect((await shop.payer.pay({ invoice, maxFee: sat(10) })).state).toBe("settled");
    },
    /** Gives the till a pack of the traveller's issuer: it accepts that card without a connection. */
    async installPack(): Promise<void> {
      const node = ["--node", shop.folder];
      const { out } = await chequecard(["--json", "terminal", "pack", "key", ...node]);
      const { card } = shop.cards.traveller;
      const content = packOf(card, Math.floor(Date.now() / 1000) - 60, {
        terminal: hexToBytes(JSON.parse(out).publicKey),
        nodes: [parseNodeUri(await uriOf(shop.payer))],
        forwardingWindow: 80_000,
      });
      const file = join(folder, "bar.pack");
      writeFileSync(file, await writePack(content, (hash) => secp256k1.sign(hash, card.issuerSecret)));
      const issuer = fingerprint(secp256k1.publicKey(card.issuerSecret));
      const install = ["terminal", "pack", "install", file, ...node, "--issuer", issuer];
      expect((await chequecard(install)).exitCode).toBe(0);
    },
  };
}

/** The parts of a till's page that tests look at and press. */
export const tillPage = (page: Page) => {
  const button = (name: string | RegExp) => page.getByRole("button", { name });
  return {
    page,
    button,
    /** What the sale is at, in the words of the page. */
    state: () => page.locator(".state h2").textContent(),
    notice: () => page.locator(".state .notice").textContent(),
    isAt: (title: string) => page.locator(".state h2", { hasText: title }).waitFor(),
    async sell(keys: string): Promise<void> {
      await button("Charge").waitFor();
      await page.keyboard.type(keys);
      await button(/^Charge .+/).waitFor();
      await page.keyboard.press("Enter");
      await button("No tip").click();
    },
    next: () => button("Next sale").click(),
  };
};
