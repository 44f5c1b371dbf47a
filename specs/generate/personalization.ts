import { hex } from "../../reference/bytes.js";
import { keyProof, keyProofBytes } from "../../reference/card/respond.js";
import { sign } from "../../reference/crypto.js";
import { writeGroups } from "../../reference/personalize.js";
import { kdf3 } from "../../reference/scp03.js";
import { bytes, flip, uint } from "./card/bytes.js";
import { CARD, ISSUER, keysForFile, NO_LIMIT, named } from "./card/material.js";
import { firstBlock, GROUP, lastBlock } from "./scp03/groups.js";

export const file = "personalization.json";

/** Check values that GlobalPlatformPro's tests publish for its kdf3, and a second master key. */
const derivations = [
  { master: bytes("404142434445464748494a4b4c4d4e4f"), data: bytes("00010203040506070809") },
  { master: named("card master key", 16), data: bytes("53430a0b010203044351") },
].map(({ master, data }) => {
  return {
    comment: "static keys of a card by KDF3",
    valid: true,
    kind: "kdf3",
    fields: {
      master: hex(master),
      diversification: hex(data),
      ...kdf3(master, data),
    },
  };
});

interface Block {
  readonly p1: "08" | "88";
  readonly p2: string;
  readonly data: Buffer | Uint8Array;
  readonly sw: string;
}

const all = [GROUP.identity, GROUP.nodeUri, GROUP.issuer, GROUP.limits, GROUP.sealKey];
const last = (data: Buffer | Uint8Array, sw: string, p2 = "00"): Block => ({ p1: "88", p2, data, sw });
const more = (data: Buffer | Uint8Array, sw = "9000", p2 = "00"): Block => ({ p1: "08", p2, data, sw });
const limits = (change: (value: Buffer) => void): Buffer => {
  const value = bytes(GROUP.limits.value);
  change(value);
  return value;
};
const limitsGroup = (change: (value: Buffer) => void): Buffer =>
  writeGroups([{ dgi: "0104", value: hex(limits(change)) }]);
const group = (dgi: string, value: Buffer): Buffer =>
  Buffer.concat([bytes(dgi), uint(value.length, 1), value]);
const invalid = (comment: string, data: Buffer, sw = "6a80") => ({ comment, blocks: [more(data, sw)] });

