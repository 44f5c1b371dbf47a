import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type ConformanceTarget,
  cardAsItIs,
  cardOnReader,
  conformanceCases,
  keylessCases,
  runConformance,
} from "../../host/conformance/index.js";
import { openReaders, type PcscReader, type PcscReaders } from "../../host/pcsc/index.js";
import { connectVpcd, makeCard, provisionCard, type VpcdLink } from "../../simulator/index.js";
import { SLOTS } from "../pcscd/card-stub.js";
import { PERSONALIZATION } from "../simulator/fixture.js";
import { ChangeableCard } from "./changeable-card.js";

const cases = conformanceCases();
/** The virtual reader passes on nothing shorter than a header, and these cards have no security domain. */
const SKIPPED = ["dispatch/malformed", "select/other-application", "authorize/pin-outlives-malformed"];
/** Optional where the command does not say how long the answer may be. */
const SKIPPED_ON_T0 = ["get-data/exact-le"];

describe.each([
  { protocol: "T=CL", slot: SLOTS[0] },
  { protocol: "T=0", slot: SLOTS[1] },
] as const)("the simulated card behind pcscd over $protocol conforms", ({ protocol, slot }) => {
  const skipped = protocol === "T=0" ? [...SKIPPED, ...SKIPPED_ON_T0] : SKIPPED;
  const body = new ChangeableCard(protocol);
  let readers: PcscReaders;
  let reader: PcscReader;
  let link: VpcdLink;

  beforeAll(async () => {
    readers = await openReaders();
    reader = await readers.waitForReader(slot.name);
    link = await connectVpcd(body, { port: slot.port });
  });
  afterAll(async () => {
    await link.close();
    await reader.waitForRemoval();
    await readers.close();
  });

  const target: ConformanceTarget = {
    name: `simulator behind pcscd, ${protocol}`,
    passesMalformed: false,
    async provision(wanted) {
      if (wanted === "blank") {
        body.replace(makeCard({ protocol }));
        return cardOnReader(reader, undefined);
      }
      const { card, publicKey } = provisionCard(wanted, { protocol });
      body.replace(card);
      return cardOnReader(reader, publicKey);
    },
  };

  test("a card as it is, without its keys", async () => {
    body.replace(provisionCard(PERSONALIZATION, { protocol }).card);
    const report = await runConformance(cardAsItIs(reader), { cases: keylessCases });
    expect(report).toMatchObject({ passed: keylessCases.length, failed: 0, skipped: 0 });
  });

  test.each(cases)("$id: $title", async (conformanceCase) => {
    const { results } = await runConformance(target, { cases: [conformanceCase] });
    const [{ outcome, detail, expected, found } = { outcome: "missing" }] = results;
    expect(outcome, `${detail}: expected ${expected}, found ${found}`).toBe(
      skipped.includes(conformanceCase.id) ? "skipped" : "passed",
    );
  });
});
