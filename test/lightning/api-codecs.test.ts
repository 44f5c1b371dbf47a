import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToHex, MAX_MSAT, msat, ParseError, ValueError } from "../../common/index.js";
import {
  decodeCardBalance,
  decodeCardStatus,
  decodeCardUpdate,
  decodeInitiatePayment,
  decodeRefundAnswer,
  decodeRefundRequest,
  decodeRejectPayment,
  encodeCardBalance,
  encodeCardStatus,
  encodeCardUpdate,
  encodeInitiatePayment,
  encodeRefundAnswer,
  encodeRefundRequest,
  encodeRejectPayment,
  MAX_PAYLOAD_LENGTH,
  type RefundAnswer,
  refundRequestHash,
  statusChallenge,
} from "../../lightning/api/index.js";

const SEED = 14;
const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });

const initiate = fc.record({ token: bytes(1, 1024), invoice: bytes(1, 4096) });
const reject = fc.record({
  tokenHash: bytes(32),
  invoice: bytes(1, 4096),
  reason: fc.option(fc.integer({ min: 0, max: 65535 }), { nil: undefined }),
});
const status = fc.record({
  status: bytes(149),
  time: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  nonce: bytes(24),
});
const update = fc.record({ requestHash: bytes(32), update: bytes(149) });

const refund = fc.record({
  paymentHash: bytes(32),
  preimage: bytes(32),
  amount: fc.bigInt({ min: 1n, max: MAX_MSAT }).map((value) => msat(value)),
  refundId: bytes(16),
});
const refunded = fc.bigInt({ min: 0n, max: MAX_MSAT }).map((value) => msat(value));
const refundAnswer: fc.Arbitrary<RefundAnswer> = fc.oneof(
  fc.record({
    requestHash: bytes(32),
    refunded,
    invoice: bytes(1, 4096),
    reason: fc.constant(undefined),
  }),
  fc.record({
    requestHash: bytes(32),
    refunded,
    invoice: fc.constant(undefined),
    reason: fc.integer({ min: 0, max: 65535 }),
  }),
);

const DECODERS = [
  decodeInitiatePayment,
  decodeRejectPayment,
  decodeCardStatus,
  decodeCardUpdate,
  decodeRefundRequest,
  decodeRefundAnswer,
  decodeCardBalance,
];

