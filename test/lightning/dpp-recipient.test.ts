import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToHex, type Msat, msat, sat } from "../../common/index.js";
import {
  DeputyError,
  DeputyRecipient,
  decideDeputyHtlc,
  deputyKeys,
  deputyPreimage,
  encodeMetadata,
  type HeldPayments,
  type HtlcAction,
  MAX_HELD_PAYMENTS,
  MAX_PARTS,
  type ModernProof,
  PaidFile,
  type PaidHashes,
  REFUSALS,
  recomputeModern,
} from "../../lightning/dpp/index.js";
import { newFolder } from "../../testing/hooks.js";
import { PaidInMemory } from "./dpp-memory.js";
import { KEY_ID, MASTER, PROFILE, TIME } from "./dpp-terminal.js";

const KEYS = deputyKeys(MASTER, [KEY_ID]);

function bill(number: number, amount = sat(100)) {
  const nonce = new Uint8Array(16).fill(number);
  const metadata = encodeMetadata({ keyId: KEY_ID, nonce, amount, expiresAt: TIME + 600 });
  const preimage = deputyPreimage(PROFILE.terminalKey, metadata);
  return { metadata, preimage, paymentHash: sha256(preimage), amount };
}

const recipient = (paid: PaidHashes | undefined, now: () => number = () => TIME) =>
  new DeputyRecipient<ModernProof>({ recompute: recomputeModern(KEYS), now, ...(paid && { paid }) });

describe("a payment that the node has collected", () => {
  const { metadata, preimage, paymentHash, amount } = bill(1);
  const payment = { paymentHash, received: amount, proof: { metadata } };

  it("is claimed with the preimage, or failed", () => {
    const deputy = recipient(new PaidInMemory());
    expect(deputy.decide({ ...payment, received: msat(99_999n) })).toMatchObject({ reason: "underpaid" });
    expect(deputy.decide({ ...payment, now: TIME + 600 })).toMatchObject({ reason: "expired" });
    expect(deputy.preimageFor({ ...payment, proof: { metadata: undefined } })).toBeUndefined();
    expect(deputy.preimageFor(payment)).toEqual(preimage);
    expect(deputy.held.size).toBe(0);
  });

  it("is claimed once for all, by any process", () => {
    const deputy = recipient(new PaidInMemory());
    expect(deputy.decide(payment)).toMatchObject({ action: "claim" });
    expect(deputy.decide(payment)).toMatchObject({ reason: "already-paid" });
    expect(deputy.decide({ ...payment, id: "" })).toMatchObject({ reason: "already-paid" });
  });

  it("is claimed again when the node asks again about the same one", () => {
    const deputy = recipient(new PaidInMemory());
    expect(deputy.decide({ ...payment, id: "first" })).toMatchObject({ action: "claim", again: false });
    expect(deputy.decide({ ...payment, id: "first" })).toMatchObject({
      action: "claim",
      again: true,
      preimage,
    });
    expect(deputy.decide({ ...payment, id: "second" })).toMatchObject({ reason: "already-paid" });
  });

  it("is left to the node's own record where there is none here", () => {
    const deputy = recipient(undefined);
    expect(deputy.preimageFor(payment)).toEqual(preimage);
    expect(deputy.preimageFor(payment)).toEqual(preimage);
  });

  it("is not claimed when the record cannot be written", () => {
    const folder = newFolder();
    const paid = new PaidFile(join(folder, "paid.sqlite"));
    const deputy = recipient(paid);
    expect(deputy.decide(payment)).toMatchObject({ action: "claim" });
    paid.end();
    expect(() => deputy.decide(payment)).toThrow(DeputyError);
  });

  it("is on record over a restart", () => {
    const folder = newFolder();
    const path = join(folder, "paid.sqlite");
    const paid = new PaidFile(path);
    recipient(paid).decide({ ...payment, id: "a" });
    paid.end();
    const again = new PaidFile(path);
    const deputy = recipient(again);
    expect(deputy.decide({ ...payment, id: "a" })).toMatchObject({ action: "claim", preimage });
    expect(deputy.decide({ ...payment, id: "b" })).toMatchObject({ reason: "already-paid" });
    again.end();
  });
});

