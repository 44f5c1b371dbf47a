import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openApiFile } from "../../server/api-file.js";
import { ApiKeys } from "../../server/keys.js";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { apiClient, keyOf } from "../../testing/server/api-client.js";
import { bareDesk, bareTill } from "../../testing/server/bare-servers.js";

let browser: TestBrowser;
let till: Awaited<ReturnType<typeof bareTill>>;
let desk: Awaited<ReturnType<typeof bareDesk>>;
let elsewhere: Server;
let evil: string;

/** Says yes to everybody who asks: it is the till that has to refuse. */
const stranger = (): Server =>
  createServer((request, response) => {
    response.writeHead(200, { "access-control-allow-origin": "*", "content-type": "text/html" });
    response.end(request.url === "/" ? "<!doctype html><title>evil</title><body></body>" : "1");
  });

beforeAll(async () => {
  [till, desk] = await Promise.all([bareTill(newFolder("memory")), bareDesk(newFolder("memory"))]);
  elsewhere = stranger();
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  evil = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
  // As a stranger's name server would answer.
  browser = await openBrowser("--host-resolver-rules=MAP evil.example 127.0.0.1");
});
afterAll(async () => {
  await browser?.close();
  await till?.stop();
  await desk?.stop();
  elsewhere?.close();
});

const sales = async () => {
  const ask = apiClient(till.url, keyOf(till.folder, "read").key);
  const { body } = await ask("GET", "/v1/sales");
  return (body.sales as unknown[]).length;
};
const pairingCode = (): string => {
  const file = openApiFile(till.folder);
  try {
    return new ApiKeys(file).invite("till");
  } finally {
    file.close();
  }
};
const keptKey = "localStorage.getItem('chequecard.key')";
const PAIRING = "Pair this device";

it("another page in the same browser neither reads, frames, loads nor posts to a till that is open beside it", async () => {
  const { key } = keyOf(till.folder, "shift-lead");
  const own = await browser.open(till.url, { key });
  const other = await browser.openBeside(own, evil);
  const tried = await other.page.evaluate(`(async () => {
    const till = ${JSON.stringify(till.url)};
    const headers = { authorization: "Bearer ${key}", "content-type": "application/json", "idempotency-key": "evil" };
    const outcome = (promise) => promise.then((value) => value, (error) => error.name);
    const ask = (path, options) => outcome(fetch(till + path, options).then((answer) => answer.text()));
    const element = (tag, values) => outcome(new Promise((resolve) => {
      const made = Object.assign(document.createElement(tag), values);
      made.onload = () => resolve("loaded");
      made.onerror = () => resolve("refused");
      document.body.append(made);
    }));
    const asset = ${JSON.stringify(await assetOf(till.url))};
    const body = JSON.stringify({ amount: "10sat" });
    const frame = document.createElement("iframe");
    frame.src = till;
    const framed = new Promise((resolve) => { frame.onload = () => resolve(outcome((async () => frame.contentWindow.document.title)())); });
    document.body.append(frame);
    return {
      read: await ask("v1/state", { headers }),
      page: await ask("", {}),
      charge: await ask("v1/charges", { method: "POST", headers, body }),
      simple: await ask("v1/charges", { method: "POST", mode: "no-cors", body }),
      script: await element("script", { src: till + asset }),
      framed: await framed,
      opened: (() => { const opened = window.open(till + "#pair=x"); return opened === null || opened.closed || "open"; })(),
    };
  })()`);
  expect(tried).toMatchObject({
    ...{ read: "TypeError", page: "TypeError", charge: "TypeError", simple: "TypeError" },
    ...{ script: "refused", framed: "SecurityError" },
  });
  // A form needs no answer to do harm.
  await other.page.evaluate(`(() => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: ${JSON.stringify(`${till.url}v1/charges`)}, enctype: "text/plain" });
    form.append(Object.assign(document.createElement("input"), { name: '{"amount":"10sat","x":"', value: '"}' }));
    document.body.append(form);
    form.submit();
  })()`);
  await other.page.waitForURL(`${till.url}v1/charges`);
  expect(await other.page.textContent("body")).toContain("other-origin");
  expect(await sales()).toBe(0);
  expect(await own.page.evaluate(keptKey)).toBe(key);
  expect(await own.problems()).toEqual([]);
  await own.close();
});

it("a link on another site opens the till in a window of its own, which that site cannot read", async () => {
  const own = await browser.open(till.url, { key: keyOf(till.folder, "read").key });
  const other = await browser.openBeside(own, evil.replace("127.0.0.1", "evil.example"));
  const popup = other.page.waitForEvent("popup");
  await other.page.evaluate(`globalThis.opened = window.open(${JSON.stringify(till.url)})`);
  const opened = await popup;
  await opened.getByText("✓ Online").waitFor();
  expect(await other.page.evaluate("opened.closed")).toBe(true);
  await opened.close();
  // The till's key is there, and the site that linked has no hand in it.
  await other.page.evaluate(`(() => {
    const link = Object.assign(document.createElement("a"), { href: ${JSON.stringify(till.url)}, textContent: "till" });
    document.body.append(link);
  })()`);
  await other.page.getByRole("link", { name: "till" }).click();
  await other.page.getByText("✓ Online").waitFor();
  await own.close();
});

