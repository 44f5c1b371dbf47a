import { secp256k1 } from "../../../common/index.js";
import {
  decodeCardStatus,
  decodeCardUpdate,
  decodeInitiatePayment,
  decodeRefundAnswer,
  decodeRefundRequest,
  decodeRejectPayment,
} from "../../../lightning/api/index.js";
import { decodeMetadata } from "../../../lightning/dpp/index.js";
import { decodeOdtMessage, odtFromHex, qrPng, readQrPng } from "../../../lightning/odt/index.js";
import {
  decodeHopPayload,
  encodeOnion,
  HOP_PAYLOADS_LENGTH,
  peelOnion,
} from "../../../lightning/onion/index.js";
import { onionHmac, onionKey, onionStream, xorInto } from "../../../lightning/onion/keys.js";
import { CARD_SECRET, hashOf } from "../../card/material.js";
import { bytesOf, type FuzzTarget, textOf } from "../target.js";
import { bytesIn, stringsOf, vectorFile } from "../vectors.js";
import { PICTURE_LIMIT_MS } from "./pictures.js";

const ODT_READERS: readonly ((input: Uint8Array) => unknown)[] = [
  (input) => decodeOdtMessage(input),
  (input) => decodeOdtMessage(input, { typeLength: 1 }),
  (input) => odtFromHex(textOf(input)),
  (input) => odtFromHex(textOf(input), { typeLength: 1 }),
];

/** First byte: bytes or hex, and the length of the type. */
export const odtTarget: FuzzTarget = {
  name: "offline messages",
  weight: 90,
  corpus: () => [
    ...bytesIn(vectorFile("odt"), ["hex"]).flatMap((bytes) =>
      [0, 1].map((reader) => Uint8Array.of(reader, ...bytes)),
    ),
    ...stringsOf(vectorFile("odt"), ["text", "hex"]).flatMap((text) =>
      [2, 3].map((reader) => Uint8Array.of(reader, ...bytesOf(text))),
    ),
  ],
  run: (input) => ODT_READERS[(input[0] ?? 0) % ODT_READERS.length]?.(input.subarray(1)),
};

const PEER_READERS: readonly ((payload: Uint8Array) => unknown)[] = [
  decodeInitiatePayment,
  decodeRejectPayment,
  decodeCardStatus,
  decodeCardUpdate,
  decodeRefundRequest,
  decodeRefundAnswer,
];

/** First byte: which message. */
export const peerTarget: FuzzTarget = {
  name: "peer messages",
  weight: 90,
  corpus: () =>
    bytesIn(vectorFile("api"), ["hex"]).flatMap((payload) =>
      PEER_READERS.map((_, reader) => Uint8Array.of(reader, ...payload)),
    ),
  run: (input) => PEER_READERS[(input[0] ?? 0) % PEER_READERS.length]?.(input.subarray(1)),
};

export const metadataTarget: FuzzTarget = {
  name: "deputy metadata",
  weight: 60,
  corpus: () => bytesIn(vectorFile("dpp-modern"), ["hex", "metadata"]),
  run: (input) => decodeMetadata(input),
};

/** First byte: the profile. */
export const hopTarget: FuzzTarget = {
  name: "onion payloads",
  weight: 60,
  corpus: () =>
    bytesIn(vectorFile("onion"), ["payload"]).flatMap((payload) =>
      [0, 1].map((profile) => Uint8Array.of(profile, ...payload.subarray(1))),
    ),
  run: (input) => decodeHopPayload(input.subarray(1), (input[0] ?? 0) & 1 ? "draft-819" : "modern"),
};

const PAYMENT = hashOf("prove/payment");

/** Onions as they come, and the contents of onions that are made for this node. */
export const onionTarget: FuzzTarget = {
  name: "onions",
  weight: 12,
  corpus: () => {
    const whole = bytesIn(vectorFile("onion"), ["onion"]).map((onion) => Uint8Array.of(0, ...onion));
    const payloads = bytesIn(vectorFile("onion"), ["payload"]).map((bytes) => Uint8Array.of(1, ...bytes));
    return [...whole, ...payloads];
  },
  run(input) {
    if (((input[0] ?? 0) & 1) === 0) return peelOnion(input.slice(1), CARD_SECRET, PAYMENT);
    const publicKey = secp256k1.publicKey(hashOf("prove/onion session"));
    const shared = secp256k1.ecdh(CARD_SECRET, publicKey);
    const hopPayloads = new Uint8Array(HOP_PAYLOADS_LENGTH);
    hopPayloads.set(input.subarray(1, 1 + HOP_PAYLOADS_LENGTH));
    xorInto(hopPayloads, onionStream(onionKey("rho", shared), HOP_PAYLOADS_LENGTH));
    const hmac = onionHmac(shared, hopPayloads, PAYMENT);
    return peelOnion(encodeOnion({ publicKey, hopPayloads, hmac }), CARD_SECRET, PAYMENT);
  },
};

/** QR codes of offline messages, as picture files. */
export function pictureTarget(): FuzzTarget {
  const texts = stringsOf(vectorFile("odt"), ["text"]).slice(0, 3);
  const pictures = texts.map((text) => qrPng(text.trim() || "00"));
  return {
    name: "pictures",
    weight: 20,
    limitMs: PICTURE_LIMIT_MS,
    corpus: () => pictures.map((picture) => Uint8Array.from(picture)),
    words: ["IHDR", "IDAT", "IEND", "PLTE"],
    run: (input) => readQrPng(input),
  };
}
