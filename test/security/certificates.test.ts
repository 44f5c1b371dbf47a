import { describe, expect, it } from "vitest";
import {
  type CardCertificate,
  certificateMessage,
  MESSAGE_TYPE,
  openBody,
  readFrame,
  seal,
  signMessage,
} from "../../apdu/index.js";
import { bytesToHex, type Msat, msat, sat, secp256k1 } from "../../common/index.js";
import { openSession, takeToken } from "../../host/index.js";
import { OfflineRefusal } from "../../offline/refusal.js";
import type { OfflineInput } from "../../offline/verify.js";
import { verifyOffline } from "../../offline/verify.js";
import { connectCard, provisionCard, SimulatedReader } from "../../simulator/index.js";
import { NOW, testCard, testCardInvoice } from "../../testing/cards/test-card.js";
import { NO_FLOOR, packOf } from "../../testing/offline/certified-card.js";
import { PERSONALIZATION } from "../simulator/fixture.js";

const issuer = testCard();
const { keySetId } = issuer.record;
const END = NOW + 86_400;
const LIMIT = sat(2_000);
const VICTIM = Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1);
const THIEF_SECRET = new Uint8Array(32).fill(0x66);

/** A genuine card of the issuer, with a certificate, or one whose maker chose its key. */
function card(cardId: Uint8Array, changes: { secretKey?: Uint8Array; certificate?: Uint8Array } = {}) {
  const { secretKey: _, pin: __, ...given } = PERSONALIZATION;
  const made = provisionCard({
    ...given,
    cardId,
    keySetId,
    sealKey: issuer.sealKey,
    nodeUri: `${bytesToHex(secp256k1.publicKey(issuer.issuerSecret))}@127.0.0.1:9735`,
    issuerPublicKey: secp256k1.publicKey(issuer.issuerSecret),
    limits: {
      ...given.limits,
      credit: sat(100_000),
      maxPerTransaction: sat(100_000),
      pinThreshold: sat(100_000),
      noPinBudget: sat(100_000),
    },
    certificate: (point) => certificateOf({ cardId, cardPoint: secp256k1.convert(point, true) }),
    ...changes,
  });
  const reader = new SimulatedReader();
  reader.insert(made.card);
  return { ...made, reader };
}

const certificateOf = (changes: Partial<CardCertificate>, signer = issuer.issuerSecret): Uint8Array =>
  signMessage(
    certificateMessage,
    {
      cardId: VICTIM,
      cardPoint: secp256k1.publicKey(THIEF_SECRET),
      flags: 0,
      validUntilSeconds: END,
      offlineLimit: LIMIT,
      ...changes,
    },
    keySetId,
    signer,
  );
const sealed = (body: Uint8Array): Uint8Array =>
  seal(MESSAGE_TYPE.CERTIFICATE, keySetId, issuer.sealKey, new Uint8Array(16).fill(7), body);

/** What a terminal without a connection gets of a card that pays. */
async function tapOf(paying: ReturnType<typeof card>, amount: Msat = LIMIT) {
  const { invoice, hash } = testCardInvoice(amount);
  let certificate: Uint8Array | undefined;
  const { token } = await takeToken(
    paying.reader,
    { amount, invoiceHash: hash },
    {
      admit: async (session) => {
        certificate = await session.certificate();
        return undefined;
      },
    },
  );
  return { certificate: certificate ?? new Uint8Array(0), token, invoice, amount };
}

/** The answer of a terminal with a pack of this morning. */
function answer(
  given: Pick<OfflineInput, "certificate" | "token" | "invoice" | "amount">,
  now = NOW,
): string {
  try {
    verifyOffline({
      ...given,
      pack: packOf(issuer, NOW - 3600),
      limits: NO_FLOOR,
      held: () => ({ sales: 0, total: msat(0n), card: msat(0n) }),
      now,
    });
    return "accepted";
  } catch (error) {
    if (!(error instanceof OfflineRefusal)) throw error;
    return error.code;
  }
}

