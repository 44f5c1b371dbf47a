import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, msat, ParseError } from "../../common/index.js";
import {
  decodeCardBalance,
  decodeCardStatus,
  decodeCardUpdate,
  decodeInitiatePayment,
  decodeRefundAnswer,
  decodeRefundRequest,
  decodeRejectPayment,
  describeReason,
  describeRefundReason,
  encodeCardBalance,
  encodeCardStatus,
  encodeCardUpdate,
  encodeInitiatePayment,
  encodeRefundAnswer,
  encodeRefundRequest,
  encodeRejectPayment,
  type Initiation,
  InitiationError,
  type InitiationEvent,
  isTemporaryReason,
  nextInitiation,
  PEER_MESSAGE,
  REASON,
  REFUND_REASON,
  type RefundAnswer,
  refundDescription,
  refundReasons,
  rejectReasons,
  statusChallenge,
} from "../../lightning/api/index.js";
import vectors from "../../specs/vectors/api.json" with { type: "json" };

type Words = Readonly<Record<string, unknown>>;

/** Bytes as hex, big integers as decimal text, absent values as null. */
const inWords = (value: object): Words =>
  Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      field instanceof Uint8Array
        ? bytesToHex(field)
        : typeof field === "bigint"
          ? field.toString()
          : (field ?? null),
    ]),
  );
const bytesOf = (words: Words, key: string): Uint8Array => hexToBytes(String(words[key]));

interface Codec {
  decode(payload: Uint8Array): object;
  encode(words: Words): Uint8Array;
}
const CODECS: Readonly<Record<number, Codec>> = {
  [PEER_MESSAGE.INITIATE_PAYMENT]: {
    decode: decodeInitiatePayment,
    encode: (words) =>
      encodeInitiatePayment({ token: bytesOf(words, "token"), invoice: bytesOf(words, "invoice") }),
  },
  [PEER_MESSAGE.REJECT_PAYMENT]: {
    decode: decodeRejectPayment,
    encode: (words) =>
      encodeRejectPayment({
        tokenHash: bytesOf(words, "tokenHash"),
        invoice: bytesOf(words, "invoice"),
        reason: (words.reason as number | null) ?? undefined,
      }),
  },
  [PEER_MESSAGE.CARD_STATUS]: {
    decode: decodeCardStatus,
    encode: (words) =>
      encodeCardStatus({
        status: bytesOf(words, "status"),
        time: BigInt(String(words.time)),
        nonce: bytesOf(words, "nonce"),
      }),
  },
  [PEER_MESSAGE.CARD_UPDATE]: {
    decode: decodeCardUpdate,
    encode: (words) =>
      encodeCardUpdate({ requestHash: bytesOf(words, "requestHash"), update: bytesOf(words, "update") }),
  },
  [PEER_MESSAGE.REFUND_REQUEST]: {
    decode: decodeRefundRequest,
    encode: (words) =>
      encodeRefundRequest({
        paymentHash: bytesOf(words, "paymentHash"),
        preimage: bytesOf(words, "preimage"),
        amount: msat(BigInt(String(words.amount))),
        refundId: bytesOf(words, "refundId"),
      }),
  },
  [PEER_MESSAGE.REFUND_ANSWER]: {
    decode: decodeRefundAnswer,
    encode: (words) =>
      encodeRefundAnswer({
        requestHash: bytesOf(words, "requestHash"),
        refunded: msat(BigInt(String(words.refunded))),
        invoice: words.invoice === null ? undefined : bytesOf(words, "invoice"),
        reason: (words.reason as number | null) ?? undefined,
      } as RefundAnswer),
  },
  [PEER_MESSAGE.CARD_BALANCE]: {
    decode: decodeCardBalance,
    encode: ({ left, ...words }) =>
      encodeCardBalance({
        requestHash: bytesOf(words, "requestHash"),
        left: left === null ? undefined : msat(BigInt(String(left))),
      }),
  },
};
const codecOf = (type: number): Codec => {
  const codec = CODECS[type];
  if (!codec) throw new Error(`no codec for ${type}`);
  return codec;
};

