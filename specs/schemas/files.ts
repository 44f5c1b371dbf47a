import { z } from "zod";
import { bytes, comment, count, error, head, hex, pair } from "./parts.js";

const scrypt = z.strictObject({ n: count, r: count, p: count });
const keyFile = z.strictObject({
  format: z.string(),
  version: count,
  scrypt,
  salt: bytes(32),
  box: hex,
  checksum: bytes(8),
});
const material = z.strictObject({
  issuerKeys: z.array(bytes(32)),
  masterKeys: z.array(
    z.strictObject({ version: count, diversification: z.enum(["kdf3", "none"]), key: bytes(16) }),
  ),
  keySets: z.array(z.strictObject({ id: bytes(4), sealKey: bytes(16), issuerKey: count, label: z.string() })),
});
const letter = z.strictObject({ card: bytes(8), number: z.string(), holder: z.string(), pin: z.string() });
const group = z.strictObject({ dgi: bytes(2), value: hex });
const texts = z.array(z.string());

export const personalizationFiles = z.strictObject({
  ...head,
  keyFiles: z.array(
    pair(
      {
        passphrase: hex,
        key: bytes(32),
        nonce: bytes(24),
        header: z.string(),
        content: hex,
        material,
        file: keyFile,
      },
      { passphrase: hex, file: keyFile, error },
    ),
  ),
  fingerprints: z.array(
    z.strictObject({ comment, file: z.string(), keySet: bytes(4), text: z.string(), fingerprint: hex }),
  ),
  journals: z.array(pair({ file: hex, texts }, { file: hex, error })),
  pinLetters: z.array(
    pair(
      {
        passphrase: hex,
        key: bytes(32),
        nonces: z.array(bytes(24)),
        letters: z.array(letter),
        texts,
        file: hex,
      },
      { passphrase: hex, texts, file: hex, error },
    ),
  ),
  blocks: z.array(
    z.strictObject({ comment, room: count, groups: z.array(group), blocks: z.array(z.array(bytes(2))) }),
  ),
  productionData: z.array(pair({ hex, chip: bytes(12) }, { hex, error })),
  cardPages: z.array(
    pair(
      {
        base: z.string(),
        secret: bytes(16),
        address: z.string(),
        code: z.string(),
        secretHash: bytes(32),
        codeHash: bytes(32),
      },
      { address: z.string(), error },
    ),
  ),
});
