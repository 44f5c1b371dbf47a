import fc from "fast-check";
import type { Order } from "../card/sealed.js";

/** Power fails here in the step's command, and perhaps again in the roll-back. */
export interface StepTear {
  readonly point: "before-command" | "after-command" | { readonly write: number };
  /** Writes of the roll-back at which it is torn, one power-up after the other. */
  readonly rollBack: readonly number[];
  /** Whether the host selects the application before it goes on. */
  readonly reselect: boolean;
}

/** Amount relative to something that the card's answer depends on. */
export interface Amount {
  readonly near: "one" | "sixty" | "max-per-transaction" | "pin-threshold" | "budget" | "available" | "most";
  readonly offset: number;
}

export interface UpdateStep {
  readonly kind: "update";
  /** To the card's sequence. */
  readonly sequence: number;
  readonly flags: number;
  readonly credit: number;
  readonly maxPerTransaction: bigint;
  readonly pinThreshold: bigint;
  readonly noPinBudget: bigint;
  readonly maxTransactions: number;
  readonly wrong: "nothing" | "signer" | "card-id" | "point" | "key-set" | "seal-key" | "type" | "credit";
  readonly reserved: number;
  readonly highS: boolean;
}

export interface MakeStep {
  readonly kind: "make";
  readonly credit: bigint;
  readonly maxPerTransaction: bigint;
  readonly pinThreshold: bigint;
  readonly noPinBudget: bigint;
  readonly maxTransactions: number;
  readonly publish: number;
  readonly withPin: boolean;
  readonly withCertificate: boolean;
}

/** INITIALIZE UPDATE and EXTERNAL AUTHENTICATE. */
export interface OpenStep {
  readonly kind: "open-channel";
  readonly version: number;
  readonly wrong: boolean;
  /** Nothing is done where the host has a channel. */
  readonly onlyIfNone?: true;
  /** The tear falls on EXTERNAL AUTHENTICATE: without a word, where it is wrong. */
  readonly isLate?: boolean;
}

export type Step = { readonly tear?: StepTear | undefined } & (
  | { readonly kind: "authorize"; readonly amount: Amount; readonly invoice: number }
  | { readonly kind: "verify"; readonly block: "right" | "wrong" | "malformed" | "none" }
  | {
      readonly kind: "change-pin";
      readonly old: "right" | "wrong" | "malformed";
      readonly next: number | "malformed";
    }
  | { readonly kind: "identify"; readonly challenge: number }
  | { readonly kind: "get-data"; readonly tag: number }
  | { readonly kind: "select"; readonly what: number }
  | UpdateStep
  /** An update that was sent before, or any command that was. */
  | { readonly kind: "replay-update"; readonly which: number }
  | { readonly kind: "replay"; readonly back: number }
  /** An earlier command with one byte changed. */
  | { readonly kind: "bend"; readonly back: number; readonly at: number; readonly mask: number }
  | { readonly kind: "raw"; readonly bytes: Uint8Array }
  | { readonly kind: "power" }
  /** The other terminal takes the card: power, SELECT, and its own half of a channel, which is stale. */
  | { readonly kind: "hand-over" }
  | OpenStep
  /** An update with these fields, for this card unless they say otherwise. */
  | { readonly kind: "order"; readonly fields: Partial<Order> }
  /** @param replace version of the keys that make room; 0: none */
  | { readonly kind: "put-key"; readonly replace: number }
  | { readonly kind: "generate-key-pair" }
  | {
      readonly kind: "store-data";
      readonly block: number;
      readonly last: boolean;
      readonly groups: number;
    }
  | { readonly kind: "reset" }
  | MakeStep
);

const limit = (...values: bigint[]) => fc.constantFrom(...values, 2n ** 64n - 1n);

const amount: fc.Arbitrary<Amount> = fc.record({
  near: fc.constantFrom(
    ...([
      "one",
      "sixty",
      "sixty",
      "max-per-transaction",
      "pin-threshold",
      "budget",
      "available",
      "most",
    ] as const),
  ),
  offset: fc.constantFrom(-1, 0, 0, 0, 0, 1, 3),
});

const limits = {
  maxPerTransaction: limit(400n, 400n, 50n, 0n),
  pinThreshold: limit(100n, 100n, 0n),
  noPinBudget: limit(250n, 250n, 0n),
  maxTransactions: fc.constantFrom(40, 40, 2, 0, 0xffffffff),
};

const tear: fc.Arbitrary<StepTear | undefined> = fc.option(
  fc.record({
    point: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.integer({ min: 1, max: 26 }).map((write) => ({ write: 1 + ((write - 1) % 13) })),
      },
      { weight: 1, arbitrary: fc.constantFrom("before-command" as const, "after-command" as const) },
    ),
    rollBack: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 2 }),
    reselect: fc.constantFrom(true, true, true, true, false),
  }),
  { nil: undefined, freq: 7 },
);