/** What a blank card with a key answers to STORE DATA, block after block, through a channel. */
const stores: readonly { readonly comment: string; readonly blocks: readonly Block[] }[] = [
  {
    comment: "two blocks",
    blocks: [more(writeGroups(firstBlock)), last(writeGroups(lastBlock), "9000", "01")],
  },
  {
    comment: "block 00 starts over",
    blocks: [
      more(writeGroups(firstBlock)),
      more(writeGroups(lastBlock)),
      last(writeGroups(firstBlock), "9000", "01"),
    ],
  },
  {
    comment: "an empty last block",
    blocks: [
      more(writeGroups(firstBlock)),
      more(writeGroups(lastBlock), "9000", "01"),
      last(Buffer.alloc(0), "9000", "02"),
    ],
  },
  {
    comment: "no limits at all",
    blocks: [more(limitsGroup((value) => value.fill(0xff, 8, 36)))],
  },
  {
    comment: "credit of 21 million bitcoin",
    blocks: [more(limitsGroup((value) => value.writeBigUInt64BE(2_100_000_000_000_000_000n)))],
  },
  ...all.map((missing) => ({
    comment: `without group ${missing.dgi}`,
    blocks: [
      more(writeGroups(firstBlock.filter((entry) => entry.dgi !== missing.dgi))),
      last(writeGroups(lastBlock.filter((entry) => entry.dgi !== missing.dgi)), "6985", "01"),
    ],
  })),
  {
    comment: "with a certificate",
    blocks: [
      more(writeGroups(firstBlock)),
      more(writeGroups(lastBlock), "9000", "01"),
      last(writeGroups([GROUP.certificate]), "9000", "02"),
    ],
  },
  {
    comment: "a certificate is not judged",
    blocks: [more(group("0105", Buffer.alloc(128))), more(group("0105", Buffer.alloc(128, 0xff)))],
  },
  {
    comment: "a certificate in place of the limits",
    blocks: [
      more(writeGroups(firstBlock)),
      last(writeGroups([GROUP.issuer, GROUP.certificate]), "6985", "01"),
    ],
  },
  {
    comment: "a certificate in two blocks",
    blocks: [more(writeGroups([GROUP.certificate])), more(writeGroups([GROUP.certificate]), "6a80", "01")],
  },
  {
    comment: "a gap in the block numbers",
    blocks: [more(writeGroups(firstBlock)), last(writeGroups(lastBlock), "6a86", "02")],
  },
  {
    comment: "a block number twice",
    blocks: [
      more(writeGroups(firstBlock)),
      more(Buffer.alloc(0), "9000", "01"),
      last(writeGroups(lastBlock), "6a86", "01"),
    ],
  },
  { comment: "begins with block 01", blocks: [more(writeGroups(firstBlock), "6a86", "01")] },
  {
    comment: "a group in two blocks",
    blocks: [more(writeGroups(firstBlock)), more(writeGroups(firstBlock), "6a80", "01")],
  },
  invalid("a group twice in a block", writeGroups([GROUP.sealKey, GROUP.sealKey])),
  invalid("a group that is not known", group("0199", Buffer.alloc(4)), "6a88"),
  invalid("cut in a header", bytes("0101")),
  invalid("cut in a value", group("0101", bytes(GROUP.identity.value)).subarray(0, 10)),
  invalid("length of three bytes", bytes("0101ff000c")),
  invalid("identity of 11 bytes", group("0101", Buffer.alloc(11))),
  invalid("empty node URI", group("0102", Buffer.alloc(0))),
  invalid("node URI of 201 bytes", group("0102", Buffer.alloc(201, 0x61))),
  invalid("node URI with a space", group("0102", Buffer.from("a b"))),
  invalid("node URI that is not ASCII", group("0102", Buffer.from([0xc3, 0xbc]))),
  invalid("issuer point compressed", group("0103", bytes(GROUP.issuer.value).subarray(0, 33))),
  invalid(
    "issuer point not on the curve",
    group("0103", Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 7)])),
  ),
  invalid("limits of 36 bytes", group("0104", Buffer.alloc(36))),
  invalid(
    "credit above 21 million bitcoin",
    group(
      "0104",
      limits((value) => value.writeBigUInt64BE(2_100_000_000_000_000_001n)),
    ),
  ),
  invalid(
    "credit without a limit",
    group(
      "0104",
      limits((value) => value.writeBigUInt64BE(NO_LIMIT)),
    ),
  ),
  invalid(
    "publish bit 0",
    group(
      "0104",
      limits((value) => value.writeUInt8(0x0d, 36)),
    ),
  ),
  invalid(
    "publish bit 4",
    group(
      "0104",
      limits((value) => value.writeUInt8(0x1c, 36)),
    ),
  ),
  invalid("seal key of 15 bytes", group("8101", Buffer.alloc(15))),
  invalid("certificate of 127 bytes", group("0105", Buffer.alloc(127))),
  invalid("certificate of 129 bytes", group("0105", Buffer.alloc(129))),
  invalid("empty certificate", group("0105", Buffer.alloc(0))),
  invalid("sealed certificate of 149 bytes", group("0105", Buffer.alloc(149, 4))),
  invalid("PIN of 3 digits", group("8102", bytes("23123fffffffffff"))),
  invalid("PIN block of 7 bytes", group("8102", bytes("241234ffffffff"))),
  invalid("PIN block of zeros", group("8102", Buffer.alloc(8))),
];

const KEY_CHALLENGE = named("key challenge", 16);
const PROOF = keyProof(CARD.point, sign(CARD.secretKey, [keyProofBytes(KEY_CHALLENGE, CARD.point)]));
const proof = (comment: string, hex: Buffer, error?: string) => ({
  comment,
  valid: error === undefined,
  challenge: KEY_CHALLENGE.toString("hex"),
  hex: hex.toString("hex"),
  ...(error ? { error } : { point: CARD.point.toString("hex") }),
});
/** Answers to GENERATE KEY PAIR, and whether the host believes them. */
const proofs = [
  proof("a key and its proof", PROOF),
  proof("a bit of the signature", flip(PROOF, 135), "signature"),
  proof("a bit of r", flip(PROOF, 72), "signature"),
  proof(
    "over another challenge",
    keyProof(CARD.point, sign(CARD.secretKey, [keyProofBytes(named("another challenge", 16), CARD.point)])),
    "signature",
  ),
  proof(
    "another key's proof",
    keyProof(CARD.point, sign(ISSUER.secretKey, [keyProofBytes(KEY_CHALLENGE, CARD.point)])),
    "signature",
  ),
  proof(
    "signed without its tag",
    keyProof(CARD.point, sign(CARD.secretKey, [Buffer.concat([KEY_CHALLENGE, CARD.point])])),
    "signature",
  ),
  proof("a byte behind it", Buffer.concat([PROOF, bytes("00")]), "form"),
  proof("a byte too few", PROOF.subarray(0, 135), "form"),
  proof("another tag", flip(PROOF, 0), "form"),
  proof("another tag of the signature", flip(PROOF, 70), "form"),
];

export function generate(): unknown {
  return {
    title: "Static keys and STORE DATA",
    spec: "specs/04 §3, §6",
    keys: keysForFile,
    vectors: [
      ...derivations,
      ...stores.map(({ comment, blocks }) => ({
        comment,
        valid: blocks.every(({ sw }) => sw === "9000"),
        kind: "store-data",
        blocks: blocks.map(({ p1, p2, data, sw }) => ({ p1, p2, data: hex(data), sw })),
      })),
    ],
    proofs,
  };
}
