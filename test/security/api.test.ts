import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { sat } from "../../common/index.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import {
  type ApiClient,
  apiClient,
  apiEvents,
  keyOf,
  serveCommand,
} from "../../testing/server/api-client.js";
import { operationsOf, sendRaw } from "../../testing/server/bad-requests.js";
import { openCommandLineShop } from "../cli/terminal-shop.js";

let shop: Awaited<ReturnType<typeof openCommandLineShop>>;
let served: Awaited<ReturnType<typeof serveCommand>>;
let till: ApiClient;
let own: { readonly id: string; readonly key: string };
let spent = 0n;

const args = () => ["terminal", "serve", "--node", shop.folder, "--card", shop.cards.guest.file];

beforeAll(async () => {
  shop = await openCommandLineShop(newFolder("memory"));
  served = await serveCommand([...args(), "--http", "127.0.0.1:0"]);
  own = keyOf(shop.folder, "shift-lead");
  till = apiClient(served.url, own.key);
});
afterAll(async () => {
  await served?.stop();
  await shop?.close();
});

/** A sale that the card on the reader pays. */
async function sells(key: string): Promise<void> {
  const { body } = await till("POST", "/v1/charges", { body: { amount: "10sat" }, key });
  await expect.poll(async () => (await till("GET", `/v1/charges/${body.number}`)).body.state).toBe("paid");
  spent += sat(10);
  expect(await shop.account("guest")).toMatchObject({ spent });
}
const count = async () => ((await till("GET", "/v1/sales")).body.sales as unknown[]).length;

/** Sends a charge with headers of somebody else's making. */
const charge = (headers: Record<string, string>, method = "POST") =>
  sendRaw(served.url, {
    method,
    path: "/v1/charges",
    headers: {
      host: new URL(served.url).host,
      authorization: `Bearer ${own.key}`,
      "content-type": "application/json",
      "idempotency-key": "other",
      ...headers,
    },
    body: method === "POST" ? '{"amount":"10sat"}' : undefined,
  });

/** What a browser says of a link of another site that is followed in a window of its own. */
const LINK = {
  "sec-fetch-site": "cross-site",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
};

it("a link on another site opens a page in a window of its own, and nothing else", async () => {
  const ask = async (path: string, headers: Record<string, string>, method = "GET") => {
    const { host } = new URL(served.url);
    return (await sendRaw(served.url, { method, path, headers: { host, ...headers }, body: undefined }))
      .status;
  };
  for (const path of ["/", "/customer", "/api"]) {
    for (const site of ["cross-site", "same-site"])
      expect([path, await ask(path, { ...LINK, "sec-fetch-site": site })]).toEqual([path, 200]);
    for (const other of [
      ...["iframe", "frame", "object", "embed", "script", "image", "empty"].map((dest) => ({
        "sec-fetch-dest": dest,
      })),
      ...["cors", "no-cors", "same-origin", "websocket"].map((mode) => ({ "sec-fetch-mode": mode })),
      { origin: "https://evil.example" },
      { origin: "null" },
    ] as Record<string, string>[])
      expect([path, other, await ask(path, { ...LINK, ...other })]).toEqual([path, other, 403]);
    for (const method of ["POST", "HEAD", "PUT"])
      expect([path, method, await ask(path, LINK, method)]).toEqual([path, method, 403]);
    expect(await ask(path, { ...LINK, host: "evil.example" })).toBe(421);
  }
  for (const path of ["/v1/openapi.json", "/v1/state", "/v1/sales", "/api.css", "/assets/x.js", "/nothing"])
    expect([path, await ask(path, LINK)]).toEqual([path, 403]);
});

