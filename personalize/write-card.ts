import { randomBytes } from "node:crypto";
import type { DataGroup } from "../apdu/commands/store-data.js";
import {
  CardStatusError,
  generateKeyPair,
  KEY_CHALLENGE_LENGTH,
  keyProofDigest,
  type SecureChannel,
  SecureChannelError,
  SW,
  send,
  storeData,
} from "../apdu/index.js";
import { ParseError, secp256k1 } from "../common/index.js";
import { type CardData, dataGroups, packBlocks } from "./card-data.js";
import { PersonalizationError } from "./errors.js";

/**
 * Has the card make its key, and proves that it has it (specs/04 §5).
 * @returns the point, 65 bytes
 * @throws PersonalizationError `bad-proof`, `unsupported-card`, `mismatch`; TransportError
 */
export async function makeKey(
  channel: SecureChannel,
  random: (length: number) => Uint8Array = randomBytes,
): Promise<Uint8Array> {
  const challenge = Uint8Array.from(random(KEY_CHALLENGE_LENGTH));
  const { point, signature } = await refusing("GENERATE KEY PAIR", () =>
    send(channel, generateKeyPair, { challenge }),
  );
  const proof = keyProofDigest(challenge, point);
  if (secp256k1.verify(signature, proof, point)) return point;
  throw new PersonalizationError("bad-proof", "the card's proof of its new key is wrong", {
    hint: "Put the card aside: its key cannot be trusted.",
  });
}

/** Sends all blocks of the card application's STORE DATA (specs/04 §6). @throws as {@link writeGroups} */
export const writeData = (
  channel: SecureChannel,
  data: CardData,
  beforeLast?: () => Promise<void>,
): Promise<void> => writeGroups(channel, dataGroups(data), beforeLast);

/**
 * Sends groups in as many blocks of STORE DATA as they need.
 * @param beforeLast what has to be durable before the card can pay
 * @throws PersonalizationError `no-room`, `mismatch`, `unsupported-card`; TransportError; what `beforeLast` throws
 */
export async function writeGroups(
  channel: SecureChannel,
  groups: readonly DataGroup[],
  beforeLast: () => Promise<void> = async () => {},
): Promise<void> {
  const blocks = packBlocks(groups, channel.maxData);
  for (const [block, inBlock] of blocks.entries()) {
    const last = block === blocks.length - 1;
    if (last) await beforeLast();
    await refusing("STORE DATA", () => send(channel, storeData, { block, last, groups: inBlock }));
  }
}

/** Runs a command of the channel and says what its refusal means for the card. */
async function refusing<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof CardStatusError) throw refusal(name, cause);
    if (cause instanceof SecureChannelError)
      throw new PersonalizationError("mismatch", `${name}: ${cause.message}`, {
        cause,
        hint:
          cause.code === "integrity"
            ? "Lay the card on the reader again; it is started over. If every card of this kind fails here, its encryption of responses may be broken: set responses: mac-only under card-keys in the profile of a new batch."
            : "Lay the card on the reader again; it is started over.",
      });
    if (cause instanceof ParseError)
      throw new PersonalizationError("unsupported-card", `${name}: ${cause.message}`, {
        cause,
        hint: "Put the card aside: its application is not one that this software knows.",
      });
    throw cause;
  }
}

function refusal(name: string, cause: CardStatusError): PersonalizationError {
  if (cause.sw === SW.NO_ROOM)
    return new PersonalizationError("no-room", `${name}: the card has no room`, {
      cause,
      hint: "Delete other applications from the card, or put it aside.",
    });
  if (name === "GENERATE KEY PAIR" && cause.sw !== SW.SECURITY_NOT_SATISFIED)
    return new PersonalizationError("unsupported-card", "the card cannot make a key on secp256k1", {
      cause,
      hint: "Put the card aside and use cards that support 256-bit elliptic curves with own parameters.",
    });
  return new PersonalizationError("mismatch", cause.message, {
    cause,
    hint: "Lay the card on the reader again; it is started over.",
  });
}
