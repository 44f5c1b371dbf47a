import { describe, expect, it } from "vitest";
import {
  authorizationMessage,
  certificateMessage,
  certificateProblem,
  signMessage,
  verifyCertificate,
  verifySignature,
} from "../../apdu/index.js";
import { bytesToHex, sat, secp256k1 } from "../../common/index.js";
import { type CardSession, takeToken } from "../../host/index.js";
import { provisionCard, type SimulatedCard, SimulatedReader, type TearPoint } from "../../simulator/index.js";
import { hash, ISSUER_SECRET, KEY_SET_ID, PERSONALIZATION, SEAL_KEY } from "../simulator/fixture.js";

const SALE = { amount: sat(2), invoiceHash: hash("sale") };
const UNTIL = 1_900_000_000;
const KEYS = { sealKeys: () => SEAL_KEY, issuerPoint: () => secp256k1.publicKey(ISSUER_SECRET) };

function certifiedCard(cardId = PERSONALIZATION.cardId): SimulatedCard {
  const { secretKey: _, ...given } = PERSONALIZATION;
  return provisionCard({
    ...given,
    cardId,
    certificate: (point) =>
      signMessage(
        certificateMessage,
        {
          cardId,
          cardPoint: secp256k1.convert(point, true),
          flags: 0,
          validUntilSeconds: UNTIL,
          offlineLimit: sat(10),
        },
        KEY_SET_ID,
        ISSUER_SECRET,
      ),
  }).card;
}

/** Taps with the certificate read before AUTHORIZE; what was read last counts. */
async function tapped(reader: SimulatedReader, onTorn: (tear: number) => void = () => {}) {
  const read: Uint8Array[] = [];
  const admit = async (card: CardSession) => {
    const certificate = await card.certificate();
    if (!certificate) throw new Error("no certificate");
    read.push(certificate);
    return undefined;
  };
  const { token, traffic } = await takeToken(reader, SALE, { admit, onTorn });
  const certificate = verifyCertificate(read.at(-1) ?? new Uint8Array(0), KEYS);
  const opened = authorizationMessage.open(token, KEYS.sealKeys);
  return { certificate, opened, reads: read.length, traffic };
}

/** The token is good under the certificate that was read with it. */
function expectGood({ certificate, opened }: Awaited<ReturnType<typeof tapped>>): void {
  expect(certificateProblem(certificate, { ...opened.fields, keySetId: KEY_SET_ID }, UNTIL)).toBeUndefined();
  expect(verifySignature(opened, certificate.cardPoint)).toBe(true);
}

describe("a tap that reads the certificate", () => {
  it("takes three APDUs", async () => {
    const reader = new SimulatedReader();
    reader.insert(certifiedCard());
    const tap = await tapped(reader);
    expectGood(tap);
    expect(tap.traffic.apdus).toBe(3);
    expect(tap.traffic.bytesToCard + tap.traffic.bytesFromCard).toBeLessThan(580);
  });

  it.each(
    [1, 2, 3].flatMap((nth) =>
      (["before-command", "after-command"] as const).map((point) => [nth, point] as const),
    ),
  )("torn at command %d, %s, charges once and reads the certificate with the token", async (nth, point) => {
    const card = certifiedCard();
    const reader = new SimulatedReader();
    reader.insert(card);
    tearAtCommand(card, nth, point);
    let tears = 0;
    const tap = await tapped(reader, () => {
      tears++;
      reader.remove();
      reader.insert(card);
    });
    expect(tears).toBe(1);
    expectGood(tap);
    expect(tap.opened.fields.counter).toBe(1);
    expect(bytesToHex(card.image().cells["card-application/counter"] ?? new Uint8Array(0))).toBe("00000001");
  });

  it("goes on with the certificate of the card that comes back, whichever it is", async () => {
    const [first, second] = [certifiedCard(), certifiedCard(Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9))];
    const reader = new SimulatedReader();
    reader.insert(first);
    tearAtCommand(first, 3, "after-command");
    const tap = await tapped(reader, () => {
      reader.remove();
      reader.insert(second);
    });
    expectGood(tap);
    expect(tap.reads).toBe(2);
    expect(tap.opened.fields.cardId).toEqual(Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9));
  });
});

/** Takes the power away in the n-th command from now. */
function tearAtCommand(card: SimulatedCard, nth: number, point: TearPoint): void {
  const exchange = card.exchange.bind(card);
  let count = 0;
  card.exchange = (command) => {
    if (++count === nth) card.tearAt(point);
    return exchange(command);
  };
}