describe("what is held", () => {
  const part = (b: ReturnType<typeof bill>, id: string, amount: Msat, total = b.amount) => ({
    htlc: { id, paymentHash: b.paymentHash, amount, total, blocksLeft: 40 },
    terms: { preimage: b.preimage, amount: b.amount, expiresAt: TIME + 600 },
  });
  const step = (held: HeldPayments, p: ReturnType<typeof part>) =>
    decideDeputyHtlc(held, { type: "htlc", ...p, paid: undefined, allowAmountless: false, now: TIME });

  it("is bounded in parts", () => {
    let held: HeldPayments = new Map();
    for (let i = 0; i < MAX_PARTS; i++) held = step(held, part(bill(1), `${i}`, msat(1n))).held;
    const { actions, held: after } = step(held, part(bill(1), "one more", msat(1n)));
    expect(actions).toMatchObject([{ action: "fail", reason: "too-many-parts" }]);
    expect(actions[0]?.htlcs).toHaveLength(MAX_PARTS + 1);
    expect(after.size).toBe(0);
  });

  it("is bounded in payments, of which one more is failed alone", () => {
    const held = new Map(
      Array.from({ length: MAX_HELD_PAYMENTS }, (_, i) => [
        `${i}`,
        {
          paymentHash: new Uint8Array(32),
          terms: { preimage: new Uint8Array(32), amount: sat(1), expiresAt: undefined },
          total: sat(1),
          promised: true,
          parts: new Map(),
          since: TIME,
        },
      ]),
    );
    const { actions, held: after } = step(held, part(bill(1), "a", msat(1n)));
    expect(actions).toMatchObject([{ action: "fail", reason: "too-many-parts", htlcs: ["a"] }]);
    expect(after.size).toBe(MAX_HELD_PAYMENTS);
  });

  it("does not count parts that the node does not hold any more", () => {
    const one = bill(1, sat(100));
    const taking = recipient(new PaidInMemory());
    const give = (id: string) => taking.receive(part(one, id, sat(50)).htlc, { metadata: one.metadata });
    expect(give("a")).toEqual([]);
    taking.forgetHeld(bill(2).paymentHash);
    expect(taking.held.size).toBe(1);
    taking.forgetHeld(one.paymentHash);
    expect(give("b")).toEqual([]);
    taking.forgetHeld();
    expect(give("c")).toEqual([]);
    expect(give("d")).toMatchObject([{ action: "claim", htlcs: ["c", "d"] }]);
  });

  it("is never changed in place", () => {
    const held: HeldPayments = new Map();
    step(held, part(bill(1), "a", msat(1n)));
    expect(held.size).toBe(0);
  });

  it("amounts beyond all bitcoin are refused, not added up", () => {
    const huge = bill(1, msat(2_100_000_000_000_000_000n));
    const { held } = step(new Map(), part(huge, "a", msat(2_000_000_000_000_000_000n)));
    const { actions } = step(held, part(huge, "b", msat(2_100_000_000_000_000_000n)));
    expect(actions).toMatchObject([{ action: "fail", reason: "overpaid", htlcs: ["a", "b"] }]);
  });
});

