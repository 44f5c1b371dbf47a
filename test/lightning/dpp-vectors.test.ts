import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, type Msat, msat, ParseError } from "../../common/index.js";
import { checkInvoice, decodeInvoice } from "../../lightning/bolt11/index.js";
import {
  DeputyRecipient,
  decodeMetadata,
  deputyKeys,
  deputyPreimage,
  deriveTerminalKey,
  encodeMetadata,
  type HtlcAction,
  makeDeputyInvoice,
  readDeputyProfile,
  recomputeModern,
  writeDeputyProfile,
} from "../../lightning/dpp/index.js";
import vectors from "../../specs/vectors/dpp-modern.json" with { type: "json" };
import { PaidInMemory } from "./dpp-memory.js";

const { keys, recipient } = vectors;

describe("terminal keys", () => {
  it.each(vectors.terminalKeys)("of key id $keyId", ({ keyId, terminalKey }) => {
    expect(bytesToHex(deriveTerminalKey(hexToBytes(keys.master), hexToBytes(keyId)))).toBe(terminalKey);
  });
});

describe("payment metadata", () => {
  it.each(vectors.metadata.filter(({ valid }) => valid))("valid: $comment", ({ hex, fields }) => {
    if (!fields) throw new Error("vector without fields");
    const { keyId, nonce, amountMsat, expiresAt } = fields;
    const metadata = {
      keyId: hexToBytes(keyId),
      nonce: hexToBytes(nonce),
      amount: msat(BigInt(amountMsat)),
      expiresAt,
    };
    expect(decodeMetadata(hexToBytes(hex))).toEqual(metadata);
    expect(bytesToHex(encodeMetadata(metadata))).toBe(hex);
  });

  it.each(vectors.metadata.filter(({ valid }) => !valid))("invalid: $comment", ({ hex, error }) => {
    expect(() => decodeMetadata(hexToBytes(hex))).toThrow(ParseError);
    expect(() => decodeMetadata(hexToBytes(hex))).toThrow(expect.objectContaining({ path: error }));
  });
});

describe("deputy invoices", () => {
  it.each(vectors.vectors)("$comment", ({ profile: json, request, now, nonce, fields, invoice: text }) => {
    const profile = readDeputyProfile(JSON.stringify(json));
    expect(JSON.parse(writeDeputyProfile(profile))).toEqual(json);

    const made = makeDeputyInvoice(
      profile,
      {
        ...(request.amountMsat === null
          ? { allowAmountless: true }
          : { amount: msat(BigInt(request.amountMsat)) }),
        description: request.description,
        expirySeconds: request.expirySeconds,
      },
      { now: () => now, random: () => hexToBytes(nonce) },
    );
    expect(made.invoice).toBe(text);
    expect(bytesToHex(made.paymentHash)).toBe(fields.paymentHash);
    expect(made.expiresAt).toBe(fields.expiresAt);
    expect(bytesToHex(deputyPreimage(profile.terminalKey, hexToBytes(fields.metadata)))).toBe(
      fields.preimage,
    );

    const invoice = decodeInvoice(text);
    expect(bytesToHex(invoice.metadata ?? new Uint8Array())).toBe(fields.metadata);
    expect(bytesToHex(invoice.paymentSecret)).toBe(fields.paymentSecret);
    expect(invoice.deputyNonce).toBeUndefined();
    checkInvoice(invoice, { network: profile.network, now, allowAmountless: request.amountMsat === null });
  });
});

interface ProfileVector {
  readonly comment: string;
  readonly valid: boolean;
  readonly profile: { readonly payeeKey?: unknown; readonly terminalKey?: unknown };
  readonly error?: string;
}
const profiles = vectors.profiles as readonly ProfileVector[];

describe("deputy profiles that are read", () => {
  it.each(profiles.filter(({ valid }) => valid))("$comment", ({ profile }) => {
    expect(JSON.parse(writeDeputyProfile(readDeputyProfile(JSON.stringify(profile))))).toEqual(profile);
  });
});

