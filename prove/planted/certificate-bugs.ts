import { bug, bugsOf, type PlantedBug } from "./bug.js";

const model = { campaign: "model" } as const;
const reader = (named: string) => ({ tests: "test/apdu/certificate.test.ts", named });
const vectors = (named: string) => ({ tests: "test/specs/card-messages.test.ts", named });
const onCard = (named: string) => ({ tests: "test/simulator/certificate.test.ts", named });
const suite = (named: string) => ({ tests: "test/conformance/in-process.test.ts", named });
const cards = (named: string) => ({ tests: "test/personalize/certificate.test.ts", named });
const stores = (named: string) => ({ tests: "test/secure-channel/vectors.test.ts", named });

const CODEC = "apdu/sealed/certificate.ts";
const OBJECTS = "simulator/card-application/data-objects.ts";
const STORE_DATA = "simulator/card-application/store-data.ts";

/** In the certificate: how a card stores and answers it, and how it is read and verified. */
export const CERTIFICATE_BUGS: readonly PlantedBug[] = bugsOf("certificate", [
  bug(
    "every certificate of a card is sealed under one IV",
    [onCard("another IV at each reading"), suite("certificate/fresh-iv")],
    [OBJECTS, "const iv = state.random(IV_LENGTH);", "const iv = new Uint8Array(IV_LENGTH);"],
  ),
  bug(
    "a blocked card answers its certificate",
    [model, suite("certificate/blocked")],
    [
      "simulator/card-application/get-data.ts",
      "p1p2 === TAG.CERTIFICATE ?",
      "p1p2 === TAG.CERTIFICATE && state.lifecycle.u8() === 0x01 ?",
    ],
  ),
  bug(
    "RESET leaves the certificate on the card",
    [{ tests: "test/secure-channel/certificate.test.ts", named: "goes with RESET" }],
    [STORE_DATA, "state.certificate]", "]"],
  ),
  bug(
    "a certificate of any length is stored",
    [stores("certificate of 127 bytes")],
    [
      STORE_DATA,
      "accepts: (value) => value.length === SEALED_BODY_LENGTH,",
      "accepts: (value) => value.length <= SEALED_BODY_LENGTH,",
    ],
  ),
  bug(
    "a certificate that anybody signed is genuine",
    [reader("signed by another issuer")],
    [CODEC, "if (!opened || !verifySignature(opened, issuerPoint))", "if (!opened)"],
  ),
  bug(
    "a certificate certifies every card",
    [reader("is nothing else")],
    [
      CODEC,
      "if (!equalBytes(certificate.cardId, cardId) || !equalBytes(certificate.keySetId, keySetId))",
      "if (!equalBytes(certificate.keySetId, keySetId))",
    ],
  ),
  bug(
    "a certificate holds for a card of another key set",
    [reader("is nothing else")],
    [
      CODEC,
      "if (!equalBytes(certificate.cardId, cardId) || !equalBytes(certificate.keySetId, keySetId))",
      "if (!equalBytes(certificate.cardId, cardId))",
    ],
  ),
  bug(
    "a certificate is valid for a second too long",
    [reader("is nothing else")],
    [
      CODEC,
      "if (nowSeconds > certificate.validUntilSeconds)",
      "if (nowSeconds > certificate.validUntilSeconds + 1)",
    ],
  ),
  bug(
    "the offline limit is one msat too high",
    [reader("is nothing else")],
    [CODEC, "return amount > certificate.offlineLimit", "return amount - 1n > certificate.offlineLimit"],
  ),
  bug(
    "a flag of a later version is overlooked",
    [vectors("unknown flag bit 0, rightly signed")],
    [CODEC, "flags: flagsField(0),", "flags: flagsField(1),"],
  ),
  bug(
    "a card point off the curve is certified",
    [vectors("not on the curve")],
    [
      CODEC,
      "if (!secp256k1.isPublicKey(fields.cardPoint))",
      "if (![2, 3].includes(fields.cardPoint[0] ?? 0))",
    ],
  ),
  bug(
    "a certificate is signed for the card id alone",
    [cards("for its own key and id")],
    [
      "personalize/certify.ts",
      "cardPoint: secp256k1.convert(card.publicKey, true),",
      "cardPoint: secp256k1.publicKey(new Uint8Array(32).fill(1)),",
    ],
  ),
  bug(
    "a certificate is not read back",
    [cards("is not handed out")],
    [
      "personalize/personalize-card.ts",
      "    if (item.certificate) await compareCertificate(card, context.keys, expected, item.certificate);\n",
      "",
    ],
  ),
  bug(
    "a card that is finished later is held to the date of that day",
    [cards("torn at any command")],
    [
      "personalize/personalize-card.ts",
      "await compareCertificate(card, context.keys, expected, item.certificate);",
      "await compareCertificate(card, context.keys, expected, certificateTerms(profile, Math.floor((context.now ?? Date.now)() / 1000)) ?? item.certificate);",
    ],
  ),
  bug(
    "cards are made with a certificate that is over",
    [cards("is not begun when its certificate would have ended")],
    ["personalize/certify.ts", "if (end <= now)", "if (end < 0)"],
  ),
  bug(
    "a card may be accepted offline for more than it pays at once",
    [cards("refuses offline")],
    [
      "personalize/profile-check.ts",
      "maxPerTransaction !== NO_LIMIT && offline.limit > maxPerTransaction,",
      "maxPerTransaction !== NO_LIMIT && offline.limit > credit,",
    ],
  ),
  bug(
    "the registry forgets the certificate of a card",
    [{ tests: "test/cli/personalize.test.ts", named: "with a certificate" }],
    ["cli/card-registry.ts", "validUntil: certificate.validUntilSeconds,", "validUntil: 0,"],
  ),
]);