it("another page in the same browser gets no answer, even with the till's key", async () => {
  const before = await count();
  for (const headers of [
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    LINK,
  ] as Record<string, string>[])
    expect(await charge(headers)).toMatchObject({
      status: 403,
      body: expect.stringContaining("other-origin"),
    });
  expect((await charge(LINK, "GET")).status).toBe(403);
  // What a form or a script may send without asking first, from a browser that says nothing of where it comes from.
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
    expect([type, (await charge({ "content-type": type })).status]).toEqual([type, 415]);
  const preflight = await charge({ origin: "https://evil.example" }, "OPTIONS");
  expect(preflight.status).toBe(403);
  const plain = await till("GET", "/v1/state");
  expect([...plain.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  expect(await count()).toBe(before);
});

it("a stranger's name that points at the till is not answered", async () => {
  const before = await count();
  const { port } = new URL(served.url);
  for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example", "169.254.169.254"])
    expect([host, await charge({ host })]).toMatchObject([
      host,
      { status: 421, body: expect.stringContaining("other-host") },
    ]);
  expect(await charge({ host: `evil.example:${port}`, origin: `http://evil.example:${port}` })).toMatchObject(
    {
      status: 421,
    },
  );
  expect(await count()).toBe(before);
});

it("a stranger in the network opens nothing without a key, and no till is served there in the clear unless told", async () => {
  const stranger = apiClient(served.url, undefined);
  const { body } = await stranger("GET", "/v1/openapi.json");
  const operations = operationsOf(body).filter(({ path }) => path !== "/v1/pair");
  expect(operations.length).toBeGreaterThan(15);
  for (const { method, path } of operations)
    expect([
      path,
      (await stranger(method as "GET", path.replace(/\{\w+\}/, "1"), { key: "stranger" })).status,
    ]).toEqual([path, 401]);
  for (const code of ["", "x", "A".repeat(22)])
    expect((await stranger("POST", "/v1/pair", { body: { code, name: "x" } })).status).toBe(400);
  const { exitCode, err } = await chequecard([...args(), "--http", "0.0.0.0:0"]);
  expect([exitCode, err]).toEqual([
    EXIT.INPUT,
    expect.stringMatching(/0\.0\.0\.0 is reached by other machines, and there is no certificate/),
  ]);
});

it("a stolen device key is revoked by one command, ends at once, and could not refund", async () => {
  const stolen = keyOf(shop.folder, "till");
  const thief = apiClient(served.url, stolen.key);
  const watching = await apiEvents(served.url, "/v1/events", stolen.key);
  const next = watching.next();
  const refund = { body: {}, key: "thief" };
  expect(await thief("POST", "/v1/charges/1/refund", refund)).toMatchObject({ status: 403 });
  expect(await thief("POST", "/v1/days", refund)).toMatchObject({ status: 403 });
  const { exitCode } = await chequecard(["terminal", "key", "revoke", stolen.id, "--node", shop.folder]);
  expect(exitCode).toBe(EXIT.OK);
  expect((await next).done).toBe(true);
  for (const path of ["/v1/state", "/v1/sales", "/v1/events"])
    expect((await thief("GET", path)).status).toBe(401);
  // The shop goes on with the keys that it has.
  await sells("after-theft");
});

it("a huge body is refused before it is read, with or without its length", async () => {
  const before = await count();
  const long = `{"amount":"10sat","description":"${"x".repeat(200_000)}"}`;
  for (const headers of [{ "content-length": String(long.length) }, { "transfer-encoding": "chunked" }])
    expect(
      await sendRaw(served.url, {
        method: "POST",
        path: "/v1/charges",
        headers: {
          host: "127.0.0.1",
          authorization: `Bearer ${own.key}`,
          "content-type": "application/json",
          "idempotency-key": "long",
          ...(headers as Record<string, string>),
        },
        body: long,
      }),
    ).toMatchObject({ status: 413 });
  const deep = await till("POST", "/v1/charges", { body: `{"amount":${"[".repeat(30_000)}`, key: "deep" });
  expect(deep.status).toBe(400);
  expect(await count()).toBe(before);
});

/** A connection that says so much, and then nothing. */
function slow(text: string): Promise<Socket> {
  const { hostname, port } = new URL(served.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number.parseInt(port, 10), hostname, () => {
      socket.write(text);
      resolve(socket);
    });
    socket.once("error", reject);
    socket.on("error", () => undefined);
  });
}

it("slow clients are cut off, silent or dripping, in their headers or in their bodies, and no sale waits for them", async () => {
  const before = await count();
  const head = `POST /v1/charges HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${own.key}\r\n`;
  const body = `${head}Idempotency-Key: slow\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{`;
  const sockets = await Promise.all(Array.from({ length: 300 }, (_, at) => slow(at % 2 ? head : body)));
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  // Two of three never stop, and would be done within the hour.
  const drip = setInterval(() => {
    for (const [at, socket] of sockets.entries())
      if (at % 3 && !socket.destroyed) socket.write(at % 2 ? "X: y\r\n" : " ");
  }, 500);
  try {
    await sells("beside-slow-clients");
    for (const socket of sockets) socket.resume();
    await Promise.all(closed);
  } finally {
    clearInterval(drip);
  }
  expect(await count()).toBe(before + 1);
});

it("huge headers, and as many as nobody needs, are refused before anything is done", async () => {
  const before = await count();
  expect(await charge({ "x-long": "x".repeat(20_000) })).toMatchObject({ status: 431 });
  const many = Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`x-${at}`, "x"]));
  expect(await charge(many)).toMatchObject({ status: 431 });
  expect(await charge({ cookie: `a=${"x".repeat(20_000)}` }, "GET")).toMatchObject({ status: 431 });
  expect(await count()).toBe(before);
});

it("a thousand event streams are bounded for each key, and a sale goes on beside them", async () => {
  const open = (key: string) =>
    slow(`GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\n\r\n`);
  const keys = [own.key, ...Array.from({ length: 19 }, () => keyOf(shop.folder, "read").key)];
  const sockets = await Promise.all(
    Array.from({ length: 1000 }, (_, at) => open(keys[at % keys.length] ?? "")),
  );
  const answers = await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<string>((resolve) =>
          socket.once("data", (data) => resolve(data.toString().slice(9, 12))),
        ),
    ),
  );
  const opened = answers.filter((status) => status === "200").length;
  expect([opened, answers.filter((status) => status === "429").length]).toEqual([256, 1000 - 256]);
  // None of them reads any further.
  for (const socket of sockets) socket.pause();
  await sells("beside-streams");
  for (const socket of sockets) socket.destroy();
  await expect.poll(async () => (await till("GET", "/v1/state")).status).toBe(200);
});

it("neither keys nor PINs nor codes stand in what the till prints", async () => {
  const pin = { body: { pin: "739105" } };
  expect((await till("POST", "/v1/charges/1/pin", pin)).status).toBe(409);
  const shown = served.output();
  for (const secret of [own.key, own.key.slice(17), "739105"]) expect(shown).not.toContain(secret);
  const listed = await chequecard(["--json", "terminal", "key", "list", "--node", shop.folder]);
  expect(listed.out).toContain(own.id);
  expect(listed.out).not.toContain(own.key.slice(17));
});
