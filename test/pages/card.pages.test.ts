import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Msat, sat } from "../../common/index.js";
import { loadCardPageTexts } from "../../common/languages/card-page.js";
import type { Language } from "../../common/languages/language.js";
import {
  cashOutCard,
  fundCard,
  replaceCard,
  retireCard,
  revokeCardPage,
  showCard,
} from "../../issuer/ledger/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { newPageSecret } from "../../keys/index.js";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { Bench, type Service, startService } from "../../testing/issuer/service.js";
import { CODE, givePage, servePagesOf } from "../../testing/server/card-pages.js";

const bench = new Bench();
const HOSTILE = `<img src=x onerror="document.title='owned'">\u202eBar\u0000`;
const HOSTILE_LABEL = `<img src=x onerror="document.title='owned'">`;
let browser: TestBrowser;
let service: Service;
let pages: Awaited<ReturnType<typeof servePagesOf>>;
let numbers = 0;
let serials = 1000;

beforeAll(async () => {
  browser = await openBrowser();
  service = await startService(bench, "sqlite");
  pages = await servePagesOf(service, { payee: HOSTILE });
});
afterAll(async () => {
  await browser?.close();
  await pages?.close();
  await service?.close();
  await bench.close();
});

/** Another card, with a page and some payments. */
async function newCard(credit?: Msat) {
  const card = await service.card(++numbers, credit);
  const secret = await givePage(service, card);
  // Each test is a visitor that has asked for nothing yet.
  service.clock.pass(60_000);
  return { card, secret };
}

type Opened = Awaited<ReturnType<TestBrowser["open"]>>;
const PROBLEMS = /status of 4\d\d/;

const visit = (secret: string, options: Parameters<TestBrowser["open"]>[1] = {}) =>
  browser.open(`${pages.url}#${secret}`, { locale: "en-GB", expected: PROBLEMS, ...options });

async function type({ page }: Opened, code: string): Promise<void> {
  await page.getByLabel("Code from your letter").fill(code);
  await page.getByRole("button", { name: "Show" }).click();
}

