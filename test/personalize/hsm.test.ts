import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSecureChannel } from "../../apdu/index.js";
import { Pkcs11KeySource } from "../../keys/index.js";
import {
  inspectCard,
  Journal,
  keySetOf,
  numberedCards,
  personalizeOne,
  profileFingerprint,
} from "../../personalize/index.js";
import { blankCard, connectCard, diversificationData } from "../../simulator/index.js";
import { freshPath, MemoryRegistry, profileOf, readerWith, WITHOUT_PIN } from "./fixture.js";

const library = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"].find(
  existsSync,
);
const installed = (() => {
  try {
    createRequire(import.meta.url)("pkcs11js");
    return library !== undefined;
  } catch {
    return false;
  }
})();
if (!installed)
  console.log("skipped: personalization with an HSM needs softhsm2 and the optional package pkcs11js");

describe.skipIf(!installed)("personalization with an HSM (SoftHSM2)", () => {
  const folder = mkdtempSync(join(tmpdir(), "chequecard-hsm-"));
  const options = { library: library ?? "", token: "issuer", pin: "990817" };
  beforeAll(() => {
    mkdirSync(join(folder, "tokens"));
    const configuration = join(folder, "softhsm2.conf");
    writeFileSync(configuration, `directories.tokendir = ${join(folder, "tokens")}\nlog.level = ERROR\n`);
    process.env.SOFTHSM2_CONF = configuration;
    const create = [
      "--init-token",
      "--free",
      "--label",
      options.token,
      "--pin",
      options.pin,
      "--so-pin",
      "2342",
    ];
    execFileSync("softhsm2-util", create, { stdio: "pipe" });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("makes a card with keys that the token derives, and rotates them", async () => {
    const keys = await Pkcs11KeySource.open(options);
    await keys.addKeySet(Uint8Array.of(1, 2, 3, 4), "festival");
    await keys.addMasterKey(1);
    await keys.addMasterKey(2);
    const serial = Uint8Array.of(0, 0, 1, 2, 3, 4);
    const delivered = await keys.cardKeys(1, diversificationData(serial));
    const card = blankCard({ serial, keys: () => delivered });
    const profile = profileOf({ ...WITHOUT_PIN, "card-keys": { version: 1, "rotate-to": 2 } });
    const batch = {
      batchId: new Uint8Array(8),
      profile: profile.name,
      fingerprint: profileFingerprint(profile, keySetOf(profile, keys)),
      cards: numberedCards(1),
    };
    const registry = new MemoryRegistry();
    const journal = Journal.create(freshPath(), batch, { durable: false });
    expect(await personalizeOne(readerWith(card), { profile, keys, registry, journal })).toMatchObject({
      how: "made",
    });
    expect(await inspectCard(connectCard(card), keys, registry)).toMatchObject({
      genuine: true,
      registered: "active",
    });
    const channel = await openSecureChannel(connectCard(card), {
      keyVersion: 2,
      staticKeys: ({ diversification }) => keys.cardKeys(2, diversification),
    });
    expect(channel.isOpen).toBe(true);
    await keys.close();
  });
});
