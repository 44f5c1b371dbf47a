import { expect, it } from "vitest";
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
import { describeWithSoftHsm } from "../keys/soft-hsm.js";
import { freshPath, MemoryRegistry, profileOf, readerWith, WITHOUT_PIN } from "./fixture.js";

describeWithSoftHsm("personalization with an HSM (SoftHSM2)", (options) => {
  it("makes a card with keys that the token derives, signs its certificate in the token, and rotates them", async () => {
    const keys = await Pkcs11KeySource.open(options);
    await keys.addKeySet(Uint8Array.of(1, 2, 3, 4), "festival");
    await keys.addMasterKey(1);
    await keys.addMasterKey(2);
    const serial = Uint8Array.of(0, 0, 1, 2, 3, 4);
    const delivered = await keys.cardKeys(1, diversificationData(serial));
    const card = blankCard({ serial, keys: () => delivered });
    const profile = profileOf({
      ...WITHOUT_PIN,
      "card-keys": { version: 1, "rotate-to": 2 },
      offline: { limit: "20000sat", "valid-for": "730d" },
    });
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
      certificate: { offlineLimit: 20_000_000n, genuine: true },
    });
    const channel = await openSecureChannel(connectCard(card), {
      keyVersion: 2,
      staticKeys: ({ diversification }) => keys.cardKeys(2, diversification),
    });
    expect(channel.isOpen).toBe(true);
    await keys.close();
  });
});
