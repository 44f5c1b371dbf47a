import type { DataGroup } from "../../../reference/personalize.js";
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

const group = (dgi: string, value: Buffer): DataGroup => ({ dgi, value: value.toString("hex") });

/** The data groups of a card (specs/04 §6). */
export const GROUP = {
  identity: group("0101", Buffer.concat([CARD.cardId, KEY_SET.keySetId])),
  nodeUri: group("0102", Buffer.from(NODE_URI, "latin1")),
  issuer: group("0103", ISSUER.point),
  limits: group("0104", limits),
  sealKey: group("8101", KEY_SET.sealKey),
  certificate: group("0105", Buffer.alloc(128, 0xce)),
  pin: group("8102", Buffer.from("241234ffffffffff", "hex")),
} as const;

export const firstBlock: readonly DataGroup[] = [GROUP.nodeUri, GROUP.sealKey, GROUP.identity];
export const lastBlock: readonly DataGroup[] = [GROUP.issuer, GROUP.limits, GROUP.pin];
