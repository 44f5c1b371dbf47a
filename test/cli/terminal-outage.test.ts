import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { hexToBytes, secp256k1 } from "../../common/index.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import { SaleStore } from "../../host/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { fingerprint } from "../../offline/fingerprint.js";
import { writePack } from "../../offline/pack-file.js";
import { buildProgram } from "../../testing/build-program.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { uriOf } from "../../testing/merchant.js";
import { packOf } from "../../testing/offline/certified-card.js";
import { runProgram } from "../../testing/programs.js";
import { openCommandLineShop } from "./terminal-shop.js";

let program: string;
let folder: string;
let shop: Awaited<ReturnType<typeof openCommandLineShop>>;
beforeAll(async () => {
  folder = newFolder("memory");
  [program, shop] = await Promise.all([buildProgram("cli/main.ts"), openCommandLineShop(folder)]);
});
afterAll(() => shop?.close());

/** Gives the till a pack of the traveller's issuer. */
async function installPack(): Promise<void> {
  const pack = ["terminal", "pack"];
  const node = ["--node", shop.folder];
  const { out } = await chequecard(["--json", ...pack, "key", ...node]);
  const { card } = shop.cards.traveller;
  const content = packOf(card, Math.floor(Date.now() / 1000) - 60, {
    terminal: hexToBytes(JSON.parse(out).publicKey),
    nodes: [parseNodeUri(await uriOf(shop.payer))],
    forwardingWindow: 80_000,
  });
  const file = join(folder, "bar.pack");
  writeFileSync(file, await writePack(content, (hash) => secp256k1.sign(hash, card.issuerSecret)));
  const issuer = fingerprint(secp256k1.publicKey(card.issuerSecret));
  expect(await chequecard([...pack, "install", file, ...node, "--issuer", issuer])).toMatchObject({
    exitCode: EXIT.OK,
  });
}

it("serve goes offline and online by itself, says which, and forwards by itself what it accepted", async () => {
  await installPack();
  const { file } = shop.cards.traveller;
  const till = runProgram(program, ["terminal", "serve", "--node", shop.folder, "--card", file, "--no-qr"]);
  await till.says("Type an amount");
  till.type("100sat beer");
  await till.says(/^PAID$/m);
  await till.says("Next amount:");

  // The payer's node is gone: the sale in the air goes on without it, the next one begins so.
  await shop.leave();
  till.type("200sat beer");
  await till.says(SENTENCES.offline.offline);
  await till.says("ACCEPTED, NOT PAID YET: 200 sat");
  await till.says("Next amount:", 2);
  till.type("300sat beer");
  await till.says("ACCEPTED, NOT PAID YET: 300 sat");
  await till.says("Next amount:", 3);
  expect(till.output()).not.toContain(SENTENCES.offline.online);
  expect(till.output().match(/^PAID$/gm)).toHaveLength(1);

  // It comes back, and nobody touches the till.
  await shop.comeBack();
  await till.says(SENTENCES.offline.online);
  await expect.poll(() => till.errors()).toContain(SENTENCES.offline.forwarded.paid(0, "0 sat"));
  till.type("400sat beer");
  await till.says(/^PAID$/m, 2);
  await till.says("Next amount:", 4);
  till.type("");
  expect(await till.end()).toBe(EXIT.OK);

  const store = new SaleStore(join(shop.folder, "sales.db"));
  expect(store.after(0).map(({ state, acceptedAt }) => [state, acceptedAt !== undefined])).toEqual([
    ["paid", false],
    ["paid", true],
    ["paid", true],
    ["paid", false],
  ]);
  store.close();
  // The ledger began with the node that came back.
  expect(await shop.account("traveller")).toMatchObject({ spent: 900_000n });
});
