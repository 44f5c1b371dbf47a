import { CARD_AID, type SelectRequest, select, send, type Transport } from "../../apdu/index.js";
import { LEVEL, openSecureChannel, type SecureChannel } from "../../apdu/secure-channel/index.js";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { kdf3 } from "../../keys/index.js";
import { type BlankCardOptions, blankCard, connectCard, type SimulatedCard } from "../../simulator/index.js";
import type { CardHardware } from "../../simulator/runtime/card.js";

export const h = hexToBytes;
export const hex = bytesToHex;
export const MASTER = h("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
export const SERIAL = h("0b0c01020304");
/** What a card of {@link SERIAL} says of itself in INITIALIZE UPDATE. */
export const DIVERSIFICATION = h("53430b0c010203044351");
export const VERSION = 0x30;
export const ALL_LEVELS = [0x01, 0x03, 0x11, 0x13, 0x33];

/** The card's keys of any version, from its diversification data. */
export const keysOf = (version: number, diversification: Uint8Array) =>
  kdf3(version, MASTER, diversification);

/** A blank card with the keys of {@link MASTER}. */
export function newCard(options: BlankCardOptions = {}, hardware: CardHardware = {}): SimulatedCard {
  return blankCard({ serial: SERIAL, keys: (data) => keysOf(VERSION, data), ...options }, hardware);
}

/** A transport that records what goes to the card and what comes back. */
export function recording(
  inner: Transport,
): Transport & { readonly sent: string[]; readonly received: string[] } {
  const sent: string[] = [];
  const received: string[] = [];
  return {
    sent,
    received,
    async transmit(command) {
      sent.push(hex(command));
      const response = await inner.transmit(command);
      received.push(hex(response));
      return response;
    },
  };
}

export interface Opened {
  readonly card: SimulatedCard;
  readonly wire: ReturnType<typeof recording>;
  readonly channel: SecureChannel;
}

/** Selects an application of the card and opens a channel to it. */
export async function open(
  card: SimulatedCard,
  options: { readonly aid?: Uint8Array; readonly level?: number; readonly keyVersion?: number } = {},
): Promise<Opened> {
  const wire = recording(connectCard(card));
  const request: SelectRequest = { aid: options.aid ?? CARD_AID };
  await wire.transmit(
    Uint8Array.of(0x00, 0xa4, 0x04, 0x00, request.aid?.length ?? 0, ...(request.aid ?? [])),
  );
  const channel = await openSecureChannel(wire, {
    keyVersion: options.keyVersion ?? VERSION,
    level: options.level ?? LEVEL.C_MAC | LEVEL.C_DECRYPTION,
    staticKeys: ({ keyVersion, diversification }) => keysOf(keyVersion, diversification),
  });
  return { card, wire, channel };
}

/** The lifecycle byte that a SELECT shows. */
export async function lifecycleOf(card: SimulatedCard): Promise<number> {
  return (await send(connectCard(card), select, {})).profile.lifecycle;
}
