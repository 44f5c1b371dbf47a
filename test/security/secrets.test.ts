import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { encodePinBlock } from "../../apdu/index.js";
import { bytesToHex, hexToBytes, sat, utf8 } from "../../common/index.js";
import { exchange, withTrace } from "../../host/index.js";
import { IssuerService, openLog, parseServiceConfig } from "../../issuer/service/index.js";
import { openSqlite } from "../../issuer/store/index.js";
import { deriveBoxKey, KeyFile } from "../../keys/index.js";
import { KEY_FILE_FORMAT, KEY_FILE_VERSION } from "../../keys/key-file.js";
import { decodeKeyMaterial } from "../../keys/key-material.js";
import { openBoxDocument, parseBoxDocument } from "../../keys/sealed-box.js";
import { startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { readPinLetters } from "../../personalize/index.js";
import {
  connectCard,
  openCardFile,
  readCardFile,
  SimulatedReader,
  simulatedPhone,
} from "../../simulator/index.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { testMerchant } from "../../testing/merchant.js";
import { filesBelow, formsOf, type Secret, secretsIn } from "./secret-search.js";

const folder = newFolder();
const path = (name: string): string => join(folder, name);

/** Passphrases that nothing else looks like. */
const PASSPHRASE = "oak-lantern-7361-keys";
const LETTERS_PASSPHRASE = "elm-kettle-9084-letters";
const NEW_PIN = "918273645546";
const PHONE_PREIMAGE = hexToBytes(`a7a7a7${"5c31e09b".repeat(7)}d4`);

/** Everything that was printed, logged, traced or thrown. */
const said: string[] = [];
const secrets: Secret[] = [];
const CARD = "card.json";
const ENV = {
  CHEQUECARD_PASSPHRASE: PASSPHRASE,
  CHEQUECARD_LETTERS_PASSPHRASE: LETTERS_PASSPHRASE,
  CHEQUECARD_DEBUG: "1",
};

const keep = (name: string, bytes: Uint8Array): void => {
  secrets.push({ name, bytes: Uint8Array.from(bytes) });
};

async function run(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ exitCode: number; out: string }> {
  const result = await chequecard(["--trace", ...args], { env: { ...ENV, ...env } });
  said.push(result.out, result.err);
  return result;
}

/** What fails says so in all the ways in which an error can be printed. */
async function failing(work: () => Promise<unknown>): Promise<void> {
  const error: unknown = await work().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  said.push(String(error), inspect(error, { depth: 10, maxArrayLength: 1000 }), JSON.stringify(error));
}

function keepPin(name: string, pin: string): void {
  keep(name, utf8(pin));
  keep(`${name} as a PIN block`, encodePinBlock(pin));
}

async function keepKeyFile(): Promise<void> {
  const document = parseBoxDocument(
    readFileSync(path("issuer.keys"), "utf8"),
    KEY_FILE_FORMAT,
    KEY_FILE_VERSION,
    "",
  );
  const box = await deriveBoxKey(utf8(PASSPHRASE), document.scrypt, Buffer.from(document.salt, "hex"));
  keep("key of the key file", box.key);
  const material = decodeKeyMaterial(openBoxDocument(document, box.key, ""));
  for (const key of material.issuerKeys) keep("issuer key", key);
  for (const { key } of material.masterKeys) keep("master key", key);
  for (const { sealKey } of material.keySets) keep("seal key", sealKey);
}

function keepCard(): void {
  const { cells } = readCardFile(path(CARD)).memory;
  const cell = (name: string): Uint8Array => cells[name] ?? new Uint8Array(0);
  keep("card's secret key", cell("card-application/secret-key"));
  // The first slot holds the rotated keys or the factory's; a published test key is no secret.
  const slots = cell("issuer-security-domain/keys");
  for (let slot = 0; slot < 3; slot++) {
    const at = slot * 52;
    if (slots[at] === 0 || slots[at] === 255) continue;
    for (let key = 0; key < 3; key++)
      keep(`static key ${key}`, slots.slice(at + 1 + 16 * key, at + 17 + 16 * key));
  }
}

async function personalize(nodeUri: string): Promise<void> {
  const cheap = { scrypt: { n: 2 ** 14, r: 8, p: 1 } };
  await (await KeyFile.create(path("issuer.keys"), utf8(PASSPHRASE), "festival", cheap)).close();
  writeFileSync(
    path("festival.yaml"),
    `name: festival
node-uri: ${nodeUri}
limits: { credit: 50000sat, max-per-transaction: 25000sat, pin-threshold: 5000sat, no-pin-budget: 20000sat }
pin: random
pin-length: 12
card-keys: { version: 255, rotate-to: 48 }
`,
  );
  const files = [
    "--profile",
    path("festival.yaml"),
    "--keys",
    path("issuer.keys"),
    "--ledger",
    path("ledger.db"),
  ];
  const batch = ["--journal", path("batch.journal"), "--letters", path("letters"), "--test-key"];
  const card = ["--card", path(CARD)];
  expect((await run(["simulate", "blank", path(CARD), "--test-key"])).exitCode).toBe(0);
  const one = ["personalize", "one", ...files, ...batch, ...card, "--number", "1", "--holder", "Ada"];
  expect((await run(["--json", ...one])).exitCode).toBe(0);
  for (const command of [
    [...one],
    ["personalize", "status", path("batch.journal")],
    ["personalize", "verify", "--keys", path("issuer.keys"), "--ledger", path("ledger.db"), ...card],
    ["card", "info", ...card],
    ["simulate", "show", path(CARD)],
    ["keys", "show", path("issuer.keys")],
  ])
    await run(command);
  await run(["keys", "show", path("issuer.keys")], { CHEQUECARD_PASSPHRASE: `${PASSPHRASE}?` });
}

describe("secrets", () => {
  let pin = "";
  const preimages: Secret[] = [];

  beforeAll(async () => {
    mkdirSync(path("nodes"));
    const network = await startLittleNetwork({
      directory: path("nodes"),
      merchant: { log: (level, message) => said.push(level, message) },
      payer: { log: (level, message) => said.push(level, message) },
    });
    const { nodeId, addresses } = await network.payer.info();
    await personalize(`${bytesToHex(nodeId)}@${addresses[0]}`);
    keep("passphrase", utf8(PASSPHRASE));
    keep("passphrase of the letters", utf8(LETTERS_PASSPHRASE));
    pin = (await readPinLetters(path("letters"), utf8(LETTERS_PASSPHRASE)))[0]?.pin ?? "";
    keepPin("PIN", pin);
    keepPin("new PIN", NEW_PIN);
    await keepKeyFile();
    keepCard();

    // Sales: without and with a PIN, one refused, over two nodes, the issuer's service at its most talkative.
    const keys = await KeyFile.open(path("issuer.keys"), utf8(PASSPHRASE));
    const store = await openSqlite({ path: path("ledger.db") });
    const config = parseServiceConfig(
      "monitor: off\nlogLevel: debug\nreconcileSeconds: 0.1\n",
      path("issuer.yaml"),
    );
    const log = openLog("debug", { write: (line) => void said.push(line) });
    const service = await IssuerService.start({ config, store, node: network.payer, keys, log });
    const card = openCardFile(path(CARD));
    const reader = new SimulatedReader();
    reader.insert(card.card);
    const shop = { sales: path("sales.db"), sender: { answerTimeoutMs: 3000 }, retryPauseMs: 20 };
    const { terminal, close } = await testMerchant(network.merchant, reader, shop);
    for (const amount of [100, 6000, 200]) {
      const sale = await terminal.charge(
        { amount: sat(amount), description: "beer" },
        {
          trace: ({ text }) => said.push(text),
          onNotice: (sentence) => said.push(sentence),
          askPin: async () => pin,
        },
      );
      expect(sale.state).toBe("paid");
      const found = await network.merchant.lookupInvoice(sale.paymentHash);
      if (found.state === "settled")
        preimages.push({ name: `preimage of sale ${amount}`, bytes: found.preimage });
      said.push(
        JSON.stringify(sale, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
      );
    }
    log.debug(
      { preimage: preimages[0]?.bytes, nested: { pin }, bytes: preimages[0]?.bytes },
      "what a careless line holds",
    );
    log.error({ error: new Error(`foreign words quote ${pin}`) }, "a foreign error");
    await service.close();
    close();
    card.close();
    await keys.close();
    await store.close();
    await network.close();

    // Mistakes: each is answered with an error that says which field, never what was in it.
    const onCard = ["--card", path(CARD)];
    expect(
      (await run(["card", "pin", "change", ...onCard], { CHEQUECARD_PIN: pin, CHEQUECARD_NEW_PIN: NEW_PIN }))
        .exitCode,
    ).toBe(0);
    await run(["card", "pin", "change", ...onCard], { CHEQUECARD_PIN: pin, CHEQUECARD_NEW_PIN: NEW_PIN });
    await run(["card", "pin", "change", ...onCard], {
      CHEQUECARD_PIN: `${pin}1`,
      CHEQUECARD_NEW_PIN: NEW_PIN,
    });
    await failing(async () => encodePinBlock(`${pin}1`));
    await failing(() => KeyFile.open(path("issuer.keys"), utf8(`${PASSPHRASE}!`)));
    await failing(() => readPinLetters(path("letters"), utf8(`${LETTERS_PASSPHRASE}!`)));
    for (const { name, bytes } of secrets
      .filter(({ bytes: { length } }) => length === 16 || length === 32)
      .slice(0, 4))
      await failing(async () => {
        decodeKeyMaterial(Uint8Array.of(1, ...bytes));
        throw new Error(name);
      });

    // A phone's answer is the preimage itself.
    const phone = withTrace(connectCard(simulatedPhone({ pay: async () => PHONE_PREIMAGE })), ({ text }) =>
      said.push(text),
    );
    expect(await exchange(phone, `lnbcrt25u1${"qpzry9x8".repeat(30)}`, { pollMs: 1 })).toMatchObject({
      kind: "preimage",
    });
    keep("preimage of the phone", PHONE_PREIMAGE);
  });

  it("in use are all known to the search", () => {
    expect(pin).toMatch(/^\d{12}$/);
    expect(preimages).toHaveLength(3);
    const kinds = new Set(secrets.map(({ name }) => name));
    for (const kind of ["PIN", "issuer key", "seal key", "master key", "card's secret key", "static key 2"])
      expect(kinds).toContain(kind);
    expect(secrets.filter(({ bytes }) => bytes.length < 8)).toEqual([]);
  });

  it("are found by the search in every form that it looks for", () => {
    for (const secret of [...secrets, ...preimages])
      for (const form of formsOf(secret.bytes))
        expect(secretsIn(Buffer.concat([utf8("before "), form, utf8(" after")]), [secret])).toEqual([
          secret.name,
        ]);
    const [secret] = preimages;
    if (!secret) throw new Error("there is no preimage to look for");
    for (const before of ["", "a", "ab", "abc"]) {
      const text = Buffer.concat([utf8(before), secret.bytes, utf8("xyz")]).toString("base64");
      expect(secretsIn(utf8(text), [secret])).toEqual([secret.name]);
    }
    expect(secretsIn(utf8(JSON.stringify({ ...secret.bytes })), [secret])).toEqual([secret.name]);
  });

  it("are in nothing that was printed, logged, traced or thrown", () => {
    const text = said.join("\n");
    for (const part of [
      "paid",
      "(144 bytes masked)",
      // What a phone answered: the preimage in its message.
      "(36 bytes masked)",
      "the issuer service takes requests",
      "passphrase is wrong",
      "[redacted]",
    ])
      expect(text).toContain(part);
    expect(text.length).toBeGreaterThan(20_000);
    expect(secretsIn(utf8(text), [...secrets, ...preimages])).toEqual([]);
  });

  it("are in no file but those whose purpose it is", () => {
    const files = filesBelow(folder);
    const names = [...files.keys()];
    for (const name of ["issuer.keys", "letters", "batch.journal", "ledger.db", "sales.db", CARD])
      expect(names).toContain(name);
    for (const [name, content] of files) {
      // The card is its file. A node's wallet and the issuer's ledger keep preimages: there they are the proof of payment.
      if (name === CARD) continue;
      const wanted =
        name.startsWith("nodes/") || name.startsWith("ledger.db") ? secrets : [...secrets, ...preimages];
      expect([name, secretsIn(content, wanted)]).toEqual([name, []]);
    }
    expect(secretsIn(files.get(CARD) ?? new Uint8Array(0), secrets)).toContain("card's secret key");
  });
});
