import { describe, expect, test } from "vitest";
import { hexToBytes } from "../../common/index.js";
import { cardAsItIs, conformanceCases, keylessCases, runConformance } from "../../host/conformance/index.js";
import { makeCard, provisionCard, type SimulatedCard, SimulatedReader } from "../../simulator/index.js";
import { PERSONALIZATION, tappedCard } from "../simulator/fixture.js";
import { readVectorFile } from "../specs/vector-file.js";

function blocked(): SimulatedCard {
  const { keys, sessions } = readVectorFile<{
    keys: {
      issuer: { point: string };
      keySets: [{ keySetId: string; sealKey: string }];
      cards: [{ cardId: string; secretKey: string }];
    };
    sessions: { id: string; steps: { comment: string; command: string }[] }[];
  }>("card-sessions.json");
  const session = sessions.find(({ id }) => id === "update/blocked");
  const block = session?.steps.find(({ comment }) => comment === "block");
  const card = tappedCard({
    cardId: hexToBytes(keys.cards[0].cardId),
    secretKey: hexToBytes(keys.cards[0].secretKey),
    keySetId: hexToBytes(keys.keySets[0].keySetId),
    sealKey: hexToBytes(keys.keySets[0].sealKey),
    issuerPublicKey: hexToBytes(keys.issuer.point),
  });
  expect(card.exchange(hexToBytes(block?.command ?? ""))).toEqual(Uint8Array.of(0x90, 0));
  return card;
}

const { pin: _, ...withoutPin } = PERSONALIZATION;

describe.each<[string, () => SimulatedCard, readonly string[]]>([
  ["a blank card", () => makeCard(), ["as-it-is/pin", "as-it-is/sealed"]],
  ["a personalized card", () => tappedCard(), []],
  ["a blocked card", blocked, ["as-it-is/pin"]],
  ["a card without a PIN", () => provisionCard(withoutPin).card, []],
])("%s of unknown keys", (_, makeOne, notApplicable) => {
  test("passes what applies to it and is the same afterwards", async () => {
    const card = makeOne();
    const before = card.dump();
    const reader = new SimulatedReader();
    reader.insert(card);
    const report = await runConformance(cardAsItIs(reader));
    const outcomes = Object.fromEntries(report.results.map(({ id, outcome }) => [id, outcome]));
    for (const { id } of keylessCases)
      expect([id, outcomes[id]]).toEqual([id, notApplicable.includes(id) ? "skipped" : "passed"]);
    expect(report.skipped).toBe(conformanceCases().length - keylessCases.length + notApplicable.length);
    expect(report.failed).toBe(0);
    expect(card.dump()).toEqual(before);
  });
});
