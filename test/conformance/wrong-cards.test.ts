import { describe, expect, test } from "vitest";
import { SW } from "../../apdu/status-words.js";
import {
  CannotProvision,
  type CardUnderTest,
  type ConformanceTarget,
  conformanceCases,
  runConformance,
} from "../../host/conformance/index.js";
import { simulatedTarget } from "./simulated-target.js";

const right = simulatedTarget("right card");

/** A card whose answers are changed on their way. */
function answering(
  change: (command: Uint8Array, response: Uint8Array, earlier: readonly Uint8Array[]) => Uint8Array,
): ConformanceTarget {
  return {
    ...right,
    async provision(wanted) {
      const card = await right.provision(wanted);
      const earlier: Uint8Array[] = [];
      return {
        ...card,
        transport: {
          async transmit(command) {
            const response = change(command, await card.transport.transmit(command), earlier);
            earlier.push(response);
            return response;
          },
        },
      } satisfies CardUnderTest;
    },
  };
}

/** A card that sees other commands than it is sent. */
const seeing = (change: (command: Uint8Array) => Uint8Array): ConformanceTarget => ({
  ...right,
  async provision(wanted) {
    const card = await right.provision(wanted);
    return { ...card, transport: { transmit: (command) => card.transport.transmit(change(command)) } };
  },
});

const swOf = (response: Uint8Array): number => ((response.at(-2) ?? 0) << 8) | (response.at(-1) ?? 0);
const withSw = (sw: number): Uint8Array => Uint8Array.of(sw >> 8, sw & 0xff);
const replacing = (from: number, to: number, ins?: number) =>
  answering((command, response) =>
    swOf(response) === from && (ins === undefined || command[1] === ins) ? withSw(to) : response,
  );
const flipped = (response: Uint8Array, at: number): Uint8Array => {
  const out = Uint8Array.from(response);
  out[at] = (out[at] ?? 0) ^ 1;
  return out;
};

