import {
  CARD_ID_LENGTH,
  KEY_SET_ID_LENGTH,
  LIFECYCLE,
  MAX_NODE_URI_LENGTH,
  PIN_TRIES,
  SEAL_KEY_LENGTH,
  SEALED_BODY_LENGTH,
} from "../../apdu/constants.js";
import type { AppletContext } from "../runtime/applet.js";
import { OwnerPin } from "../runtime/owner-pin.js";
import type { PersistentCell } from "../runtime/persistent-memory.js";
import { AuthorizationRing } from "./ring.js";

/** Length of a PIN block. */
export const PIN_BLOCK_LENGTH = 8;
/** An uncompressed point of secp256k1. */
export const POINT_LENGTH = 65;

/** Lifecycle of a card whose RESET was torn. No command sees it: the next SELECT makes the card blank (specs/04 §7). */
export const RESETTING = 0x00;

/** All that the card application keeps (specs/01 §8). */
export interface CardState {
  readonly lifecycle: PersistentCell;
  readonly cardId: PersistentCell;
  readonly keySetId: PersistentCell;
  readonly sealKey: PersistentCell;
  readonly issuerPoint: PersistentCell;
  /** Length u8, then the ASCII text. */
  readonly nodeUri: PersistentCell;
  readonly secretKey: PersistentCell;
  readonly point: PersistentCell;
  /** Length u8, then the signed body in clear, 128 bytes; length 0: there is none. */
  readonly certificate: PersistentCell;
  /** PUBLISHED bits of the profile. */
  readonly published: PersistentCell;
  readonly credit: PersistentCell;
  readonly maxPerTransaction: PersistentCell;
  readonly pinThreshold: PersistentCell;
  readonly noPinBudget: PersistentCell;
  readonly maxTransactions: PersistentCell;
  readonly sequence: PersistentCell;
  readonly counter: PersistentCell;
  readonly authorized: PersistentCell;
  readonly noPinSpent: PersistentCell;
  readonly ring: AuthorizationRing;
  readonly pin: OwnerPin;
  /** Runs a change of the state as one transaction. */
  readonly atomically: (change: () => void) => void;
  /** The card's random number generator. */
  readonly random: (length: number) => Uint8Array;
}

/** Reserves the state of a blank card. Names and lengths are those of the card file. */
export function allocateState(context: AppletContext): CardState {
  const cell = (name: string, length: number) => context.persistent(name, new Uint8Array(length));
  return {
    lifecycle: context.persistent("lifecycle", Uint8Array.of(LIFECYCLE.BLANK)),
    cardId: cell("card-id", CARD_ID_LENGTH),
    keySetId: cell("key-set-id", KEY_SET_ID_LENGTH),
    sealKey: cell("seal-key", SEAL_KEY_LENGTH),
    issuerPoint: cell("issuer-point", POINT_LENGTH),
    nodeUri: cell("node-uri", 1 + MAX_NODE_URI_LENGTH),
    certificate: cell("certificate", 1 + SEALED_BODY_LENGTH),
    secretKey: cell("secret-key", 32),
    point: cell("point", POINT_LENGTH),
    published: cell("published", 1),
    credit: cell("credit", 8),
    maxPerTransaction: cell("max-per-transaction", 8),
    pinThreshold: cell("pin-threshold", 8),
    noPinBudget: cell("no-pin-budget", 8),
    maxTransactions: cell("max-transactions", 4),
    sequence: cell("sequence", 4),
    counter: cell("counter", 4),
    authorized: cell("authorized", 8),
    noPinSpent: cell("no-pin-spent", 8),
    ring: new AuthorizationRing(context),
    pin: new OwnerPin(context, "pin", PIN_BLOCK_LENGTH, PIN_TRIES),
    atomically: (change) => context.atomically(change),
    random: (length) => context.random(length),
  };
}

/** The node URI without its length byte; empty on a blank card. */
export const nodeUriOf = ({ nodeUri }: CardState): Uint8Array => counted(nodeUri);

/** The signed body of the certificate, 128 bytes; empty where there is none. */
export const certificateOf = ({ certificate }: CardState): Uint8Array => counted(certificate);

/** What follows a length byte. */
const counted = (cell: PersistentCell): Uint8Array => cell.bytes.subarray(1, 1 + cell.u8());
