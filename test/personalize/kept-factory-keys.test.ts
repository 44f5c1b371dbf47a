import { describe, expect, it } from "vitest";
import { openSecureChannel } from "../../apdu/secure-channel/index.js";
import { batchStatus, personalizeOne } from "../../personalize/index.js";
import { readJournal } from "../../personalize/journal-file.js";
import { connectCard, type SimulatedCard, TornError } from "../../simulator/index.js";
import {
  FACTORY_VERSION,
  factoryCard,
  freshPath,
  keys,
  newBatch,
  OWN_VERSION,
  ROTATING,
  readerWith,
  tearing,
} from "./fixture.js";

const open = (card: SimulatedCard, keyVersion: number) =>
  openSecureChannel(connectCard(card), {
    keyVersion,
    staticKeys: ({ diversification }) => keys.cardKeys(keyVersion, diversification),
  });

// Of the simulated card alone: the security domain of the applet's harness never keeps them.
describe("factory keys", () => {
  it("are beside the new ones on a card that keeps them, which is said and written down", async () => {
    const batch = newBatch(ROTATING);
    const card = factoryCard({ keepsFactoryKeys: true });
    const made = await personalizeOne(readerWith(card), batch);
    expect(made).toMatchObject({ how: "made", keepsFactoryKeys: true });
    expect(batchStatus(batch.journal)).toMatchObject({
      counts: { done: 1 },
      factoryKeys: [{ chip: made.chip, version: FACTORY_VERSION, number: "0001" }],
    });
    for (const version of [FACTORY_VERSION, OWN_VERSION])
      expect((await open(card, version)).isOpen).toBe(true);
    const other = newBatch(ROTATING);
    expect(await personalizeOne(readerWith(factoryCard()), other)).toMatchObject({ keepsFactoryKeys: false });
    expect(batchStatus(other.journal).factoryKeys).toEqual([]);
  });

  it("are found on a card that was torn before it was asked, which is said once", async () => {
    for (const nth of [14, 15, 16, 17])
      for (const point of ["before-command", "after-command"] as const) {
        const path = freshPath();
        const batch = newBatch(ROTATING, 1, path);
        const card = factoryCard({ keepsFactoryKeys: true });
        await expect(personalizeOne(tearing(card, nth, point), batch)).rejects.toBeInstanceOf(TornError);
        expect(await personalizeOne(readerWith(card), batch)).toMatchObject({ keepsFactoryKeys: true });
        const records = readJournal(path).lines.map((line) => (JSON.parse(line) as { step: string }).step);
        expect(records.filter((step) => step === "kept")).toHaveLength(1);
      }
  });
});