describe("the page of a card", () => {
  it("opens from its QR code and the code of the letter, shows hostile names as text, and stores nothing", async () => {
    const { card, secret } = await newCard();
    await service.tap(card, 101, sat(1234));
    const cardId = cardKey(card.cardId);
    await service.store.db
      .updateTable("cards")
      .set({ label: HOSTILE_LABEL })
      .where("card", "=", cardId)
      .execute();
    const urls: string[] = [];
    const opened = await visit("");
    const { page } = opened;
    await page.getByText("Scan the QR code on the back of your card").waitFor();
    const history = await page.evaluate("history.length");
    page.on("request", (request) =>
      urls.push(request.url(), request.headers().referer ?? "", String(request.headers().cookie)),
    );
    await page.evaluate(`location.replace("#${secret}")`);
    await type(opened, "1234 5678");
    await page.getByText("18,766 sat").waitFor();
    await page.getByText("about €9.38").waitFor();
    await page.getByText("Your card can pay.").waitFor();
    expect(await page.locator(".payee").textContent()).toBe(
      `<img src=x onerror="document.title='owned'">\\u202eBar\\u0000`,
    );
    expect(await page.locator(".label").textContent()).toBe(HOSTILE_LABEL);
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).toBe("Your card");
    expect(urls.filter((url) => url.includes(secret))).toEqual([]);
    expect(urls.some((url) => url.endsWith("/v1/open"))).toBe(true);
    expect(await page.evaluate("history.length")).toBe(history);
    expect(
      await page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length]"),
    ).toEqual([0, 0, 0]);
    expect(await page.context().cookies()).toEqual([]);
    await page.reload();
    await page.getByLabel("Code from your letter").waitFor();
    expect(await page.locator(".sats").count()).toBe(0);
    expect(await opened.problems()).toEqual([]);
    await opened.close();
  });

  it("says that a code is wrong, then for how long it is locked, and opens after that", async () => {
    const { secret } = await newCard();
    const opened = await visit(secret);
    const { page } = opened;
    await type(opened, "1234567");
    await page.getByText("The code has 8 digits.").waitFor();
    for (let i = 0; i < 3; i++) {
      await type(opened, "00000000");
      await page.getByText("Nothing was found with this code.").waitFor();
    }
    await type(opened, CODE);
    await page.getByText("Too many wrong codes.").waitFor();
    await page.getByText("Try again in 1 minute.").waitFor();
    service.clock.pass(60_000);
    await type(opened, CODE);
    await page.getByText("20,000 sat").waitFor();
    expect(await opened.problems()).toEqual([]);
    await opened.close();
  });

  it("blocks its card once that was confirmed twice, by keyboard alone, and the ledger has it", async () => {
    const { card, secret } = await newCard();
    const opened = await visit(secret);
    const { page } = opened;
    await type(opened, CODE);
    const block = page.getByRole("button", { name: "Block this card" });
    const state = async () => (await showCard(service.store.db, card.cardId)).state;
    await block.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Block this card?" }).waitFor();
    await page.keyboard.press("Escape");
    expect(await state()).toBe("active");
    // The focus is back where it was.
    await page.waitForFunction("document.activeElement?.textContent === 'Block this card'");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Block this card?" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Really block?" }).waitFor();
    await page.getByText("Only the desk can: Info tent.").waitFor();
    expect(await state()).toBe("active");
    await page.getByRole("button", { name: "Do not block" }).click();
    expect(await state()).toBe("active");
    await block.click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Block it now" }).click();
    await page.getByText("Your card is blocked: nothing is paid with it.").waitFor();
    await page.getByText("Only the desk can unblock it or give you another card: Info tent.").waitFor();
    expect(await block.count()).toBe(0);
    expect(await state()).toBe("blocked");
    expect(await opened.problems()).toEqual([]);
    await opened.close();
  });

  it("closes when its secret is revoked, and opens to a revoked or unknown one no more than to a wrong code", async () => {
    const { card, secret } = await newCard();
    const opened = await visit(secret);
    await type(opened, CODE);
    await opened.page.getByText("20,000 sat").waitFor();
    await revokeCardPage(service.store, card.cardId, service.clock.now);
    await opened.page.getByRole("button", { name: "Refresh" }).click();
    await opened.page.getByText("Type the code again.").waitFor();
    expect(await opened.page.getByText("20,000 sat").count()).toBe(0);
    const said: (string | null)[] = [];
    for (const given of [secret, newPageSecret()]) {
      await opened.page.evaluate(`location.replace("#${given}")`);
      await opened.page.getByLabel("Code from your letter").waitFor();
      await type(opened, CODE);
      await opened.page.getByText("Nothing was found with this code.").waitFor();
      said.push(await opened.page.locator(".message").textContent());
    }
    expect(said[0]).toBe(said[1]);
    expect(await opened.problems()).toEqual([]);
    await opened.close();
  });

  it("of a card that was replaced says so, and shows nothing of the new one", async () => {
    const { card, secret } = await newCard();
    const next = await service.card(++numbers, sat(777));
    await replaceCard(service.store, card.cardId, next.cardId, service.clock.now);
    await service.tap(next, 201, sat(55));
    const opened = await visit(secret);
    await type(opened, CODE);
    await opened.page.getByText("Your card was replaced by another one.").waitFor();
    await opened.page.getByText("Scan the QR code of the new card.").waitFor();
    await opened.page.getByText("Nothing was paid with this card yet.").waitFor();
    expect(await opened.page.locator(".sats").textContent()).toBe("0 sat");
    expect(await opened.page.getByRole("button", { name: "Block this card" }).count()).toBe(0);
    await opened.close();
  });

  it("ends after ten minutes by itself", async () => {
    const { secret } = await newCard();
    const opened = await visit(secret);
    await opened.page.clock.install();
    await type(opened, CODE);
    await opened.page.getByText("20,000 sat").waitFor();
    await opened.page.clock.fastForward("10:01");
    await opened.page.getByText("The page was closed after ten minutes").waitFor();
    expect(await opened.page.getByText("20,000 sat").count()).toBe(0);
    await opened.close();
  });

  it.each([
    ["de-CH", "Ihre Karte", "Anzeigen", "Karte sperren", "20'000 sat"],
    ["fr-FR", "Votre carte", "Afficher", "Bloquer la carte", "20\u202f000 sat"],
    ["es-ES", "Su tarjeta", "Mostrar", "Bloquear tarjeta", "20.000 sat"],
    ["pt-PT", "Your card", "Show", "Block this card", "20,000 sat"],
  ])("speaks the visitor's language: %s", async (locale, title, show, block, left) => {
    const { secret } = await newCard();
    const opened = await visit(secret, { locale });
    const { page } = opened;
    await page.getByRole("heading", { name: title }).waitFor();
    await page.getByRole("textbox").fill(CODE);
    await page.getByRole("button", { name: show }).click();
    await page.getByRole("button", { name: block }).waitFor();
    expect(await page.locator(".sats").textContent()).toBe(left);
    expect(await opened.problems()).toEqual([]);
    await opened.close();
  });

  it.each([
    ["light", 320, "de-DE"],
    ["dark", 320, "fr-FR"],
    ["light", 1280, "es-ES"],
    ["dark", 1280, "en-GB"],
  ] as const)(
    "has nothing that axe finds on any of its screens, %s at %i px for %s",
    async (colorScheme, width, locale) => {
      const texts = await loadCardPageTexts(locale.slice(0, 2) as Language);
      const { card, secret } = await newCard();
      const { store, clock } = service;
      await service.tap(card, ++serials, sat(1250));
      const paid = serials;
      await service.tap(card, ++serials, sat(400));
      service.node.set(++serials, "fail");
      await service.tap(card, serials, sat(777));
      service.node.set(++serials, "stuck");
      await service.tap(card, serials, sat(30));
      const refund = await service.refund(paid, sat(250), serials);
      service.pay(refund?.invoice, true);
      await service.refunds.resolve();
      const viewport = { width, height: 700 };
      const expected = /status of 4\d\d|ERR_INTERNET_DISCONNECTED/;
      const opened = await visit("", { colorScheme, viewport, locale, expected });
      const { page } = opened;
      const holds = async (name: string) => {
        const folder = process.env.CHEQUECARD_PICTURES;
        const path = `${folder}/card-${name}-${locale}-${colorScheme}-${width}.png`;
        if (folder) await page.screenshot({ path, fullPage: true });
        expect([name, await opened.accessibility(), await opened.smallTargets()]).toEqual([name, [], []]);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      };
      const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
      const code = async (digits: string) => {
        await page.getByLabel(texts.code).fill(digits);
        await press(texts.buttons.open);
      };
      const says = (text: string) => page.getByText(text).first().waitFor();
      const address = async (of: string) => {
        await page.evaluate(`location.replace("#${of}")`);
        await page.getByLabel(texts.code).waitFor();
      };
      const away = (isAway: boolean) => page.context().setOffline(isAway);
      await says(texts.noSecret);
      await holds("no-secret");
      await address(secret);
      await holds("code");
      await code("1234567");
      await says(texts.codeForm);
      await holds("code-form");
      await away(true);
      await code(CODE);
      await says(texts.away);
      await holds("unreachable");
      await away(false);
      for (let wrong = 0; wrong < 3; wrong++) {
        await code("00000000");
        await says(texts.wrong);
      }
      await holds("wrong");
      await code(CODE);
      await says(texts.locked);
      await holds("locked");
      clock.pass(60_000);
      await code(CODE);
      await says(texts.standing.active);
      await holds("card");
      await away(true);
      await press(texts.buttons.refresh);
      await says(texts.away);
      await holds("card-unreachable");
      await press(texts.buttons.block);
      await holds("ask");
      await press(texts.buttons.next);
      await holds("ask-again");
      await press(texts.buttons.blockNow);
      await says(texts.block.failed);
      await holds("block-failed");
      await away(false);
      await press(texts.buttons.blockNow);
      await says(texts.standing.blocked);
      // What was said before is over.
      expect(await page.locator(".message").innerText()).toBe("");
      const payee =
        "[...document.querySelectorAll('.payee')].map((one) => one.offsetWidth / one.parentElement.offsetWidth)";
      expect(Math.min(...(await page.evaluate<number[]>(payee)))).toBeGreaterThanOrEqual(0.45);
      await holds("blocked");
      await cashOutCard(store, card.cardId, "", clock.now);
      await press(texts.buttons.refresh);
      await says(texts.standing["paid-out"]);
      await holds("paid-out");
      const next = await service.card(++numbers, sat(5));
      await fundCard(store, card.cardId, sat(10), "", clock.now);
      await replaceCard(store, card.cardId, next.cardId, clock.now);
      await press(texts.buttons.refresh);
      await says(texts.standing.replaced);
      await holds("replaced");
      await revokeCardPage(store, card.cardId, clock.now);
      await press(texts.buttons.refresh);
      await says(texts.closed);
      await holds("closed");
      await code(CODE);
      await says(texts.wrong);
      await holds("revoked");
      const unused = await newCard(sat(0));
      await retireCard(store, unused.card.cardId, clock.now);
      await address(unused.secret);
      await code(CODE);
      await says(texts.standing.retired);
      await holds("retired");
      await page.evaluate(`Promise.all(Array.from({ length: 61 }, () =>
      fetch("/v1/read", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })))`);
      await press(texts.buttons.refresh);
      await says(texts.busy);
      await holds("busy");
      expect(await opened.problems()).toEqual([]);
      await opened.close();
    },
  );
});
