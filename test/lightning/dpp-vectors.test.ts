import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, msat, ParseError } from "../../common/index.js";
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

describe("deputy profiles that are refused", () => {
  it.each(vectors.profiles)("$comment", ({ profile, error }) => {
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
      if (secret) expect(message).not.toContain(secret);
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

  it.each(recipient.sessions)("$comment", ({ allowAmountless, steps }) => {
    let now = recipient.time;
    const deputy = new DeputyRecipient({
      recompute: recomputeModern(terminals),
      paid: new PaidInMemory(),
      allowAmountless,
      now: () => now,
    });
    for (const { at, htlc, actions } of steps) {
      now = recipient.time + at;
      const done = htlc
        ? deputy.receive(
            {
              id: htlc.id,
              paymentHash: hexToBytes(htlc.paymentHash),
              amount: msat(BigInt(htlc.amountMsat)),
              total: msat(BigInt(htlc.totalMsat)),
              blocksLeft: htlc.blocksLeft,
            },
            {
              metadata: htlc.metadata === null ? undefined : hexToBytes(htlc.metadata),
              paymentSecret: hexToBytes(htlc.paymentSecret),
            },
          )
        : deputy.tick();
      expect(done.map(plain)).toEqual(actions);
    }
    expect(deputy.held.size).toBe(0);
  });
});
