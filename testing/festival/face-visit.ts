import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "../random.js";
import { type ApiClient, apiClient, keyOf } from "../server/api-client.js";
import { payByFace } from "./bolt-cards.js";
import type { Grounds } from "./grounds.js";
import { MAX_DELAY_MS, PATIENCE_MS, PATIENCE_SAID_MS, type Visit, type VisitOutcome } from "./visit.js";

/**
 * The shop sells through its API, and a till that knows Bolt Cards alone reads the second face of the card and hands in
 * the invoice. What an earlier, killed run left is finished first.
 */
export async function runFaceVisit(
  grounds: Grounds,
  { card, shop, amounts, strike }: Visit,
  random: SeededRandom,
): Promise<VisitOutcome> {
  const folder = grounds.shop(shop);
  const terminal = grounds.start(
    ...["terminal", "serve", "--node", folder, "--card", grounds.blank, "--http", "127.0.0.1:0"],
  );
  const [url] = await terminal.says(/http:\/\/127\.0\.0\.1:\d+/);
  const till = apiClient(url, keyOf(folder, "till").key);
  const struck = strike === "none" ? -1 : random.below(amounts.length);
  let asked = 0;
  let paid = 0;
  for (const [i, amount] of amounts.entries()) {
    const sale = await openSale(till, amount);
    asked++;
    const paying = payByFace(grounds.card(card), sale.invoice);
    if (i === struck) {
      await sleep(random.below(MAX_DELAY_MS));
      if (strike === "terminal") {
        await terminal.end("SIGKILL");
        await paying;
        return { asked, paid, declined: 0, killed: true };
      }
      await grounds.strike();
    }
    if ((await stateAtEnd(till, sale.number, await paying)) !== "paid") break;
    paid++;
  }
  const code = await terminal.end("SIGTERM");
  if (code === null) throw new Error(`a till did not end well: ${terminal.output()}${terminal.errors()}`);
  return { asked, paid, declined: 0, killed: false };
}

/** Opens a sale, as soon as the till has finished what was left. */
async function openSale(till: ApiClient, amount: number): Promise<{ number: string; invoice: string }> {
  const started = Date.now();
  for (;;) {
    const { status, body } = await till("POST", "/v1/charges", {
      body: { amount: `${amount}msat` },
      key: randomUUID(),
    });
    if (status === 201) return { number: String(body.number), invoice: String(body.invoice) };
    if (status !== 409 || Date.now() > started + PATIENCE_MS)
      throw new Error(`a till opens no sale: ${status} ${JSON.stringify(body)}`);
    await sleep(50);
  }
}

/** How a sale ends; it is cancelled where nobody pays it in time. @param isPaying as the issuer said */
async function stateAtEnd(till: ApiClient, number: string, isPaying: boolean): Promise<unknown> {
  const started = Date.now();
  while (Date.now() < started + (isPaying ? PATIENCE_MS : PATIENCE_SAID_MS)) {
    const { body } = await till("GET", `/v1/charges/${number}`);
    if (body.state === "paid" || body.state === "cancelled") return body.state;
    await sleep(20);
  }
  const { status, body } = await till("POST", `/v1/charges/${number}/cancel`, { body: {} });
  if (status !== 200) throw new Error(`a till does not cancel: ${status} ${JSON.stringify(body)}`);
  return body.state;
}
