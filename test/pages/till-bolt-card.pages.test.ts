import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { startForeignServer } from "../../testing/bolt-card/foreign-server.js";
import type { ForeignOrder } from "../../testing/bolt-card/foreign-server-process.js";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { keyOf, serveCommand } from "../../testing/server/api-client.js";
import { tillPage, tillShop } from "./till-shop.js";

let browser: TestBrowser;
let shop: Awaited<ReturnType<typeof tillShop>>;
let served: Awaited<ReturnType<typeof serveCommand>>;
let program: string;
let opened: Awaited<ReturnType<TestBrowser["open"]>>;
let till: ReturnType<typeof tillPage>;

beforeAll(async () => {
  [browser, shop, program] = await Promise.all([
    openBrowser(),
    tillShop(newFolder("memory")),
    buildProgram("testing/bolt-card/foreign-server-process.ts"),
  ]);
  served = await serveCommand(shop.args);
  opened = await browser.open(served.url, { key: keyOf(shop.folder, "till").key });
  till = tillPage(opened.page);
});
afterAll(async () => {
  await shop?.take();
  await browser?.close();
  await served?.stop();
  await shop?.close();
});

describe("a Bolt Card at the till's page", () => {
  /** Has a foreign server's card laid on the reader. @param money resolves when the server pays */
  async function withCard(
    order: Omit<ForeignOrder, "k1" | "k2">,
    use: (server: Awaited<ReturnType<typeof startForeignServer>>) => Promise<void>,
    money: Promise<unknown> = Promise.resolve(),
  ): Promise<void> {
    const pay = async (invoice: string) => {
      await money;
      return (await shop.payer.pay({ invoice, maxFee: sat(10) })).state === "settled";
    };
    const server = await startForeignServer(program, pay, order);
    try {
      await till.sell("150");
      await till.isAt("Tap or scan");
      await shop.lay(server.card());
      await use(server);
      await shop.take();
      await till.next();
    } finally {
      await server.stop();
    }
  }

  it("takes its PIN, shows that its server was asked, and is paid by the money alone", async () => {
    let pays = () => {};
    const money = new Promise<void>((resolve) => {
      pays = resolve;
    });
    await withCard(
      { pinLimit: 3_000_000, pin: "0042" },
      async (server) => {
        await till.isAt("PIN, please");
        expect(server.calls()).toEqual([]);
        await till.page.keyboard.type("0042");
        await till.page.keyboard.press("Enter");
        await till.isAt("Paying");
        await till.page.getByText(/server was asked to pay .*waiting for the money/).waitFor();
        expect(server.calls()).toMatchObject([{ pin: "0042" }]);
        pays();
        await till.isAt("Paid");
        expect(server.calls()).toHaveLength(1);
      },
      money,
    );
  });

  it("is refused in its server's own words, which are marked as foreign and have no control characters", async () => {
    await withCard({ whim: "says no" }, async () => {
      await till.page.getByText(/says the card's server, in its own words: "no money on/).waitFor();
      expect(await till.notice()).not.toMatch(/\p{C}/u);
      expect(await till.state()).toBe("Not taken");
      await till.button("Cancel").click();
      await till.isAt("Cancelled");
    });
  });

  it("is shown as being read while its server does not answer, and the sale can be cancelled", async () => {
    await withCard({ whim: "never answers" }, async (server) => {
      await till.isAt("Reading the card");
      await expect.poll(server.offers).toEqual([1]);
      await till.button("Cancel").click();
      await till.isAt("Cancelled");
      expect(server.calls()).toEqual([]);
    });
    expect(await opened.problems()).toEqual([]);
  });
});
