import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectVpcd, openCardFile } from "../../simulator/index.js";
import { openBrowser, type TestBrowser } from "../../testing/browser.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { apiClient, keyOf, serveCommand } from "../../testing/server/api-client.js";
import { SLOTS } from "../pcscd/card-stub.js";
import { isPrivate, killPcscd, startPcscd } from "../pcscd/private-pcscd.js";

const [SLOT] = SLOTS;
const ENV = { CHEQUECARD_PASSPHRASE: "an issuer's passphrase" };
const folder = newFolder("memory");
const at = (name: string) => join(folder, name);
const ISSUER = at("issuer");
let browser: TestBrowser;
let served: Awaited<ReturnType<typeof serveCommand>> | undefined;

async function run(...args: string[]): Promise<void> {
  const { exitCode, out, err } = await chequecard(["--json", ...args], {
    env: { ...ENV, CHEQUECARD_ISSUER: ISSUER },
  });
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${exitCode} ${out}${err}`);
}

beforeAll(async () => {
  browser = await openBrowser();
  const chain = ["--chain", at("chain.db")];
  await run("issuer", "init", ISSUER, "--factory-keys", "test", "--label", "festival", ...chain);
  const config = join(ISSUER, "issuer.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replace(/^# monitor: .*$/m, "monitor: off"));
  await run("simulate", "blank", at("card.json"), "--test-key");
  const batch = [
    "--journal",
    at("batch.journal"),
    "--prefix",
    "A",
    "--count",
    "1",
    "--card",
    at("card.json"),
  ];
  await run("personalize", "batch", "--issuer", ISSUER, "--test-key", ...batch);
  Object.assign(process.env, ENV);
  served = await serveCommand(["issuer", "serve", ISSUER, "--http", "127.0.0.1:0", "--reader", SLOT.name]);
  delete process.env.CHEQUECARD_PASSPHRASE;
});
afterAll(async () => {
  await browser?.close();
  await served?.stop();
});

it("a card on a real PC/SC reader opens by itself, gets a top-up at once, and is gone when it is taken away", async () => {
  const url = served?.url ?? "";
  const { key } = keyOf(ISSUER, "desk");
  const desk = await browser.open(url, { key });
  const { page } = desk;
  await page.getByText("Lay a card on the reader.").waitFor();
  const file = openCardFile(at("card.json"));
  const link = await connectVpcd(file.card, { port: SLOT.port });
  await page.getByText("On the reader: A0001").waitFor();
  await page.getByRole("heading", { name: "A0001", level: 2 }).waitFor();
  await page.getByText("The card itself shows: 20,000 sat.").waitFor();
  const { body } = await apiClient(url, key)("POST", "/v1/cards/A0001/top-up", {
    body: { amount: "700sat" },
    key: "cash",
  });
  expect(body).toMatchObject({ amount: "700000", left: "20700000" });
  // The chip has taken it: what is shown was read from there.
  await page.getByText("The card itself shows: 20,700 sat.").waitFor();
  await link.close();
  file.close();
  await page.getByText("Lay a card on the reader.").waitFor();
  expect(await desk.problems()).toEqual([]);
  await desk.close();
});

it.runIf(isPrivate)(
  "the desk says that its reader is away while pcscd is, and serves the next card afterwards",
  async () => {
    const desk = await browser.open(served?.url ?? "", { key: keyOf(ISSUER, "desk").key });
    const { page } = desk;
    await page.getByText("Lay a card on the reader.").waitFor();
    await killPcscd("SIGKILL");
    await page.getByText("The reader is not connected.").waitFor();
    await startPcscd();
    await page.getByText("Lay a card on the reader.").waitFor();
    const file = openCardFile(at("card.json"));
    const link = await connectVpcd(file.card, { port: SLOT.port });
    await page.getByText("On the reader: A0001").waitFor();
    await link.close();
    file.close();
    await page.getByText("Lay a card on the reader.").waitFor();
    expect(await desk.problems()).toEqual([]);
    await desk.close();
  },
);