describe("peer messages of specs/vectors/api.json", () => {
  const good = vectors.vectors.filter((vector) => vector.valid);
  const bad = vectors.vectors.filter((vector) => !vector.valid);

  it("has valid and invalid ones of every type", () => {
    for (const type of Object.values(PEER_MESSAGE))
      for (const some of [good, bad]) expect(some.some((vector) => vector.type === type)).toBe(true);
  });

  it.each(good)("$type: $comment", ({ type, hex, fields, canonical }) => {
    expect(inWords(codecOf(type).decode(hexToBytes(hex)))).toEqual(fields);
    if (canonical) expect(bytesToHex(codecOf(type).encode(fields as Words))).toBe(hex);
  });

  it.each(bad)("$type refused: $comment", ({ type, hex, error }) => {
    let path = "nothing was refused";
    try {
      codecOf(type).decode(hexToBytes(hex));
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ParseError);
      path = (thrown as ParseError).path;
    }
    expect(path).toBe(error);
  });
});

describe("status challenge, specs/vectors/api.json", () => {
  it.each(vectors.challenges)("$comment", ({ nodeId, time, nonce, challenge }) => {
    expect(bytesToHex(statusChallenge(hexToBytes(nodeId), BigInt(time), hexToBytes(nonce)))).toBe(challenge);
  });
});

describe("states of an initiation, specs/vectors/api.json", () => {
  it.each(vectors.initiations)("$comment", ({ from, events, state, error }) => {
    const run = (): Initiation => {
      let [state, before] = [from as Initiation, from as Initiation];
      for (const event of events as readonly { readonly event: string }[]) {
        const next = nextInitiation(state, { ...event, before } as InitiationEvent);
        if (event.event === "ask") before = state;
        state = next;
      }
      return state;
    };
    if (!error) {
      expect(run()).toEqual(state);
      return;
    }
    try {
      run();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(InitiationError);
      expect((thrown as InitiationError).code).toBe(error);
      return;
    }
    throw new Error("was not refused");
  });
});

describe("reasons, specs/vectors/api.json", () => {
  it("code and name of every reason, each once", () => {
    expect(
      rejectReasons().map(({ code, name }) => ({ code, name, final: !isTemporaryReason(code) })),
    ).toEqual(vectors.reasons);
    expect(new Set(rejectReasons().map(({ code }) => code)).size).toBe(rejectReasons().length);
    expect(new Set(rejectReasons().map(({ name }) => name)).size).toBe(rejectReasons().length);
    expect(Object.values(REASON).sort((a, b) => a - b)).toEqual(rejectReasons().map(({ code }) => code));
  });

  it("code and name of every reason against a refund, each once", () => {
    expect(
      refundReasons().map(({ code, name }) => ({ code, name, final: !isTemporaryReason(code) })),
    ).toEqual(vectors.refundReasons);
    expect(Object.values(REFUND_REASON)).toEqual(refundReasons().map(({ code }) => code));
    expect(describeRefundReason(999)).toMatchObject({ code: 999, name: "unknown" });
    for (const { merchant } of [...refundReasons(), describeRefundReason(999)])
      expect(merchant).toMatch(/; (ask|start|try) .*\.$/);
  });

  it.each(vectors.refundInvoices)("description of an invoice for a refund: $comment", (vector) => {
    const { paymentHash, refundId, description } = vector;
    const ids = { paymentHash: hexToBytes(paymentHash), refundId: hexToBytes(refundId) };
    expect(refundDescription(ids)).toBe(description);
  });

  it("every sentence for the merchant says what to do, and ends", () => {
    for (const { merchant, log } of rejectReasons()) {
      expect(merchant).toMatch(
        /(; |, )(ask|start|do not|try|update|check|set|nothing was charged, (ask|start|try)).*\.$/,
      );
      expect(log).not.toMatch(/\.$/);
    }
  });

  it("an unknown card and a wrong signature have the same code; unknown codes keep their number", () => {
    expect(describeReason(REASON.TOKEN_NOT_ACCEPTED).log).toContain(
      "its card is not known, or its signature",
    );
    expect(describeReason(40000)).toMatchObject({ code: 40000, name: "unknown" });
    expect(describeReason(40000).merchant).toContain("40000");
    expect(describeReason(undefined).name).toBe("no-reason");
  });
});
