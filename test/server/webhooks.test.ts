import { createHmac } from "node:crypto";
import { afterAll, beforeEach, expect, it } from "vitest";
import { equalBytes } from "../../common/index.js";
import { openApiFile } from "../../server/api-file.js";
import { checkHookUrl, hookAddresses } from "../../server/webhooks/address.js";
import { Deliverer } from "../../server/webhooks/deliverer.js";
import { Hooks } from "../../server/webhooks/hooks.js";
import { sendDelivery } from "../../server/webhooks/send.js";
import { newFolder } from "../../testing/hooks.js";
import { type Taken, webhookReceiver } from "../../testing/server/webhook-receiver.js";

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

async function receiver(...statuses: number[]) {
  const made = await webhookReceiver(...statuses);
  closing.push(made.close);
  return made;
}

let folder: string;
let now: number;
let hooks: Hooks;
beforeEach(() => {
  folder = newFolder("memory");
  now = 1_800_000_000_000;
  hooks = open();
});
function open(): Hooks {
  const file = openApiFile(folder);
  closing.push(() => file.close());
  return new Hooks(file, () => now);
}
const tell = (subject: string, kind: "sale.paid" | "card.blocked" = "sale.paid") =>
  hooks.tell(subject, kind, now / 1000, (id) => JSON.stringify({ id, subject }));
const send = (due: Parameters<typeof sendDelivery>[0]) => sendDelivery(due, { now: () => now });

/** Checks a delivery as its receiver does. @throws Error for one that is changed, or older than five minutes */
function verify(secret: string, { headers, body }: Taken, at: number): unknown {
  const [, time = "", given = ""] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["chequecard-signature"])) ?? [];
  const own = createHmac("sha256", secret).update(`${time}.${body}`).digest();
  if (!equalBytes(own, Buffer.from(given, "hex"))) throw new Error("not signed by the till");
  if (Math.abs(at / 1000 - Number(time)) > 300) throw new Error("too old");
  return JSON.parse(body);
}

it("an event is kept once, signed, and delivered to those who want it", async () => {
  const { url, taken } = await receiver(200);
  const { secret } = hooks.add(url, ["sale.paid"]);
  expect([tell("sale 1"), tell("sale 1"), tell("card 1", "card.blocked")]).toEqual([true, false, true]);
  const deliverer = new Deliverer(hooks, send);
  deliverer.wake();
  await expect.poll(() => hooks.list()).toMatchObject([{ waiting: 0, givenUp: 0 }]);
  await deliverer.close();
  expect(taken).toHaveLength(1);
  const [first] = taken as [Taken];
  expect(verify(secret, first, now)).toEqual({ id: 1, subject: "sale 1" });
  expect(first.headers).toMatchObject({ "chequecard-event": "sale.paid", "chequecard-event-id": "1" });
  // A copy that is sent again later is known by its time, one that was changed by its signature.
  expect(() => verify(secret, first, now + 301_000)).toThrow("too old");
  expect(() => verify(secret, { ...first, body: first.body.replace("1", "2") }, now)).toThrow("not signed");
});

it("what is not taken is sent again after growing pauses, over restarts, and given up after three days", async () => {
  const { url, taken } = await receiver(500);
  hooks.add(url, ["sale.paid"]);
  tell("sale 1");
  const pauses: number[] = [];
  for (let last = now; ; ) {
    const [due] = hooks.due();
    if (!due) {
      if (hooks.list()[0]?.waiting === 0) break;
      now += 1000;
      continue;
    }
    pauses.push((now - last) / 1000);
    last = now;
    hooks.failed(due, (await send(due)) ?? "");
    hooks = open();
  }
  expect(pauses.slice(0, 4)).toEqual([0, 5, 15, 60]);
  expect(pauses.every((pause, at) => at === 0 || pause >= (pauses[at - 1] ?? 0))).toBe(true);
  expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBeGreaterThan(2.5 * 86_400);
  expect(taken).toHaveLength(pauses.length);
  expect(hooks.list()).toMatchObject([{ waiting: 0, givenUp: 1, problem: "it answered 500" }]);
});

it("a webhook that is slow or away holds up no other, and one that is removed gets nothing more", async () => {
  const { url, taken } = await receiver(200);
  hooks.add("http://127.0.0.1:1/away", ["sale.paid"]);
  hooks.add(url, ["sale.paid"]);
  const removed = await receiver(200);
  hooks.remove(hooks.add(removed.url, ["sale.paid"]).id);
  tell("sale 1");
  tell("sale 2");
  const deliverer = new Deliverer(hooks, send);
  deliverer.wake();
  await expect.poll(() => taken.length).toBe(2);
  await deliverer.close();
  expect(removed.taken).toEqual([]);
  expect(hooks.list()[0]).toMatchObject({ problem: "it cannot be reached (ECONNREFUSED)" });
});

it("redirects are not followed", async () => {
  const { url } = await receiver(302);
  const due = { url, secret: "s", event: 1, kind: "sale.paid", body: "{}" };
  expect(await sendDelivery(due)).toBe("it answered 302; redirects are not followed");
});

it("an address is public with TLS, or on this machine where that was named", async () => {
  for (const good of [
    "https://shop.example/hook",
    "http://127.0.0.1:8080/",
    "http://localhost/x",
    "http://[::1]/",
  ])
    expect(checkHookUrl(good).href).toContain("/");
  for (const [bad, problem] of [
    ["http://shop.example/hook", /need https/],
    ["https://192.168.1.1/", /is private/],
    ["https://[fd00::1]/", /is private/],
    ["https://169.254.169.254/latest", /is link-local/],
    ["https://user:pass@shop.example/", /without user and password/],
    ["ftp://127.0.0.1/", /need https/],
    ["nonsense", /need an address/],
  ] as const)
    expect(() => checkHookUrl(bad)).toThrow(problem);
  // Numbers in other notations are the address that they mean.
  expect(checkHookUrl("https://2130706433/").hostname).toBe("127.0.0.1");
  const name = new URL("https://shop.example/");
  expect(await hookAddresses(name, async () => ["93.184.216.34"])).toEqual(["93.184.216.34"]);
  for (const addresses of [["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:192.168.0.1"], []])
    await expect(hookAddresses(name, async () => addresses)).rejects.toThrow(/^url: /);
  await expect(hookAddresses(new URL("http://localhost/"), async () => ["8.8.8.8"])).rejects.toThrow();
});

it("a name is judged at each delivery, and what was judged is what is dialed", async () => {
  const { url, taken } = await receiver(200);
  const due = { url: "https://shop.example/", secret: "s", event: 1, kind: "sale.paid", body: "{}" };
  expect(await sendDelivery(due, { resolve: async () => ["127.0.0.1"] })).toMatch(/need a name of public/);
  const here = { ...due, url: url.replace("127.0.0.1", "localhost") };
  expect(await sendDelivery(here, { resolve: async () => ["127.0.0.1"] })).toBeUndefined();
  expect(taken).toHaveLength(1);
});
