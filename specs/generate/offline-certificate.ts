import { hex } from "../../reference/bytes.js";
import { sha256 } from "../../reference/crypto.js";
import type { CertificateFields } from "../../reference/sealed.js";
import { flip } from "./card/bytes.js";
import {
  CARD,
  compressed,
  KEY_SET,
  keysForFile,
  MAX_AMOUNT,
  named,
  OTHER_CARD,
  OTHER_ISSUER,
  OTHER_KEY_SET,
  STRANGER,
  type VectorCard,
} from "./card/material.js";
import { encrypt, type FieldsOf, type SealOptions, seal, writeFields } from "./card/sealed.js";

export const file = "offline-certificate.json";

/** What the tokens are for. Any canonical text would do. */
const INVOICE = "lnbcrt1certificate";
const END = 1_893_455_999;
const AMOUNT = 2_500_000n;

const idOf = ({ cardId }: VectorCard): string => hex(cardId);

const CERTIFICATE: CertificateFields = {
  cardId: idOf(CARD),
  cardPoint: compressed(CARD.point),
  flags: 0,
  validUntilSeconds: END,
  offlineLimit: 20_000_000n,
  reserved: "00".repeat(10),
};
const TOKEN: FieldsOf["authorization"] = {
  cardId: idOf(CARD),
  counter: 1,
  flags: 0,
  updateSequence: 0,
  amount: AMOUNT,
  authorizedTotal: AMOUNT,
  invoiceHash: hex(sha256(Buffer.from(INVOICE, "ascii"))),
};

interface Change<F> {
  readonly fields?: Partial<F>;
  readonly options?: SealOptions;
  /** In the sealed message. */
  readonly after?: (message: Buffer) => Buffer;
}

interface Case {
  readonly certificate?: Change<CertificateFields>;
  readonly token?: Change<FieldsOf["authorization"]>;
  readonly amount?: bigint;
  readonly now?: number;
}

function vector(comment: string, given: Case, error?: string) {
  const { certificate = {}, token = {}, amount = AMOUNT, now = END - 86_400 } = given;
  const fields = { ...CERTIFICATE, ...certificate.fields };
  const iv = (of: string): Buffer => named(`IV of ${of}: ${comment}`, 16);
  const sealed = seal(
    "certificate",
    writeFields("certificate", fields),
    iv("certificate"),
    certificate.options,
  );
  const said = { ...TOKEN, amount, authorizedTotal: amount, ...token.fields };
  const signed = seal("authorization", writeFields("authorization", said), iv("token"), token.options);
  return {
    comment,
    valid: error === undefined,
    certificate: hex(certificate.after?.(sealed.message) ?? sealed.message),
    token: hex(token.after?.(signed.message) ?? signed.message),
    amount: amount.toString(),
    now,
    ...(error ? { error } : { fields: { ...fields, offlineLimit: fields.offlineLimit.toString() } }),
  };
}

const ofOther = { cardId: idOf(OTHER_CARD) };