/** The path of a script of a page. */
async function assetOf(url: string): Promise<string> {
  const html = await (await fetch(url)).text();
  return /src="\/(assets\/[^"]+\.js)"/.exec(html)?.[1] ?? "";
}

it("a stranger's name that points at the till shows no page and reads no key", async () => {
  const { port } = new URL(till.url);
  const { page, close } = await browser.open(till.url, { key: keyOf(till.folder, "read").key });
  for (const path of ["", "customer", "api", await assetOf(till.url)]) {
    const answer = await page.goto(`http://evil.example:${port}/${path}`);
    expect([path, answer?.status()]).toEqual([path, 421]);
    expect(await page.textContent("body")).toContain("other-host");
    expect(await page.evaluate("localStorage.length")).toBe(0);
  }
  await close();
});

for (const name of ["till", "desk"] as const)
  describe(`a page of the ${name}`, () => {
    it("runs no script, loads nothing and sends nothing that its policy does not name, whatever gets into it", async () => {
      const { url } = name === "till" ? till : desk;
      const { page, close } = await browser.open(url, { expected: /Content Security Policy|Trusted/ });
      await page.getByRole("heading", { name: PAIRING }).waitFor();
      const outcome = (await page.evaluate(`(async () => {
      const attempt = async (run) => { try { return await run(); } catch (error) { return error.name; } };
      const loads = (tag, values) => new Promise((resolve) => {
        const made = Object.assign(document.createElement(tag), values);
        made.onload = () => resolve("loaded");
        made.onerror = () => resolve("refused");
        document.body.append(made);
      });
      globalThis.ran = [];
      // The debugger may do at once what pages may not.
      await new Promise((resolve) => setTimeout(resolve));
      return {
        html: await attempt(() => { document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=ran.push(1)>"); return "inserted"; }),
        inline: await attempt(() => { const script = document.createElement("script"); script.append("ran.push(2)"); document.body.append(script); return "appended"; }),
        handler: await attempt(() => { document.body.setAttribute("onclick", "ran.push(3)"); document.body.click(); return "set"; }),
        text: await attempt(() => new Function("ran.push(4)")()),
        script: await attempt(() => loads("script", { src: ${JSON.stringify(`${evil}x.js`)} })),
        style: await attempt(() => loads("link", { rel: "stylesheet", href: ${JSON.stringify(`${evil}x.css`)} })),
        image: await attempt(() => loads("img", { src: ${JSON.stringify(`${evil}x.png`)} })),
        sent: await attempt(() => fetch(${JSON.stringify(evil)}).then(() => "sent")),
        form: await attempt(() => { const form = Object.assign(document.createElement("form"), { action: ${JSON.stringify(evil)} }); document.body.append(form); form.submit(); return "submitted"; }),
        ran,
      };
    })()`)) as Record<string, unknown>;
      expect(outcome).toEqual({
        ...{ html: "TypeError", text: "EvalError", script: "TypeError", sent: "TypeError" },
        ...{
          inline: "appended",
          handler: "TypeError",
          style: "refused",
          image: "refused",
          form: "submitted",
        },
        ran: [],
      });
      expect(new URL(page.url()).origin).toBe(new URL(url).origin);
      const headers = (await fetch(url)).headers;
      expect(headers.get("content-security-policy")).toMatch(
        /frame-ancestors 'none'.*require-trusted-types-for/,
      );
      expect(headers.get("cache-control")).toBe("no-store");
      await close();
    });

    it("sends nothing without a key but the code for pairing, and its server has no file of the other", async () => {
      const { url } = name === "till" ? till : desk;
      const { url: other } = name === "till" ? desk : till;
      const asked: string[] = [];
      const { page, problems, close } = await browser.open("about:blank");
      page.on("request", (request) => asked.push(new URL(request.url()).pathname));
      await page.goto(url);
      await page.getByRole("heading", { name: PAIRING }).waitFor();
      expect(asked.filter((path) => path !== "/" && !path.startsWith("/assets/"))).toEqual([]);
      expect(await problems()).toEqual([]);
      expect((await fetch(new URL(await assetOf(url), other))).status).toBe(404);
      for (const path of ["assets/../../package.json", "assets/%2e%2e%2fweb%2ftill%2findex.html", "assets/"])
        expect((await fetch(`${url}${path}`)).status).toBe(404);
      await close();
    });
  });