describe("a certificate", () => {
  it("copied from another card proves nothing for a key that the issuer never saw", async () => {
    const victim = await tapOf(card(VICTIM));
    expect(answer(victim)).toBe("accepted");
    // Under the victim's id, and under its own.
    const underItsId = await tapOf(card(VICTIM, { secretKey: THIEF_SECRET }));
    expect(answer({ ...underItsId, certificate: victim.certificate })).toBe("token-not-genuine");
    const underOwnId = await tapOf(card(Uint8Array.of(2, 2, 2, 2, 2, 2, 2, 2), { secretKey: THIEF_SECRET }));
    expect(answer({ ...underOwnId, certificate: victim.certificate })).toBe("other-card");
  });

  it("resealed by who has the seal key, with more in it than was signed, is refused", async () => {
    const thief = card(VICTIM, { secretKey: THIEF_SECRET });
    const { certificate, ...tap } = await tapOf(thief, sat(50_000));
    const { iv, sealed: body } = readFrame(certificate);
    const signed = openBody(issuer.sealKey, iv, body);
    const changed = (at: number, bytes: Uint8Array): Uint8Array => {
      const copy = Uint8Array.from(signed);
      copy.set(bytes, at);
      return sealed(copy);
    };
    const attempts = {
      "a higher limit": changed(46, Uint8Array.of(0, 0, 0xff)),
      "a later date": changed(42, Uint8Array.of(0xff)),
      "a key of its own": changed(8, secp256k1.publicKey(new Uint8Array(32).fill(0x67))),
      "signed by the thief": sealed(certificateOf({ offlineLimit: sat(50_000) }, THIEF_SECRET)),
    };
    for (const [what, forged] of Object.entries(attempts))
      expect([what, answer({ ...tap, certificate: forged })]).toEqual([what, "certificate-not-genuine"]);
    // What the issuer did sign, the thief may use: its own card, up to its own limit.
    expect(answer({ ...tap, certificate })).toBe("above-certificate-limit");
  });

  it("changed on its way in any byte has one answer, which tells nothing of what is in it", async () => {
    const { certificate, ...tap } = await tapOf(card(VICTIM));
    const answers = new Set<string>();
    for (let at = 5; at < certificate.length; at++)
      for (const mask of [0x01, 0x80]) {
        const changed = Uint8Array.from(certificate);
        changed[at] = (changed[at] ?? 0) ^ mask;
        answers.add(answer({ ...tap, certificate: changed }));
      }
    expect([...answers]).toEqual(["certificate-not-genuine"]);
  });

  it("that ended is refused from the next second on, and by a clock that is a day ahead", async () => {
    const tap = await tapOf(card(VICTIM));
    expect(answer(tap, END)).toBe("accepted");
    expect(answer(tap, END + 1)).toBe("certificate-expired");
    expect(answer(tap, NOW + 2 * 86_400)).toBe("certificate-expired");
    // A clock that is behind meets the pack's age before it: the pack is of the future.
    expect(answer(tap, NOW - 2 * 86_400)).toBe("clock-behind-pack");
  });

  it("is the same for nobody: two readings share nothing that tells the card", async () => {
    const [one, other] = [card(VICTIM), card(Uint8Array.of(2, 2, 2, 2, 2, 2, 2, 2))];
    const read = async ({ card: chip }: ReturnType<typeof card>) =>
      (await (await openSession(connectCard(chip))).certificate()) ?? new Uint8Array(0);
    const [first, again, foreign] = [await read(one), await read(one), await read(other)];
    const clear = (bytes: Uint8Array) => bytesToHex(bytes.subarray(0, 5));
    expect([clear(again), clear(foreign)]).toEqual([clear(first), clear(first)]);
    const blocks = (bytes: Uint8Array) =>
      Array.from({ length: 9 }, (_, n) => bytesToHex(bytes.subarray(5 + 16 * n, 21 + 16 * n)));
    const all = [first, again, foreign].flatMap(blocks);
    expect(new Set(all).size).toBe(all.length);
  });
});