export function generate(): unknown {
  return {
    title: "A certificate, and a token of its card",
    spec: "specs/09 §2",
    keys: keysForFile,
    invoice: INVOICE,
    vectors: [
      vector("a day before its end", {}),
      vector("in its last second", { now: END }),
      vector("exactly the offline limit", { amount: CERTIFICATE.offlineLimit }),
      vector("greatest limit and amount", {
        certificate: { fields: { offlineLimit: MAX_AMOUNT } },
        amount: MAX_AMOUNT,
      }),
      vector("valid for ever, as far as 32 bits go", {
        certificate: { fields: { validUntilSeconds: 0xffffffff } },
        now: 0xffffffff,
      }),
      vector("signatures with a high s", {
        certificate: { options: { form: "high-s" } },
        token: { options: { form: "high-s" } },
      }),
      vector("reserved bytes of a later version", {
        certificate: { fields: { reserved: "0102030405060708090a" } },
      }),
      vector("another card of another key set", {
        certificate: {
          fields: { ...ofOther, cardPoint: compressed(OTHER_CARD.point) },
          options: { keySet: OTHER_KEY_SET },
        },
        token: { fields: ofOther, options: { keySet: OTHER_KEY_SET, signer: OTHER_CARD } },
      }),

      vector(
        "a certificate of 148 bytes",
        { certificate: { after: (message) => message.subarray(1) } },
        "length",
      ),
      vector("no certificate", { certificate: { after: () => Buffer.alloc(0) } }, "length"),
      vector(
        "the token in place of the certificate",
        { certificate: { after: (message) => flip(message, 0, 5) } },
        "type",
      ),
      vector(
        "a key set that the terminal does not have",
        {
          certificate: {
            options: { keySet: { keySetId: Buffer.from("deadbeef", "hex"), sealKey: KEY_SET.sealKey } },
          },
        },
        "key set",
      ),
      vector(
        "signed by another issuer",
        { certificate: { options: { signer: OTHER_ISSUER } } },
        "certificate",
      ),
      vector("signed by the card itself", { certificate: { options: { signer: CARD } } }, "certificate"),
      vector(
        "a bit of the IV flipped: another card id",
        { certificate: { after: (message) => flip(message, 5) } },
        "certificate",
      ),
      vector(
        "a bit of the sealed limit flipped",
        { certificate: { after: (message) => flip(message, 70) } },
        "certificate",
      ),
      vector(
        "a flag of a later version, rightly signed",
        { certificate: { fields: { flags: 1 } } },
        "certificate",
      ),
      vector(
        "a limit above 21 million bitcoin, rightly signed",
        { certificate: { fields: { offlineLimit: MAX_AMOUNT + 1n } } },
        "certificate",
      ),
      vector(
        "a point that is none, rightly signed",
        { certificate: { fields: { cardPoint: `02${"00".repeat(31)}05` } } },
        "certificate",
      ),
      vector(
        "signed for one key set, sealed for another",
        { certificate: { after: () => crossed() } },
        "certificate",
      ),

      vector("a second after its end", { now: END + 1 }, "expired"),
      vector("ended in 1970", { certificate: { fields: { validUntilSeconds: 0 } } }, "expired"),
      vector("a clock of the next century", { now: 0xffffffff }, "expired"),
      vector("one msat above the offline limit", { amount: CERTIFICATE.offlineLimit + 1n }, "limit"),
      vector(
        "nothing is accepted offline",
        { certificate: { fields: { offlineLimit: 0n } }, amount: 1n },
        "limit",
      ),

      vector(
        "another card's certificate, copied",
        { token: { fields: ofOther, options: { signer: OTHER_CARD } } },
        "card",
      ),
      vector(
        "a token of a key that the issuer does not know",
        { token: { options: { signer: STRANGER } } },
        "token",
      ),
      vector(
        "a token signed by the other card under this card's id",
        { token: { options: { signer: OTHER_CARD } } },
        "token",
      ),
      vector("a token of another key set", { token: { options: { keySet: OTHER_KEY_SET } } }, "token"),
      vector(
        "a status in place of the token",
        { token: { after: (message) => flip(message, 0, 3) } },
        "token",
      ),
      vector("a token of 148 bytes", { token: { after: (message) => message.subarray(1) } }, "token"),
      vector("a token whose counter is 0, rightly signed", { token: { fields: { counter: 0 } } }, "token"),
    ],
  };
}

/** The body that was signed for KEY_SET under the seal of the other key set. */
function crossed(): Buffer {
  const { body, iv } = seal("certificate", writeFields("certificate", CERTIFICATE), named("IV: crossed", 16));
  const frame = seal("certificate", body.subarray(0, 64), iv, { keySet: OTHER_KEY_SET }).message.subarray(
    0,
    21,
  );
  return Buffer.concat([frame, encrypt(OTHER_KEY_SET.sealKey, iv, body)]);
}
