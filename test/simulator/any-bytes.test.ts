import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeCard, type SimulatedCard } from "../../simulator/index.js";
import {
  apdu,
  authorizeApdu,
  bytes,
  hash,
  hex,
  SELECT,
  send,
  tappedCard,
  verifyApdu,
  WRONG_PIN_BLOCK,
} from "./fixture.js";
import { sealedUpdate, update } from "./issuer.js";

const RUNS = { numRuns: 400, seed: 819 };

/** Right commands, to be bent. */
const COMMANDS = [
  SELECT,
  bytes("80ca00c100"),
  bytes("80ca5f5000"),
  verifyApdu(),
  verifyApdu(WRONG_PIN_BLOCK),
  apdu("00240080", bytes("241234ffffffffff241234ffffffffff")),
  authorizeApdu(5_000n, hash("invoice")),
  authorizeApdu(15_000n, hash("invoice")),
  apdu("80320000", hash("challenge")),
  apdu("80340000", sealedUpdate({ flags: 2 })),
  apdu("80500000", new Uint8Array(8)),
  apdu("84820100", new Uint8Array(16)),
  apdu("84468000", new Uint8Array(24)),
  apdu("84e28800", new Uint8Array(24)),
  apdu("84e40000", new Uint8Array(8)),
  bytes("00c0000000"),
];

const header = fc.tuple(
  fc.constantFrom(0x00, 0x80, 0x84, 0x04, 0xff),
  fc.constantFrom(0x20, 0x24, 0x30, 0x32, 0x34, 0x46, 0x50, 0x82, 0xa4, 0xc0, 0xca, 0xe2, 0xe4, 0x70),
  fc.constantFrom(0x00, 0x04, 0x5f, 0x80),
  fc.constantFrom(0x00, 0x50, 0x80, 0xc1, 0x88),
);

const anyCommand = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .tuple(header, fc.uint8Array({ maxLength: 255 }), fc.boolean())
    .map(([head, data, le]) => Uint8Array.of(...apdu(hex(Uint8Array.from(head)), data), ...(le ? [0] : []))),
  fc
    .tuple(fc.constantFrom(...COMMANDS), fc.nat(300), fc.nat(255))
    .map(([command, at, value]) => command.with(at % command.length, value)),
  fc.tuple(fc.constantFrom(...COMMANDS), fc.nat(300)).map(([command, length]) => command.slice(0, length)),
  fc.constantFrom(...COMMANDS),
);

const CARDS: Readonly<Record<string, () => SimulatedCard>> = {
  personalized: tappedCard,
  "personalized, T=0": () => tappedCard({}, { protocol: "T=0" }),
  blocked() {
    const card = tappedCard();
    update(card, { flags: 1 });
    return card;
  },
  blank() {
    const card = makeCard();
    card.powerOn();
    send(card, SELECT);
    return card;
  },
};

/** All cells but the PIN, whose tries a wrong PIN takes whatever it is answered. */
function withoutTries(card: SimulatedCard): string {
  const { cells, journal } = card.image();
  const { "card-application/pin": _, ...rest } = cells;
  return JSON.stringify([Object.entries(rest).map(([name, content]) => [name, hex(content)]), journal]);
}

const tries = (card: SimulatedCard): number => card.image().cells["card-application/pin"]?.[0] ?? 0;

describe.each(Object.entries(CARDS))("a %s card", (_, make) => {
  it("answers any bytes with a status word, and changes nothing unless it is a good one", () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { minLength: 1, maxLength: 12 }), (commands) => {
        const card = make();
        for (const command of commands) {
          const before = withoutTries(card);
          const triesBefore = tries(card);
          const response = card.exchange(command);
          expect(response.length).toBeGreaterThanOrEqual(2);
          expect(response.length).toBeLessThanOrEqual(258);
          const sw = hex(response.subarray(-2));
          expect(sw).toMatch(/^(9000|61..|6c..|63c[0-3]|6700|698[2-5]|6a8[0268]|6d00|6e00|9c0[12346])$/);
          if (sw !== "9000" && !sw.startsWith("61")) {
            expect(withoutTries(card)).toBe(before);
            expect(tries(card)).toBeLessThanOrEqual(triesBefore);
          }
        }
      }),
      RUNS,
    );
  });
});
