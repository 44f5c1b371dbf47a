import { describe, expect, test } from "vitest";
import {
  authorizationMessage,
  certificateMessage,
  frameSealed,
  type OpenedMessage,
  type SealedMessageCodec,
  sealBody,
  signMessage,
  statusMessage,
  updateMessage,
  verifySignature,
} from "../../apdu/index.js";
import { bytesToHex, hexToBytes, nativeSecp256k1, nobleSecp256k1, ParseError } from "../../common/index.js";
import { plain, readVectorFile } from "./vector-file.js";

interface MessageVector {
  readonly comment: string;
  readonly type: "authorization" | "status" | "update" | "certificate";
  readonly valid: boolean;
  readonly canonical?: boolean;
  readonly hex: string;
  readonly fields: Record<string, string | number> & { keySetId: string; iv: string; signature: string };
  readonly body: string;
  readonly digest: string;
  readonly error: string;
}
interface MessageFile {
  readonly keys: {
    readonly issuer: { readonly secretKey: string; readonly point: string };
    readonly keySets: readonly { readonly keySetId: string; readonly sealKey: string }[];
    readonly cards: readonly {
      readonly cardId: string;
      readonly secretKey: string;
      readonly point: string;
    }[];
  };
  readonly vectors: readonly MessageVector[];
}

const { keys, vectors } = readVectorFile<MessageFile>("card-messages.json");
const CODECS = {
  authorization: authorizationMessage,
  status: statusMessage,
  update: updateMessage,
  certificate: certificateMessage,
};
const BACKENDS = [nobleSecp256k1, ...(nativeSecp256k1 ? [nativeSecp256k1] : [])];

const sealKeys = (id: Uint8Array): Uint8Array | undefined => {
  const found = keys.keySets.find(({ keySetId }) => keySetId === bytesToHex(id));
  return found && hexToBytes(found.sealKey);
};

function open(type: MessageVector["type"], hex: string): OpenedMessage<object> {
  return CODECS[type].open(hexToBytes(hex), sealKeys);
}

/** Key of the writer that the message itself names. */
function writer(type: MessageVector["type"], opened: OpenedMessage<object>) {
  if (type === "update" || type === "certificate") return keys.issuer;
  const cardId = bytesToHex((opened.fields as { cardId: Uint8Array }).cardId);
  return keys.cards.find((card) => card.cardId === cardId);
}

const valid = vectors.filter((vector) => vector.valid);
const invalid = vectors.filter((vector) => !vector.valid);

describe("valid sealed messages", () => {
  test.each(valid)("$type: $comment", ({ type, hex, fields, digest, body }) => {
    const opened = open(type, hex);
    const { keySetId, iv, signature, reserved: _, ...meaning } = fields;
    expect(plain(opened.fields)).toEqual(meaning);
    expect(bytesToHex(opened.keySetId)).toBe(keySetId);
    expect(bytesToHex(opened.signature)).toBe(signature);
    expect(bytesToHex(opened.digest)).toBe(digest);
    const key = writer(type, opened);
    for (const backend of BACKENDS)
      expect(verifySignature(opened, hexToBytes(key?.point ?? ""), backend), backend.name).toBe(true);
    // And back: the same bytes from the body under the same IV.
    const sealKey = sealKeys(opened.keySetId) ?? new Uint8Array(0);
    const sealed = sealBody(sealKey, hexToBytes(iv), hexToBytes(body));
    const frame = frameSealed(CODECS[type].type, opened.keySetId, hexToBytes(iv), sealed);
    expect(bytesToHex(frame)).toBe(hex);
  });

  test.each(valid.filter(({ canonical = true }) => canonical))(
    "signing $type: $comment",
    ({ type, hex, body }) => {
      const opened = open(type, hex);
      const codec = CODECS[type] as Pick<SealedMessageCodec<object>, "digest">;
      const secretKey = hexToBytes(writer(type, opened)?.secretKey ?? "");
      expect(bytesToHex(signMessage(codec, opened.fields, opened.keySetId, secretKey))).toBe(body);
    },
  );
});

describe("invalid sealed messages", () => {
  test.each(invalid)("$type, $error: $comment", ({ type, hex, error }) => {
    if (error === "signature") {
      // Noise may also have fields out of range; either way nothing is accepted.
      let opened: OpenedMessage<object>;
      try {
        opened = open(type, hex);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(ParseError);
        return;
      }
      const point = hexToBytes(writer(type, opened)?.point ?? keys.issuer.point);
      for (const backend of BACKENDS)
        expect(verifySignature(opened, point, backend), backend.name).toBe(false);
      return;
    }
    const path = error === "length" ? type : `${type}/${error}`;
    expect(() => open(type, hex)).toThrow(expect.objectContaining({ code: "parse", path }));
  });
});