describe("what a stranger can send", () => {
  const deputy = recipient(new PaidInMemory());
  const decide = (paymentHash: Uint8Array, metadata: Uint8Array) =>
    deputy.decide({ paymentHash, received: sat(100), proof: { metadata } });

  it("any bytes as metadata: failed", () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ minLength: 33, maxLength: 33 }).map((bytes) => bytes.with(0, 1)),
      fc.uint8Array({ minLength: 28, maxLength: 28 }).map((rest) => Uint8Array.of(1, ...KEY_ID, ...rest)),
    );
    fc.assert(
      fc.property(hash, bytes, (hash, bytes) => {
        expect(decide(hash, bytes)).toMatchObject({ action: "fail" });
      }),
      { seed: 72, numRuns: 300 },
    );
    expect(decide(new Uint8Array(32), new Uint8Array(65_536))).toMatchObject({
      reason: "malformed-metadata",
    });
  });

  it("any change to one bit of true metadata: failed", () => {
    const { metadata, paymentHash } = bill(1);
    for (let bit = 0; bit < 8 * metadata.length; bit++) {
      const changed = metadata.with(bit >> 3, (metadata[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      expect(decide(paymentHash, changed)).toMatchObject({ action: "fail" });
    }
    expect(decide(paymentHash, metadata)).toMatchObject({ action: "claim" });
  });
});

describe("every reason", () => {
  it("has a sentence for the log, and a place in the specification", () => {
    const spec = readFileSync(resolve(import.meta.dirname, "../../specs/07-dpp.md"), "utf8");
    for (const [reason, sentence] of Object.entries(REFUSALS)) {
      expect(sentence.length).toBeGreaterThan(15);
      expect(spec).toContain(`\`${reason}\``);
    }
  });
});

/** What became of an HTLC, as the node sees it. */
type Fate = "told" | "claimed" | "failed";

describe("any sequence of HTLCs, restarts and clock changes", () => {
  const event = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("htlc" as const),
        bill: fc.nat({ max: 2 }),
        amount: fc.constantFrom(1n, 40_000n, 50_000n, 60_000n, 100_000n, 150_000n, 250_000n),
        total: fc.constantFrom(99_999n, 100_000n, 100_000n, 100_000n, 150_000n, 200_000n, 200_001n),
        spoil: fc.boolean().map((bad) => (bad ? 0 : undefined)),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("wait" as const),
        seconds: fc.integer({ min: -100, max: 100 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("restart" as const, "forget" as const) }) },
  );

  it("claims each invoice once, for enough, all parts or none, and leaves nothing held", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let now = TIME;
        const paid = new PaidInMemory();
        let deputy = recipient(paid, () => now);
        const bills = [bill(1), bill(2), bill(3)];
        const htlcs = new Map<
          string,
          { bill: number; amount: bigint; total: bigint; bad: boolean; fate: Fate }
        >();

        const carryOut = (actions: readonly HtlcAction[]) => {
          for (const action of actions)
            for (const id of action.htlcs) {
              const htlc = htlcs.get(id);
              if (!htlc) throw new Error("an HTLC that was not reported");
              const fate: Fate = action.action === "claim" ? "claimed" : "failed";
              if (htlc.fate !== "told") expect(fate).toBe(htlc.fate);
              htlc.fate = fate;
              if (action.action === "claim")
                expect(bytesToHex(sha256(action.preimage))).toBe(bytesToHex(action.paymentHash));
            }
        };
        const tell = (id: string) => {
          const htlc = htlcs.get(id);
          const from = bills[htlc?.bill ?? 0];
          if (!htlc || !from) return;
          const metadata = htlc.bad ? from.metadata.with(7, 99) : from.metadata;
          const { paymentHash } = from;
          carryOut(
            deputy.receive(
              { id, paymentHash, amount: msat(htlc.amount), total: msat(htlc.total), blocksLeft: 40 },
              { metadata },
            ),
          );
        };

        for (const [i, e] of events.entries()) {
          if (e.do === "htlc") {
            htlcs.set(`${i}`, {
              bill: e.bill,
              amount: e.amount,
              total: e.total,
              bad: e.spoil === 0,
              fate: "told",
            });
            tell(`${i}`);
          } else if (e.do === "wait") {
            now += e.seconds;
            carryOut(deputy.tick());
          } else {
            // The node tells again of what it holds; after "forget" also of what it had been told to claim.
            deputy = recipient(paid, () => now);
            for (const [id, { fate }] of htlcs)
              if (fate === "told" || (e.do === "forget" && fate === "claimed")) tell(id);
          }
        }
        now += 1000;
        carryOut(deputy.tick());
        expect(deputy.held.size).toBe(0);

        for (const [index, { amount }] of bills.entries()) {
          const claimed = [...htlcs.values()].filter(
            (htlc) => htlc.bill === index && htlc.fate === "claimed",
          );
          const sum = claimed.reduce((total, htlc) => total + htlc.amount, 0n);
          expect(claimed.length === 0 || (sum >= amount && sum <= 2n * amount)).toBe(true);
          expect(claimed.every(({ bad }) => !bad)).toBe(true);
          const record = paid.find(bills[index]?.paymentHash ?? new Uint8Array());
          expect(record?.htlcs.length ?? 0).toBe(claimed.length);
        }
        for (const { fate } of htlcs.values()) expect(fate).not.toBe("told");
      }),
      { seed: 71, numRuns: 300 },
    );
  });
});