describe("deputy profiles that are refused", () => {
  it.each(profiles.filter(({ valid }) => !valid))("$comment", ({ profile, error }) => {
    let found: unknown;
    try {
      readDeputyProfile(JSON.stringify(profile));
    } catch (caught) {
      found = caught;
    }
    expect(found).toBeInstanceOf(ParseError);
    expect(found).toMatchObject({ path: error });
    const { message } = found as ParseError;
    for (const secret of [profile.payeeKey, profile.terminalKey, keys.ldkMetadataKey])
      if (typeof secret === "string" && secret.length > 9) expect(message).not.toContain(secret);
  });

  it.each(["", "{", "[]", "null", "1", '"x"', " ".repeat(70_000)])("other text: %j", (text) => {
    expect(() => readDeputyProfile(text)).toThrow(ParseError);
  });
});

const plain = (action: HtlcAction) =>
  action.action === "claim"
    ? {
        action: "claim",
        htlcs: action.htlcs,
        receivedMsat: action.received.toString(),
        preimage: bytesToHex(action.preimage),
      }
    : { action: "fail", htlcs: action.htlcs, reason: action.reason, failure: action.failure };

describe("the recipient, step by step", () => {
  const terminals = deputyKeys(
    hexToBytes(keys.master),
    recipient.terminals.map((id) => hexToBytes(id)),
  );

  interface Step {
    readonly at: number;
    readonly htlc: {
      readonly id: string;
      readonly paymentHash: string;
      readonly amountMsat: string;
      readonly totalMsat: string;
      readonly blocksLeft: number;
      readonly metadata: string | null;
      readonly paymentSecret: string;
    } | null;
    readonly repeat?: number;
    readonly actions: readonly unknown[];
  }
  interface Session {
    readonly comment: string;
    readonly allowAmountless: boolean;
    readonly othersHeld?: number;
    readonly steps: readonly Step[];
  }
  const [keyId = new Uint8Array(0)] = recipient.terminals.map((id) => hexToBytes(id));

  it.each(recipient.sessions as readonly Session[])(
    "$comment",
    ({ allowAmountless, othersHeld = 0, steps }) => {
      let now = recipient.time;
      const deputy = new DeputyRecipient({
        recompute: recomputeModern(terminals),
        paid: new PaidInMemory(),
        allowAmountless,
        now: () => now,
      });
      const tell = (htlc: NonNullable<Step["htlc"]>, id: string) =>
        deputy.receive(
          {
            id,
            paymentHash: hexToBytes(htlc.paymentHash),
            amount: BigInt(htlc.amountMsat) as Msat,
            total: BigInt(htlc.totalMsat) as Msat,
            blocksLeft: htlc.blocksLeft,
          },
          {
            metadata: htlc.metadata === null ? undefined : hexToBytes(htlc.metadata),
            paymentSecret: hexToBytes(htlc.paymentSecret),
          },
        );
      for (let i = 0; i < othersHeld; i++) {
        const nonce = new Uint8Array(16).fill(0xee);
        new DataView(nonce.buffer).setUint32(0, i);
        const metadata = encodeMetadata({ keyId, nonce, amount: msat(2n), expiresAt: now + 600 });
        const preimage = deputyPreimage(terminals.terminalKey(keyId) as Uint8Array, metadata);
        const [amount, total] = [msat(1n), msat(2n)];
        const htlc = { id: `other ${i}`, paymentHash: sha256(preimage), amount, total, blocksLeft: 40 };
        expect(deputy.receive(htlc, { metadata })).toEqual([]);
      }
      for (const { at, htlc, repeat = 1, actions } of steps) {
        now = recipient.time + at;
        for (let time = 1; time <= repeat; time++) {
          const done = htlc ? tell(htlc, repeat > 1 ? `${htlc.id}${time}` : htlc.id) : deputy.tick();
          expect(done.map(plain)).toEqual(actions);
        }
      }
      expect(deputy.held.size).toBe(othersHeld);
    },
  );
});
