import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Msat, secp256k1, utf8 } from "../../../common/index.js";
import type { DeputyProfile, DeputyRecipient, SecretScheme } from "../../dpp/index.js";
import { NodeError } from "../errors.js";
import type { Engine } from "./engine.js";
import { inboundHops, MIN_FINAL_CLTV } from "./hints.js";

/** A payment to the deputy: complete, held, and not decided yet. */
export interface DeputyPayment {
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** All parts together. */
  readonly received: Msat;
  /** `payment_metadata` of the final onion. */
  readonly metadata: Uint8Array | undefined;
  /** Unix seconds. */
  readonly now: number;
}

/**
 * Decides about a payment to the deputy: the preimage claims it, undefined fails it. The node never asks about a
 * payment hash that it knows, so none is claimed twice; and the claim is durable before the preimage goes out.
 */
export type DeputyDecision = (payment: DeputyPayment) => Uint8Array | undefined;

/** A recipient of deputy payments as the embedded node asks it. It needs no record of paid hashes of its own. */
export const deputyDecision =
  (recipient: DeputyRecipient): DeputyDecision =>
  ({ paymentHash, received, metadata, now }) =>
    recipient.preimageFor({ paymentHash, received, proof: { metadata }, now });

/** What makes one terminal's profile differ from another's. */
export interface DeputyTerminal {
  /** What people call it, 1 to 64 characters. */
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  /** 32 bytes, of this terminal alone. */
  readonly terminalKey: Uint8Array;
}

/** Node id of the deputy, 33 bytes. */
export const deputyId = ({ keys }: Engine): Uint8Array =>
  secp256k1.publicKey(keys.get_phantom_node_secret_key());

/** CLTV delta of the hop to the phantom node: what LDK itself writes into such hints. */
const PHANTOM_CLTV = 42;

/** Key number `index` (from 0) of those that LDK expands a secret into: HKDF with SHA-256, 32 bytes each. */
function expandKey(salt: string, secret: Uint8Array, index: number): Uint8Array {
  const length = 32 * (index + 1);
  return expand(sha256, extract(sha256, secret, utf8(salt)), undefined, length).slice(32 * index);
}

/**
 * The two keys with which a terminal makes payment secrets that this node accepts, from the seed that it shares
 * with its phantom node. The key between them derives the preimages of LDK's own invoices and stays here.
 */
function secretScheme(crossNodeSeed: Uint8Array): SecretScheme {
  const inbound = expandKey("LDK Inbound and Phantom Payment Key Expansion", crossNodeSeed, 0);
  const salt = "LDK Inbound Payment Key Expansion";
  return {
    type: "ldk-user-payment-hash",
    metadataKey: expandKey(salt, inbound, 0),
    userPmtHashKey: expandKey(salt, inbound, 2),
  };
}

/**
 * What a terminal needs to make invoices that this node takes without having seen them. The deputy is LDK's
 * phantom node, one for all terminals.
 * @throws NodeError `not-connected` when there is no channel over which the deputy could be reached
 */
export function exportDeputyProfile(engine: Engine, terminal: DeputyTerminal): DeputyProfile {
  const { manager, keys } = engine;
  const phantom = {
    nodeId: manager.get_our_node_id(),
    shortChannelId: manager.get_phantom_scid(),
    feeBase: 0,
    feeProportional: 0,
    cltvDelta: PHANTOM_CLTV,
  };
  const routeHints = inboundHops(engine).map((hop) => [hop, phantom]);
  if (routeHints.length === 0)
    throw new NodeError("not-connected", "the node has no open channel, so its deputy cannot be reached", {
      hint: "Open a channel first.",
    });
  return {
    network: "bcrt",
    ...terminal,
    payeeKey: keys.get_phantom_node_secret_key(),
    routeHints,
    secretScheme: secretScheme(engine.crossNodeSeed),
    minFinalCltv: MIN_FINAL_CLTV,
    multiPart: false,
    media: [],
  };
}
