import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { openDeskWorld } from "../../testing/desk/desk-world.js";
import { newFolder } from "../../testing/hooks.js";
import { apiClient, apiEvents } from "../../testing/server/api-client.js";

/** So many that the job is in the middle whatever the load: it goes on while the page is loaded again. */
const CARDS = 40;
let browser: TestBrowser;
let world: Awaited<ReturnType<typeof openDeskWorld>>;
beforeAll(async () => {
  [browser, world] = await Promise.all([openBrowser(), openDeskWorld(newFolder("disk"), CARDS)]);
  await world.start();
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

interface Told {
  readonly job?: { readonly state: string; readonly done: number };
}

/** Resolves when so many cards of the job that runs are made. */
async function untilDone(count: number): Promise<void> {
  for await (const told of await apiEvents(world.url, "/v1/job/events", world.key)) {
    const { job } = told as Told;
    if (job && job.done >= count) return;
  }
}

it("a batch goes on over a reload and a service that is killed in it, and makes each card once", async () => {
  const api = apiClient(world.url, world.key);
  const expected = /ERR_|Failed to fetch|status of 40/;
  const desk = await browser.open(`${world.url}#batches`, { key: world.key, expected });
  const { page } = desk;
  const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
  await page.getByLabel("Name of the batch").fill("festival");
  await page.getByLabel("Number of cards").fill(String(CARDS));
  await page.getByLabel("Before each number").fill("A");
  await press("Plan batch");
  await press("Make cards");
  const begun = untilDone(1);
  await page.getByRole("dialog").getByRole("button", { name: "Make cards" }).click();
  await begun;
  await page.reload();
  // The job goes on without the page, which shows it again.
  await page.locator("section.job").getByText("Making cards of “festival”").waitFor();
  await untilDone(2);
  await world.kill();
  await page.getByText("No connection to the server.").waitFor();
  await world.start();
  const { batches } = (await api("GET", "/v1/batches")).body as { batches: { done: number }[] };
  const made = batches[0]?.done ?? 0;
  expect(made).toBeGreaterThanOrEqual(2);
  expect(made).toBeLessThan(CARDS);
  await press("Go on");
  await page.getByRole("dialog").getByRole("button", { name: "Make cards" }).click();
  await page.getByText("✓ all done").waitFor();
  await page.getByText(`${CARDS} of ${CARDS}`).waitFor();
  expect(await desk.problems()).toEqual([]);
  const { cards } = (await api("GET", "/v1/cards")).body as {
    cards: { label: string; state: string; left: string }[];
  };
  expect(cards.flatMap(({ label, state }) => (state === "active" ? [label] : [])).sort()).toEqual(
    Array.from({ length: CARDS }, (_, at) => `A${String(at + 1).padStart(4, "0")}`),
  );
  // The id that the card had which was cut off is retired, with nothing on it.
  const others = cards.filter(({ state }) => state !== "active");
  expect(others.length).toBeLessThanOrEqual(1);
  for (const { state, left } of others) expect([state, left]).toEqual(["retired", "0"]);
  // No two of the chips that were made around the kill are the same card.
  const around = world.files.slice(Math.max(0, made - 3), made + 5);
  const onChips = new Set<string>();
  for (const file of around) {
    await api("POST", "/v1/reader/lay", { body: { file } });
    for await (const { state, card } of await apiEvents(world.url, "/v1/reader/events", world.key))
      if (state === "card") {
        onChips.add((card as { label: string }).label);
        break;
      }
    await api("POST", "/v1/reader/lay", { body: {} });
  }
  expect(onChips.size).toBe(around.length);
});
