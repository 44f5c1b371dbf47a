import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { newFolder } from "../../testing/hooks.js";
import { keyOf, serveCommand } from "../../testing/server/api-client.js";
import { openCommandLineShop } from "../cli/terminal-shop.js";

const TILL = resolve(import.meta.dirname, "../../examples/python-till/till.py");
let shop: Awaited<ReturnType<typeof openCommandLineShop>>;
let served: Awaited<ReturnType<typeof serveCommand>>;

beforeAll(async () => {
  shop = await openCommandLineShop(newFolder("memory"));
  const card = ["--card", shop.cards.limited.file];
  served = await serveCommand(["terminal", "serve", "--node", shop.folder, ...card, "--http", "127.0.0.1:0"]);
});
afterAll(async () => {
  await served?.stop();
  await shop?.close();
});

/** Runs the example in a process of its own, while the till serves in this one. */
const python = (...args: string[]) =>
  new Promise<{ code: unknown; out: string; err: string }>((done) => {
    const env = { ...process.env, CHEQUECARD_API_KEY: keyOf(shop.folder, "till").key };
    execFile("python3", [TILL, served.url, ...args], { env }, (error, out, err) =>
      done({ code: error?.code ?? 0, out, err }),
    );
  });

it("a till in Python charges a card, prints the receipt, and says why a card is refused", async () => {
  expect(await python("900sat", "a beer")).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Sale 1: tap a card[\s\S]*a beer\nTotal +900 sat\nPAID\n/),
    err: "",
  });
  expect(await shop.account("limited")).toMatchObject({ spent: sat(900) });
  const refused = await python("200sat", "one more");
  expect(refused).toMatchObject({
    code: 6,
    out: expect.stringMatching(/Declined\. This card has reached its limit[\s\S]*NOT PAID/),
  });
  expect(await python("much", "a beer")).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^--amount: /),
  });
});

it("the till in Python is short, and uses nothing but Python", () => {
  const lines = readFileSync(TILL, "utf8").split("\n");
  expect(lines.filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(50);
  expect(lines.filter((line) => /^(import|from) /.test(line))).toEqual([
    ...[
      "import json",
      "import os",
      "import sys",
      "import urllib.error",
      "import urllib.request",
      "import uuid",
    ],
  ]);
});