it("a code for pairing that somebody has used before makes no second key, and says so", async () => {
  const code = pairingCode();
  const first = await browser.open(`${till.url}#pair=${code}`);
  await expect.poll(() => first.page.evaluate(keptKey)).not.toBeNull();
  const second = await browser.open(`${till.url}#pair=${code}`, { expected: /400/ });
  await second.page.getByText("This code is not valid, was used or is out of time.").waitFor();
  expect([second.page.url(), await second.page.evaluate(keptKey)]).toEqual([till.url, null]);
  await first.close();
  await second.close();
});

it("a link with a code for pairing changes no key of a device before its user says so", async () => {
  const { key } = keyOf(till.folder, "shift-lead");
  const own = await browser.open(till.url, { key, expected: /status of 400/ });
  const other = await browser.openBeside(own, evil.replace("127.0.0.1", "evil.example"));
  const code = pairingCode();
  const follow = (): Promise<unknown> =>
    other.page.evaluate(`location.href = ${JSON.stringify(`${till.url}#pair=${code}`)}`);
  const ask = apiClient(till.url, key);
  const holds = async () => (await ask("GET", "/v1/state")).status === 200;
  await follow();
  await other.page.getByText("Go on only if you made that code yourself.").waitFor();
  expect([other.page.url(), await own.page.evaluate(keptKey), await holds()]).toEqual([till.url, key, true]);
  expect(await other.accessibility()).toEqual([]);
  await other.page.getByRole("button", { name: "Back" }).click();
  await other.page.getByText("✓ Online").waitFor();
  expect([await own.page.evaluate(keptKey), await holds()]).toEqual([key, true]);
  // A user who means it pairs by the same code, which no page has used up.
  await follow();
  await other.page.getByRole("button", { name: "Pair" }).click();
  await expect.poll(() => own.page.evaluate(keptKey)).not.toBe(key);
  expect(await holds()).toBe(false);
  await own.close();
});

/** A connection that says so much, and then nothing. */
function slow(text: string): Promise<Socket> {
  const { hostname, port } = new URL(till.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number.parseInt(port, 10), hostname, () => {
      socket.write(text);
      resolve(socket);
    });
    socket.once("error", reject);
    socket.on("error", () => undefined);
  });
}

it("a page opens beside slow clients, huge requests and a thousand event streams of one stolen key", async () => {
  const stolen = keyOf(till.folder, "till").key;
  const head = "HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  const streams = await Promise.all(
    Array.from({ length: 1000 }, () => slow(`GET /v1/events ${head}Authorization: Bearer ${stolen}\r\n\r\n`)),
  );
  const answers = await Promise.all(
    streams.map(
      (socket) =>
        new Promise<string>((resolve) =>
          socket.once("data", (data) => resolve(data.toString().slice(9, 12))),
        ),
    ),
  );
  expect(answers.filter((status) => status === "200")).toHaveLength(16);
  const slowOnes = await Promise.all(
    Array.from({ length: 200 }, (_, at) => slow(at % 2 ? "GET / HTTP/1.1\r\n" : `GET /assets/x ${head}X: `)),
  );
  const huge = await Promise.all(
    Array.from({ length: 20 }, () =>
      slow(`GET / ${head}Content-Length: 100000000\r\n\r\n${"x".repeat(200_000)}`),
    ),
  );
  const { page, problems, close } = await browser.open("about:blank");
  const stream = page.waitForResponse((answer) => answer.url().endsWith("/events") && answer.ok());
  await page.goto(`${till.url}#pair=${pairingCode()}`);
  await stream;
  expect(await problems()).toEqual([]);
  for (const socket of [...streams, ...slowOnes, ...huge]) socket.destroy();
  await close();
});

it("a stolen device whose key is revoked is back at its start at once, in every tab, and keeps nothing", async () => {
  const { id, key } = keyOf(till.folder, "till");
  const expected = /401/;
  const thief = await browser.open(till.url, { key, expected });
  const beside = await browser.openBeside(thief, `${till.url}customer`, expected);
  await expect
    .poll(() => thief.page.evaluate("document.querySelector('#app').childElementCount"))
    .not.toBe(0);
  await beside.page.locator("main.customer").waitFor();
  // Nobody touches it, and what it asks by itself has no answer: its stream ends, and opens no more.
  for (const { page } of [thief, beside]) await page.route(/\/v1\/(?!events)/, () => undefined);
  await chequecard(["terminal", "key", "revoke", id, "--node", till.folder]);
  for (const { page } of [thief, beside]) {
    await page.getByRole("heading", { name: PAIRING }).waitFor();
    await page.getByText("The key of this device has ended.").waitFor();
  }
  expect(await thief.page.evaluate(keptKey)).toBeNull();
  expect(await thief.problems()).toEqual([]);
  await thief.close();
});
