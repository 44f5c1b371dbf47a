import type { DataGroup } from "../../../apdu/index.js";
import { uint } from "../card/bytes.js";
import { CARD, ISSUER, KEY_SET, NODE_URI } from "../card/material.js";

const limits = Buffer.concat([
  uint(50_000_000, 8),
  uint(25_000_000, 8),
  uint(5_000_000, 8),
  uint(20_000_000, 8),
  uint(0xffffffff, 4),
  uint(0x0c, 1),
]);

/** The data groups of a card (specs/04 §6). */
export const GROUP = {
  identity: { dgi: 0x0101, value: Buffer.concat([CARD.cardId, KEY_SET.keySetId]) },
  nodeUri: { dgi: 0x0102, value: Buffer.from(NODE_URI, "latin1") },
  issuer: { dgi: 0x0103, value: ISSUER.point },
  limits: { dgi: 0x0104, value: limits },
  sealKey: { dgi: 0x8101, value: KEY_SET.sealKey },
  pin: { dgi: 0x8102, value: Buffer.from("241234ffffffffff", "hex") },
} as const satisfies Record<string, DataGroup>;

export const firstBlock: readonly DataGroup[] = [GROUP.nodeUri, GROUP.sealKey, GROUP.identity];
export const lastBlock: readonly DataGroup[] = [GROUP.issuer, GROUP.limits, GROUP.pin];
