import * as codecs from "../../../apdu/index.js";
import { readTlvs } from "../../../apdu/index.js";
import { derToCompact, hexToBytes, parseAmount } from "../../../common/index.js";
import { decodeTlvStream } from "../../../lightning/tlv.js";
import { CARD_POINT, KEY_SET_ID, SEAL_KEY } from "../../card/material.js";
import { bytesOf, type FuzzTarget, textOf } from "../target.js";
import { bytesIn, stringsOf, vectorFile } from "../vectors.js";

const { authorizationMessage, certificateMessage, statusMessage, updateMessage, verifySignature } = codecs;
const sealKeys = (): Uint8Array => SEAL_KEY;
const MESSAGES = [authorizationMessage, statusMessage, updateMessage, certificateMessage];

/** Opens as each type, and verifies what could be opened. */
function openAs(type: number, bytes: Uint8Array): unknown {
  const message = MESSAGES[type % MESSAGES.length];
  const opened = message?.open(bytes, sealKeys);
  return opened && [opened.fields, verifySignature(opened, CARD_POINT)];
}

export const sealedTarget: FuzzTarget = {
  name: "sealed messages",
  weight: 60,
  corpus: () =>
    bytesIn(vectorFile("card-messages"), ["hex"]).flatMap((bytes) =>
      MESSAGES.map((_, type) => Uint8Array.of(type, ...bytes)),
    ),
  run: (input) => openAs(input[0] ?? 0, input.subarray(1)),
};

/** The body before it is sealed, so that every field is reached. */
export const sealedBodyTarget: FuzzTarget = {
  name: "bodies under the seal",
  weight: 60,
  corpus: () =>
    bytesIn(vectorFile("card-messages"), ["body"]).flatMap((body) =>
      MESSAGES.map((_, type) => Uint8Array.of(type, ...body)),
    ),
  run(input) {
    const body = new Uint8Array(128);
    body.set(input.subarray(1, 129));
    const type = ((input[0] ?? 0) % MESSAGES.length) + 1;
    const bytes = codecs.seal(type as codecs.MessageType, KEY_SET_ID, SEAL_KEY, SEAL_KEY, body);
    return openAs(type - 1, bytes);
  },
};

const ANSWERS: readonly ((data: Uint8Array) => unknown)[] = [
  codecs.select,
  codecs.getProfile,
  codecs.getNodeUri,
  codecs.getCertificate,
  codecs.authorize,
  codecs.identify,
  codecs.verifyPin,
  codecs.generateKeyPair,
].map((codec) => (data) => codec.decodeResponse(data));

/** First byte: which command's answer, or a command APDU as the layers of a transport read it. */
export const commandTarget: FuzzTarget = {
  name: "command APDUs",
  weight: 90,
  corpus: () =>
    bytesIn(vectorFile("card-commands"), ["hex"]).flatMap((bytes) =>
      [...ANSWERS, codecs.decodeCommandApdu].map((_, reader) => Uint8Array.of(reader, ...bytes)),
    ),
  run(input) {
    const read = ANSWERS[(input[0] ?? 0) % (ANSWERS.length + 1)] ?? codecs.decodeCommandApdu;
    return read(input.subarray(1));
  },
};

export const berTarget: FuzzTarget = {
  name: "BER-TLV",
  weight: 90,
  // The empty object comes last, so that it is also read 64 KiB long.
  corpus: () => [...bytesIn(vectorFile("card-commands"), ["hex"]), Uint8Array.of(0xc1, 0x00)],
  run: (input) => readTlvs(input, "fuzz"),
};

export const tlvTarget: FuzzTarget = {
  name: "TLV streams",
  weight: 90,
  corpus: () => bytesIn(vectorFile("tlv"), ["hex"]),
  run: (input) => decodeTlvStream(input),
};

export const pinTarget: FuzzTarget = {
  name: "PINs",
  weight: 60,
  corpus: () => [bytesOf("1234"), bytesOf("123456789012"), Uint8Array.from(hexToBytes("241234ffffffffff"))],
  run(input) {
    return codecs.encodePinBlock(textOf(input));
  },
};

const TEXT_READERS: readonly ((text: string) => unknown)[] = [
  (text) => parseAmount(text),
  (text) => hexToBytes(text),
  (text) => derToCompact(bytesOf(text)),
];

/** First byte: amount, hex or a DER signature. */
export const smallTarget: FuzzTarget = {
  name: "amounts, hex, DER",
  weight: 60,
  corpus() {
    const amounts = ["2500sat", "0.001btc", "1msat", "21000000btc", "1500msat"].map((text) => `\0${text}`);
    const der = `\u0002${textOf(hexToBytes("3006020101020101"))}`;
    const hex = stringsOf(vectorFile("tlv"), ["hex"]).map((text) => `\u0001${text}`);
    return [...amounts, der, ...hex.slice(0, 20)].map(bytesOf);
  },
  words: ["sat", "msat", "btc", ".", "21000000"],
  run: (input) => TEXT_READERS[(input[0] ?? 0) % TEXT_READERS.length]?.(textOf(input.subarray(1))),
};