const HEADERS = (
  "00200080 00240080 80300000 80320000 80340000 80ca00c1 80ca5f50 80503000 84820300 84468000" +
  " 84e20800 84e28800 84e40000 00a40400 00a4040c 80d80081 80f28002 80ca9f7f 80ca00c2"
)
  .split(" ")
  .map((header) => Buffer.from(header, "hex"));

/** A header that is known or nearly so, and data of a length that is known or nearly so; Le 00 or none. */
const raw = fc
  .record({
    header: fc.constantFrom(...HEADERS),
    bend: fc.option(fc.tuple(fc.nat(3), fc.nat(255)), { freq: 3 }),
    length: fc.oneof(fc.constantFrom(0, 0, 7, 8, 16, 32, 40, 149, 255), fc.nat(160)),
    fill: fc.nat(255),
    lengthIs: fc.constantFrom("right", "right", "right", "right", "wrong", "zero"),
    le: fc.boolean(),
  })
  .map(({ header, bend, length, fill, lengthIs, le }): Step => {
    const head = Uint8Array.from(header);
    if (bend) head[bend[0]] = bend[1];
    if (length === 0) return { kind: "raw", bytes: le ? Uint8Array.of(...head, 0) : head };
    const stated = lengthIs === "right" ? length : lengthIs === "zero" ? 0 : length - 2;
    const data = new Uint8Array(length).fill(fill);
    return { kind: "raw", bytes: Uint8Array.of(...head, stated & 0xff, ...data, ...(le ? [0] : [])) };
  });

/** Steps of one kind, and how often they come. */
const of = <K extends Step["kind"], T extends object>(
  kind: K,
  weight: number,
  fields: { [F in keyof T]: fc.Arbitrary<T[F]> } = {} as never,
) => ({ weight, arbitrary: fc.record(fields).map((values) => ({ kind, ...values })) });
/** One of these that come more often than the others, by how often. */
const mostly = <T>(value: T, times: number, ...others: readonly T[]) =>
  fc.constantFrom(...Array<T>(times).fill(value), ...others);
const WRONG = ["signer", "card-id", "point", "key-set", "seal-key", "type", "credit"] as const;

const kinds = fc.oneof(
  of("authorize", 30, { amount, invoice: fc.nat(6) }),
  of("verify", 16, {
    block: mostly<"right" | "wrong" | "malformed" | "none">("right", 3, "wrong", "malformed", "none"),
  }),
  of("change-pin", 4, {
    old: mostly<"right" | "wrong" | "malformed">("right", 2, "wrong", "malformed"),
    next: fc.oneof(fc.nat(3), fc.constant("malformed" as const)),
  }),
  of("identify", 3, { challenge: fc.nat(3) }),
  of("get-data", 6, { tag: fc.constantFrom(0x00c1, 0x5f50, 0x9f7f, 0, 0x00c2) }),
  of("select", 10, { what: fc.nat(12) }),
  of("update", 12, {
    sequence: mostly(1, 4, 0, -1, 5, 0x1000000),
    flags: fc.constantFrom(0, 0, 0, 1, 2, 2, 3, 4, 4, 6, 7, 8, 255),
    credit: fc.constantFrom(0, 0, 1, 200, 500, -1),
    ...limits,
    wrong: mostly<UpdateStep["wrong"]>("nothing", 6, ...WRONG),
    reserved: fc.constantFrom(0, 0, 255),
    highS: fc.boolean(),
  }),
  of("replay-update", 4, { which: fc.nat(1000) }),
  of("replay", 6, { back: fc.nat(12) }),
  of("bend", 6, { back: fc.nat(6), at: fc.nat(200), mask: fc.integer({ min: 1, max: 255 }) }),
  { weight: 8, arbitrary: raw },
  of("power", 2),
  of("hand-over", 4),
  of("open-channel", 2, { version: mostly(0x30, 4, 0, 0x31), wrong: mostly(false, 4, true) }),
  of("generate-key-pair", 1),
  of("store-data", 2, { block: fc.nat(2), last: fc.boolean(), groups: fc.nat(255) }),
  of("reset", 1),
  of("make", 2, {
    credit: fc.constantFrom(1_000n, 1_000n, 0n, 100n, 2_100_000_000_000_000_000n),
    ...limits,
    publish: fc.constantFrom(0, 2, 12, 14),
    withPin: mostly(true, 2, false),
    withCertificate: fc.boolean(),
  }),
);

/** One step of a sequence. */
export const anyStep: fc.Arbitrary<Step> = fc
  .tuple(kinds, tear)
  .map(([step, torn]) => (torn ? ({ ...step, tear: torn } as Step) : step));
