import { expect, it } from "vitest";
import { openBrowser } from "../../testing/browser.js";
import { apiClient, apiEvents, serveCommand } from "../../testing/server/api-client.js";

it("npm start -- --till stays after its story, pairs the browser, and its card pays and is refunded", async () => {
  const served = await serveCommand(["demo", "--till"], { CHEQUECARD_PCSC: "off" });
  const browser = await openBrowser();
  try {
    const link = () => /http\S+#pair=[\w-]+/.exec(served.output())?.[0] ?? "";
    await expect.poll(link).not.toBe("");
    const { page, problems } = await browser.open(link());
    await expect.poll(() => page.evaluate("localStorage.getItem('chequecard.key')")).not.toBeNull();
    const key = String(await page.evaluate("localStorage.getItem('chequecard.key')"));
    expect(await problems()).toEqual([]);
    const lead = apiClient(served.url, key);
    const made = await lead("POST", "/v1/charges", { body: { amount: "1.50eur" }, key: "coffee" });
    expect([made.status, made.body]).toMatchObject([201, { fiat: "1.50 EUR" }]);
    let last: Record<string, unknown> = {};
    const path = `/v1/charges/${made.body.number}`;
    for await (const data of await apiEvents(served.url, `${path}/events`, key)) last = data;
    expect(last).toMatchObject({ state: "paid" });
    const back = await lead("POST", `${path}/refund`, { body: {}, key: "back" });
    expect(back.body).toMatchObject({ refund: { state: "paid", to: "card" } });
  } finally {
    await browser.close();
    await served.stop();
  }
  expect(served.output()).toMatch(/The bar sold 5 times/);
});
