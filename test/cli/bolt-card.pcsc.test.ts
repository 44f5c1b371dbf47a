import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { sat } from "../../common/index.js";
import { connectVpcd, type VpcdLink } from "../../simulator/index.js";
import { startForeignServer } from "../../testing/bolt-card/foreign-server.js";
import { buildProgram } from "../../testing/build-program.js";
import { chequecard } from "../../testing/command-run.js";
import { SLOTS } from "../pcscd/card-stub.js";
import { cardIsPresent, readerIsEmpty } from "../pcscd/present.js";
import { openCommandLineShop } from "./terminal-shop.js";

const [SLOT] = SLOTS;

let folder: string;
let shop: Awaited<ReturnType<typeof openCommandLineShop>>;
let server: Awaited<ReturnType<typeof startForeignServer>>;
let link: VpcdLink | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "chequecard-bolt-"));
  shop = await openCommandLineShop(folder);
  const program = await buildProgram("testing/bolt-card/foreign-server-process.ts");
  const pay = async (invoice: string) =>
    (await shop.payer.pay({ invoice, maxFee: sat(10) })).state === "settled";
  server = await startForeignServer(program, pay);
});
afterEach(async () => {
  await link?.close();
  await readerIsEmpty(SLOT.name);
});
afterAll(async () => {
  await server?.stop();
  await shop?.close();
  rmSync(folder, { recursive: true, force: true });
});

it("a Bolt Card on a real PC/SC reader pays a sale of the terminal", async () => {
  link = await connectVpcd(server.card(), { port: SLOT.port });
  await cardIsPresent(SLOT.name);
  const charge = ["terminal", "charge", "--node", shop.folder, "--amount", "2500sat", "--no-qr"];
  const run = await chequecard(["--json", ...charge, "--reader", SLOT.name]);
  expect([run.exitCode, JSON.parse(run.out)]).toMatchObject([
    EXIT.OK,
    { state: "paid", receipt: { amount: "2500000", paid: true } },
  ]);
  expect(server.calls()).toHaveLength(1);
});
