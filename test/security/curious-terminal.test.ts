import { afterAll, describe, expect, it } from "vitest";
import { SEALED_MESSAGE_LENGTH, SW } from "../../apdu/index.js";
import { concatBytes, hexToBytes, msat, sat, u64 } from "../../common/index.js";
import { withCard } from "../../host/index.js";
import { fundCard } from "../../issuer/ledger/index.js";
import type { SimulatedCard } from "../../simulator/index.js";
import { PIN } from "../../testing/cards/test-card.js";
import type { TestCard } from "../../testing/issuer/desk.js";
import { Bench } from "../../testing/issuer/service.js";
import { factoryCard } from "../personalize/fixture.js";
import { insideCard, openTown, type Town, WITHOUT_PIN_LIMITS } from "./town.js";

const bench = new Bench();
afterAll(() => bench.close());

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const apdu = (header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array =>
  concatBytes(hexToBytes(header), data.length > 0 ? Uint8Array.of(data.length) : data, data);
const SELECT = hexToBytes("00a4040008f043484551554501");
const CHALLENGE = new Uint8Array(32).fill(9);
const authorize = (amount: bigint, hash: Uint8Array) => apdu("80300000", concatBytes(u64(amount), hash));

/** The clear part of an answer: sealed messages are cut after type and key set id. */
function clearPart(response: Uint8Array): string {
  if (response.length !== SEALED_MESSAGE_LENGTH + 2) return hex(response);
  return `${hex(response.subarray(0, 5))}..${hex(response.subarray(-2))}`;
}

/** Everything that a reader without any key can ask a card, and what it sees of the answers. */
function everythingReadable(card: SimulatedCard, hash: Uint8Array): string[] {
  const seen = [hex(card.powerOn())];
  const ask = (command: Uint8Array) => seen.push(clearPart(card.exchange(command)));
  for (const p2 of ["00", "0c"]) ask(hexToBytes(`00a404${p2}08f043484551554501`));
  ask(SELECT);
  for (let tag = 0; tag < 0x100; tag++) ask(hexToBytes(`80ca00${tag.toString(16).padStart(2, "0")}`));
  ask(hexToBytes("80ca5f50"));
  ask(hexToBytes("00200080"));
  ask(apdu("80320000", CHALLENGE));
  ask(apdu("80320000", CHALLENGE));
  ask(authorize(1000n, hash));
  ask(authorize(1000n, hash));
  ask(authorize(0n, hash));
  ask(authorize(5_000_001n, CHALLENGE));
  ask(authorize(10_000_001n, CHALLENGE));
  for (const ins of ["24", "30", "32", "34", "46", "50", "82", "e2", "e4"])
    for (const cla of ["00", "80", "84"]) ask(hexToBytes(`${cla}${ins}0000`));
  ask(apdu("80340000", new Uint8Array(149).fill(3)));
  card.powerOff();
  return seen;
}

/** The token of a tap of one satoshi. */
const tokenOf = (town: Town, card: TestCard) => town.tap(card, town.sale(sat(1)));

describe("a curious terminal", () => {
  it("reads the same from every card of a batch, whatever they have spent", async () => {
    await using town = await openTown(bench);
    const [one, two] = [await town.issue(), await town.issue({ limits: { credit: sat(15_000) } })];
    await town.pay(one, town.sale(sat(500)));
    const first = everythingReadable(one.card, town.sale(sat(1)).hash);
    expect(first.length).toBeGreaterThan(280);
    expect(everythingReadable(one.card, town.sale(sat(1)).hash)).toEqual(first);
    expect(everythingReadable(two.card, town.sale(sat(1)).hash)).toEqual(first);
  });

  it("finds nothing in the sealed parts of two answers that they share, not even for the same request", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const sale = town.sale(sat(1));
    const tokens = [
      await town.tap(card, sale),
      await town.tap(card, sale),
      await tokenOf(town, card),
      await tokenOf(town, await town.issue()),
    ];
    const blocks = tokens.flatMap((token) =>
      Array.from({ length: 9 }, (_, i) => hex(token.subarray(5 + 16 * i, 21 + 16 * i))),
    );
    expect(new Set(blocks).size).toBe(4 * 9);
    expect(new Set(tokens.map((token) => hex(token.subarray(0, 5)))).size).toBe(1);
  });

  it.each<[string, (town: Town) => Promise<readonly [TestCard, TestCard]>, string[]]>([
    [
      "lower limits",
      async (town) => [await town.issue(), await town.issue({ limits: { pinThreshold: 1n } })],
      ["80ca00c1"],
    ],
    [
      "a wrong PIN typed before",
      async (town) => {
        const card = await town.issue();
        await withCard(card.reader, (session) => session.verifyPin("0000")).catch(() => {});
        return [await town.issue(), card];
      },
      ["00200080"],
    ],
    [
      "little money left",
      async (town) => [await town.issue(), await town.issue({ limits: { credit: msat(999n) } })],
      [hex(authorize(1000n, CHALLENGE))],
    ],
    [
      "its budget without PIN used up",
      async (town) => [await town.issue(), await town.issue({ limits: { noPinBudget: 0n } })],
      [hex(authorize(1000n, CHALLENGE))],
    ],
    [
      "another issuer's node",
      async (town) => [
        await town.issue(),
        await town.issue({ nodeUri: `03${"22".repeat(32)}@node.example:1` }),
      ],
      ["80ca5f50"],
    ],
  ])("can tell a card with %s from another: the listed residue", async (_name, make, telling) => {
    await using town = await openTown(bench);
    const cards = await make(town);
    for (const command of telling) {
      const [one, two] = cards.map(({ card }) => {
        card.powerOn();
        card.exchange(SELECT);
        return clearPart(card.exchange(hexToBytes(command)));
      });
      expect(one).not.toBe(two);
    }
  });

  it("can tell chips apart by what GlobalPlatform gives out before any key is shown: the listed residue", () => {
    const initialize = hexToBytes("8050ff000801020304050607080000").subarray(0, 13);
    const [one, two] = [factoryCard(), factoryCard()].map((card) => {
      card.powerOn();
      card.exchange(SELECT);
      return hex(card.exchange(initialize)).slice(0, 20);
    });
    expect(one).not.toBe(two);
  });

  it("cannot tell cards apart by playing old tokens, statuses and updates at them", async () => {
    await using town = await openTown(bench);
    const [one, two] = [await town.issue(), await town.issue()];
    const token = await tokenOf(town, one);
    const updates: Uint8Array[] = [];
    for (let i = 0; i < 3; i++) {
      await fundCard(town.service.store, one.record.cardId, sat(10), "cash", town.service.clock.now);
      const sealed = (await town.pay(one, town.sale(sat(1)))).cardUpdate as Uint8Array;
      updates.push(sealed);
    }
    await town.update(one, updates[1] as Uint8Array);
    const before = [insideCard(one), insideCard(two)];
    const retyped = (message: Uint8Array) => Uint8Array.of(3, ...message.subarray(1));
    const flipped = (message: Uint8Array, at: number) =>
      message.map((byte, i) => (i === at ? byte ^ 1 : byte));
    const [old, current] = updates as [Uint8Array, Uint8Array];
    const otherKeySet = flipped(old, 4);
    const played = [old, current, token, retyped(token), otherKeySet];
    for (const at of [5, 21, 40, 85, 148]) played.push(flipped(old, at), flipped(current, at));
    const answers = [one, two].map(({ card }) => {
      card.powerOn();
      card.exchange(SELECT);
      return played.map((message) => hex(card.exchange(apdu("80340000", message))));
    });
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.slice(0, 5)).toEqual(["9000", "9000", "6a80", "9c06", "6a88"]);
    expect([insideCard(one), insideCard(two)]).toEqual(before);
    // What remains is time: an update that takes effect writes memory, one that does not writes none.
    const fresh = updates[2] as Uint8Array;
    const writes = [two, one].map(({ card }) => {
      card.powerOn();
      card.exchange(SELECT);
      expect(hex(card.exchange(apdu("80340000", fresh)))).toBe("9000");
      return card.writes;
    });
    expect(writes[0]).toBe(0);
    expect(writes[1]).toBeGreaterThan(0);
  });

  it("learns no balance above the amount that needs the PIN", async () => {
    await using town = await openTown(bench);
    const cards = [await town.issue({ limits: { credit: sat(5001) } }), await town.issue()];
    for (let amount = 5_000_001n; amount <= 10_000_000n; amount += 99_999n) {
      const answers = cards.map(({ card }) => {
        card.powerOn();
        card.exchange(SELECT);
        return hex(card.exchange(authorize(amount, CHALLENGE)));
      });
      expect(answers).toEqual(["6982", "6982"]);
    }
    expect(cards.map((card) => insideCard(card).counter)).toEqual([0, 0]);
  });

  it("searches the balance of a card without a PIN limit, downwards for nothing, exactly by taking all of it", async () => {
    await using town = await openTown(bench);
    const card = await town.issue({ limits: { ...WITHOUT_PIN_LIMITS, credit: sat(700) } });
    const { card: chip } = card;
    chip.powerOn();
    chip.exchange(SELECT);
    // Bisection: every answer "enough" is an authorization that spends.
    let [above, probes] = [1_048_576_000n, 0];
    let found = 0n;
    while (above > 1n) {
      above /= 2n;
      const hash = new Uint8Array(32).fill(++probes);
      const answer = chip.exchange(authorize(above, hash));
      if (answer.length === 2) expect(hex(answer)).toBe("9c02");
      else found += above;
    }
    expect(found).toBeGreaterThan(sat(700) - 31n);
    expect(insideCard(card)).toMatchObject({ authorized: found });
  });

  it.each<["before-command" | "after-command" | number]>([
    ["before-command"],
    [1],
    [2],
    [3],
    ["after-command"],
  ])(
    "guesses a PIN with the power cut at %s: three guesses in all, however often it is tried",
    async (point) => {
      await using town = await openTown(bench);
      const { card } = await town.issue();
      const guess = (pin: string) => {
        card.powerOn();
        card.exchange(SELECT);
        card.tearAt(typeof point === "number" ? { write: point } : point);
        const block = hexToBytes(`26${pin}ffffffff`);
        try {
          return hex(card.exchange(apdu("00200080", block)));
        } catch {
          return "torn";
        } finally {
          card.tearAt(undefined);
        }
      };
      const triesLeft = () => {
        card.powerOn();
        card.exchange(SELECT);
        const answer = hex(card.exchange(hexToBytes("00200080")));
        return answer === "6983" ? 0 : Number.parseInt(answer.slice(3), 16);
      };
      let compared = 0;
      for (let i = 0; i < 60; i++) {
        const before = triesLeft();
        const answer = guess(`1000${i.toString().padStart(2, "0")}`);
        const after = triesLeft();
        expect(after).toBeLessThanOrEqual(before);
        // An answer about the PIN has cost a try.
        if (answer.startsWith("63c")) expect(after).toBe(before - 1);
        compared += before - after;
      }
      expect(compared).toBeLessThanOrEqual(3);
      const never = point === "before-command" || point === 1;
      expect(compared).toBe(never ? 0 : 3);
      // Where no try went, the card has not compared: even the right PIN gives nothing away.
      expect(guess(PIN)).toBe(never ? "torn" : point === "after-command" ? "torn" : "6983");
      expect(triesLeft()).toBe(never ? 3 : 0);
      card.powerOn();
      card.exchange(SELECT);
      const wanted = never ? SW.SECURITY_NOT_SATISFIED : SW.PIN_BLOCKED;
      expect(hex(card.exchange(authorize(sat(6000), CHALLENGE)))).toBe(wanted.toString(16));
    },
  );
});