describe("peer messages", () => {
  it("what is written is read back", () => {
    const check = <T>(
      arbitrary: fc.Arbitrary<T>,
      encode: (value: T) => Uint8Array,
      decode: (b: Uint8Array) => T,
    ) =>
      fc.assert(
        fc.property(arbitrary, (value) => {
          const payload = encode(value);
          expect(payload.length).toBeLessThanOrEqual(MAX_PAYLOAD_LENGTH);
          expect(decode(payload)).toEqual(value);
        }),
        { seed: SEED, numRuns: 50 },
      );
    check(initiate, encodeInitiatePayment, decodeInitiatePayment);
    check(reject, encodeRejectPayment, decodeRejectPayment);
    check(status, encodeCardStatus, decodeCardStatus);
    check(update, encodeCardUpdate, decodeCardUpdate);
    check(refund, encodeRefundRequest, decodeRefundRequest);
    check(refundAnswer, encodeRefundAnswer, decodeRefundAnswer);
  });

  it("cut off at any length they are refused", () => {
    const cut = (payload: Uint8Array, decode: (b: Uint8Array) => unknown) => {
      for (let length = 0; length < payload.length; length++)
        expect(() => decode(payload.subarray(0, length))).toThrow(ParseError);
    };
    const filled = (length: number) => new Uint8Array(length).fill(1);
    cut(encodeInitiatePayment({ token: filled(149), invoice: filled(300) }), decodeInitiatePayment);
    const whole = { tokenHash: filled(32), invoice: filled(300), reason: undefined };
    cut(encodeRejectPayment(whole), decodeRejectPayment);
    cut(encodeCardStatus({ status: filled(149), time: 1n, nonce: filled(24) }), decodeCardStatus);
    cut(encodeCardUpdate({ requestHash: filled(32), update: filled(149) }), decodeCardUpdate);
    const request = {
      paymentHash: filled(32),
      preimage: filled(32),
      amount: msat(1n),
      refundId: filled(16),
    };
    cut(encodeRefundRequest(request), decodeRefundRequest);
    const head = { requestHash: refundRequestHash(request), refunded: msat(0n) };
    cut(encodeRefundAnswer({ ...head, invoice: filled(300), reason: undefined }), decodeRefundAnswer);
    cut(encodeRefundAnswer({ ...head, invoice: undefined, reason: 1 }), decodeRefundAnswer);
    cut(encodeCardBalance({ requestHash: filled(32), left: undefined }), decodeCardBalance);
    const withReason = encodeRejectPayment({ ...whole, reason: 16 });
    for (const length of [1, 2, 3])
      expect(() => decodeRejectPayment(withReason.subarray(0, withReason.length - length))).toThrow(
        ParseError,
      );
    expect(decodeRejectPayment(withReason.subarray(0, withReason.length - 4)).reason).toBeUndefined();
  });

  it("any bytes, up to 64 KiB, are read or refused with a ParseError", () => {
    fc.assert(
      fc.property(bytes(0, 300), fc.boolean(), (some, padded) => {
        const payload = padded ? Uint8Array.of(...some, ...new Uint8Array(65_536 - some.length)) : some;
        for (const decode of DECODERS)
          try {
            decode(payload);
          } catch (error) {
            expect(error).toBeInstanceOf(ParseError);
          }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it("an error never holds the token", () => {
    const token = new TextEncoder().encode("secret-token".repeat(12));
    const payload = encodeInitiatePayment({ token, invoice: Uint8Array.of(1) });
    const problem = (input: Uint8Array): string => {
      try {
        decodeInitiatePayment(input);
        return "";
      } catch (error) {
        return String(error);
      }
    };
    for (let length = 0; length < payload.length; length++)
      expect(problem(payload.subarray(0, length))).toMatch(/^ParseError: initiate_payment\/[a-z/]+: need \d/);
  });

  it("an error never holds the preimage of a refund", () => {
    const preimage = new TextEncoder().encode("a preimage is as good as money..");
    const payload = encodeRefundRequest({
      paymentHash: new Uint8Array(32),
      preimage,
      amount: msat(1n),
      refundId: new Uint8Array(16),
    });
    const bad = [payload.slice(0, 80), Uint8Array.of(...payload, 2, 0)];
    for (const input of bad) {
      expect(() => decodeRefundRequest(input)).toThrow(ParseError);
      expect(() => decodeRefundRequest(input)).not.toThrow(bytesToHex(preimage));
      expect(() => decodeRefundRequest(input)).not.toThrow("as good as money");
    }
  });

  it("refuses to write what no peer may read", () => {
    const one = Uint8Array.of(1);
    const sized = (length: number) => new Uint8Array(length);
    const ask = (token: Uint8Array, invoice: Uint8Array) => () => encodeInitiatePayment({ token, invoice });
    expect(ask(sized(0), one)).toThrow("initiate_payment/token");
    expect(ask(sized(1025), one)).toThrow(ValueError);
    expect(ask(one, sized(0))).toThrow("initiate_payment/invoice");
    expect(ask(one, sized(4097))).toThrow(ValueError);
    const no = (tokenHash: Uint8Array, reason?: number) => () =>
      encodeRejectPayment({ tokenHash, invoice: one, reason });
    expect(no(sized(31))).toThrow("reject_payment/tokenhash");
    expect(no(sized(32), 65536)).toThrow("reject_payment/reason");
    expect(() => encodeCardStatus({ status: sized(148), time: 0n, nonce: sized(24) })).toThrow(
      "card_status/status",
    );
    expect(() => encodeCardStatus({ status: sized(149), time: -1n, nonce: sized(24) })).toThrow(
      "card_status/time",
    );
    expect(() => encodeCardStatus({ status: sized(149), time: 0n, nonce: sized(23) })).toThrow(
      "card_status/nonce",
    );
    expect(() => encodeCardUpdate({ requestHash: sized(32), update: sized(150) })).toThrow(
      "card_update/update",
    );
    const request = { paymentHash: sized(32), preimage: sized(32), amount: msat(1n), refundId: sized(16) };
    const asked = (changed: Partial<typeof request>) => () => encodeRefundRequest({ ...request, ...changed });
    expect(asked({ paymentHash: sized(31) })).toThrow("refund_request/paymenthash");
    expect(asked({ preimage: sized(33) })).toThrow("refund_request/preimage");
    expect(asked({ amount: msat(0n) })).toThrow("refund_request/amount");
    expect(asked({ refundId: sized(15) })).toThrow("refund_request/refundid");
    const answered = (changed: object) => () =>
      encodeRefundAnswer({
        ...{ requestHash: sized(32), refunded: msat(0n), invoice: one, reason: undefined },
        ...changed,
      } as RefundAnswer);
    expect(answered({ requestHash: sized(31) })).toThrow("refund_answer/requesthash");
    expect(answered({ invoice: sized(4097) })).toThrow("refund_answer/invoice");
    expect(answered({ invoice: undefined })).toThrow("refund_answer/reason");
    expect(answered({ invoice: undefined, reason: 65536 })).toThrow("refund_answer/reason");
    expect(() => encodeCardBalance({ requestHash: sized(31), left: undefined })).toThrow(
      "card_balance/requesthash",
    );
    expect(() => statusChallenge(sized(32), 0n, sized(24))).toThrow("status challenge/node id");
  });
});
