import {
  openSecureChannel,
  type Reader,
  reset,
  type SecureChannel,
  select,
  send,
  type Transport,
  withResponseChaining,
} from "../apdu/index.js";
import { type CardSettings, type ConformanceTarget, cardOnReader } from "../host/conformance/index.js";
import { type CardStaticKeys, type KeySource, wipeCardKeys } from "../keys/index.js";
import { makeKey, writeData } from "./write-card.js";

/**
 * A card on a reader that the conformance suite may reset and personalize as it likes, through the secure channel.
 * For authors of card applications: without a journal and without a registry, so never for cards in use.
 * @param version of the card's static keys
 */
export function channelTarget(reader: Reader, keys: KeySource, version: number): ConformanceTarget {
  return {
    name: `${reader.name}, personalized through its secure channel`,
    passesMalformed: false,
    async provision(wanted) {
      const connection = await reader.waitForCard();
      let publicKey: Uint8Array | undefined;
      try {
        publicKey = await provision(withResponseChaining(connection), keys, version, wanted);
      } finally {
        await connection.close();
      }
      return cardOnReader(reader, publicKey);
    },
  };
}

async function provision(
  card: Transport,
  keys: KeySource,
  version: number,
  wanted: CardSettings | "blank",
): Promise<Uint8Array | undefined> {
  await send(card, select, {});
  const channel = await open(card, keys, version);
  // A blank card too: what an earlier case left unfinished goes with it.
  await send(channel, reset, {});
  if (wanted === "blank") return undefined;
  const { limits, issuerPublicKey: issuerPoint, pin, ...rest } = wanted;
  const { credit, ...others } = limits;
  const publicKey = await makeKey(channel);
  await writeData(channel, { ...rest, credit, issuerPoint, pin, limits: others });
  channel.close();
  return publicKey;
}

async function open(card: Transport, keys: KeySource, version: number): Promise<SecureChannel> {
  let used: CardStaticKeys | undefined;
  try {
    return await openSecureChannel(card, {
      keyVersion: version,
      level: "best",
      staticKeys: async ({ diversification }) => {
        used = await keys.cardKeys(version, diversification);
        return used;
      },
    });
  } finally {
    if (used) wipeCardKeys(used);
  }
}