/** What is wrong, the card, and cases that must notice it. */
const WRONG: readonly (readonly [string, ConformanceTarget, readonly string[]])[] = [
  [
    "max per transaction one too low",
    simulatedTarget("", {}, (wanted) => ({
      ...wanted,
      limits: { ...wanted.limits, maxPerTransaction: wanted.limits.maxPerTransaction - 1n },
      publish: 0,
    })),
    ["authorize/max-per-transaction"],
  ],
  [
    "max per transaction one too high",
    simulatedTarget("", {}, (wanted) => ({
      ...wanted,
      limits: {
        ...wanted.limits,
        maxPerTransaction: BigInt.asUintN(64, wanted.limits.maxPerTransaction + 1n),
      },
    })),
    ["authorize/max-per-transaction", "authorize/max-per-transaction-zero"],
  ],
  [
    "PIN threshold one too high",
    simulatedTarget("", {}, (wanted) => ({
      ...wanted,
      limits: { ...wanted.limits, pinThreshold: BigInt.asUintN(64, wanted.limits.pinThreshold + 1n) },
    })),
    ["authorize/pin-threshold", "authorize/pin-threshold-zero"],
  ],
  [
    "no-PIN budget one too high",
    simulatedTarget("", {}, (wanted) => ({
      ...wanted,
      limits: { ...wanted.limits, noPinBudget: BigInt.asUintN(64, wanted.limits.noPinBudget + 1n) },
    })),
    ["authorize/no-pin-budget", "authorize/budget-zero"],
  ],
  [
    "another seal key",
    simulatedTarget("", {}, (wanted) => ({ ...wanted, sealKey: new Uint8Array(16) })),
    ["authorize/first-taps", "identify/verification"],
  ],
  [
    "another card id",
    simulatedTarget("", {}, (wanted) => ({ ...wanted, cardId: new Uint8Array(8) })),
    ["authorize/first-taps", "identify/verification"],
  ],
  [
    "broken random number generator",
    simulatedTarget("", { entropy: (length) => new Uint8Array(length).fill(7) }),
    ["sealed/fresh-iv", "certificate/fresh-iv"],
  ],
  [
    "another certificate",
    simulatedTarget("", {}, ({ certificate, ...wanted }) => ({
      ...wanted,
      ...(certificate instanceof Uint8Array ? { certificate: flipped(certificate, 127) } : {}),
    })),
    ["certificate/read", "certificate/zeros", "certificate/ones"],
  ],
  [
    "no certificate",
    simulatedTarget("", {}, ({ certificate: _, ...wanted }) => wanted),
    ["certificate/read", "certificate/pin", "certificate/blocked", "certificate/update"],
  ],
  [
    "a certificate where it has none",
    simulatedTarget("", {}, (wanted) => ({ certificate: new Uint8Array(128), ...wanted })),
    ["certificate/none", "certificate/blocked-without"],
  ],
  [
    "a certificate without its tag",
    answering((command, response) => (command[3] === 0xc2 ? response.subarray(3) : response)),
    ["certificate/read"],
  ],
  [
    "6A88 for the certificate of a blocked card",
    answering((command, response) =>
      command[3] === 0xc2 && swOf(response) === SW.BLOCKED ? withSw(SW.REFERENCE_NOT_FOUND) : response,
    ),
    ["certificate/blocked", "certificate/blocked-without"],
  ],
  [
    "6A88 for the certificate of a blank card",
    answering((command, response) =>
      command[3] === 0xc2 && swOf(response) === SW.CONDITIONS_NOT_SATISFIED
        ? withSw(SW.REFERENCE_NOT_FOUND)
        : response,
    ),
    ["certificate/blank"],
  ],
  [
    "a signature with a wrong bit",
    answering((_, response) => (response.length === 151 ? flipped(response, 140) : response)),
    ["authorize/first-taps", "sealed/fresh-nonce"],
  ],
  ["9C06 hidden", replacing(SW.BAD_ISSUER_SIGNATURE, SW.OK), ["update/refused"]],
  ["6982 for a missing PIN", replacing(SW.NO_PIN, SW.SECURITY_NOT_SATISFIED), ["pin/none"]],
  ["63C0 in place of 6983", replacing(SW.PIN_BLOCKED, SW.PIN_WRONG), ["pin/used-up"]],
  ["6986 for wrong P1 P2", replacing(SW.WRONG_P1P2, 0x6986), ["dispatch/parameters"]],
  ["6985 when blocked", replacing(SW.BLOCKED, SW.CONDITIONS_NOT_SATISFIED), ["update/blocked"]],
  [
    "6A80 for wrong lengths",
    replacing(SW.WRONG_LENGTH, SW.WRONG_DATA),
    ["dispatch/parameters", "dispatch/malformed"],
  ],
  [
    "a value where GET DATA asks for an object",
    answering((command, response) =>
      command[1] === 0xca && response[0] === 0xc1 ? response.subarray(2) : response,
    ),
    ["get-data/objects"],
  ],
  [
    "an old answer sent again for a repeat",
    answering((command, response, earlier) =>
      command[1] === 0x30 && response.length === 151
        ? (earlier.find((one) => one.length === 151) ?? response)
        : response,
    ),
    ["sealed/fresh-iv", "authorize/first-taps"],
  ],
  [
    "the PIN query costs a try",
    seeing((command) =>
      command.length === 4 && command[1] === 0x20
        ? Uint8Array.of(0, 0x20, 0, 0x80, 8, 0x24, 0x99, 0x99, 0xff, 0xff, 0xff, 0xff, 0xff)
        : command,
    ),
    ["pin/tries", "pin/malformed"],
  ],
  [
    "amounts cut to four bytes",
    seeing((command) =>
      command[1] === 0x30 && command.length === 46
        ? Uint8Array.from(command, (byte, at) => (at >= 5 && at < 9 ? 0 : byte))
        : command,
    ),
    ["authorize/amounts"],
  ],
];

const cases = conformanceCases();

describe("the suite notices cards that are wrong on purpose", () => {
  test.each(WRONG)("%s", async (_, target, ids) => {
    const { results } = await runConformance(target, { cases: cases.filter(({ id }) => ids.includes(id)) });
    expect(results.map(({ id, outcome }) => [id, outcome])).toEqual(
      cases.filter(({ id }) => ids.includes(id)).map(({ id }) => [id, "failed"]),
    );
    for (const { detail, expected, found } of results)
      expect([detail, expected, found]).not.toContain(undefined);
  });

  test("every case id stands once", () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  });

  test("a card that cannot be provisioned is skipped, one that breaks off has failed", async () => {
    const [first] = cases;
    if (!first) throw new Error("no cases");
    const torn = await runConformance(
      answering(() => {
        throw new Error("gone");
      }),
      { cases: [first] },
    );
    expect(torn).toMatchObject({ passed: 0, failed: 1, skipped: 0 });
    expect(torn.results[0]?.found).toBe("gone");
    const unable: ConformanceTarget = {
      ...right,
      provision: () => Promise.reject(new CannotProvision("this card is personalized for good")),
    };
    const skipped = await runConformance(unable, { cases: [first] });
    expect(skipped).toMatchObject({ passed: 0, failed: 0, skipped: 1 });
    expect(skipped.results[0]?.detail).toBe("this card is personalized for good");
  });
});
