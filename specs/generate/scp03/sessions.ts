import {
  command,
  decodeResponseApdu,
  encodeCommandApdu,
  encodePutKey,
  generateKeyPair,
  openSecureChannel,
  reset,
  storeData,
  type Transport,
} from "../../../apdu/index.js";
import { bytesToHex } from "../../../common/index.js";
import { connectCard, type DomainOptions } from "../../../simulator/index.js";
import { named } from "../card/material.js";
import { AIDS, fixedRandom, KEY_VERSION, keysOf, NEXT_VERSION, vectorCard } from "./cards.js";
import { firstBlock, lastBlock } from "./groups.js";

interface SessionScript {
  readonly comment: string;
  readonly card: DomainOptions;
  readonly to: keyof typeof AIDS;
  readonly level: number;
  /** Plain commands, from the card's diversification data. */
  readonly commands: (diversification: Uint8Array) => readonly Uint8Array[];
}

const getData = (tag: number) =>
  encodeCommandApdu(command(0x80, 0xca, { p1: tag >> 8, p2: tag & 0xff, le: 256 }));
const challenge = Uint8Array.from(named("key challenge", 16));
const personalization = () => [
  encodeCommandApdu(generateKeyPair.encodeRequest({ challenge })),
  encodeCommandApdu(storeData.encodeRequest({ block: 0, last: false, groups: firstBlock })),
  encodeCommandApdu(storeData.encodeRequest({ block: 1, last: true, groups: lastBlock })),
];

const SCRIPTS: readonly SessionScript[] = [
  {
    comment: "S8, pseudo-random challenge, C-MAC: looking at the security domain",
    card: {},
    to: "domain",
    level: 0x01,
    commands: () => [getData(0x00e0), getData(0x0066), getData(0x9f7f), getData(0x0042)],
  },
  {
    comment: "S8, pseudo-random challenge, C-MAC and C-DECRYPTION: a personalization, and RESET",
    card: {},
    to: "application",
    level: 0x03,
    commands: () => [...personalization(), encodeCommandApdu(reset.encodeRequest({}))],
  },
  {
    comment: "S8, all protections: a personalization",
    card: {},
    to: "application",
    level: 0x33,
    commands: personalization,
  },
  {
    comment: "S8, random challenge, C-MAC and R-MAC: looking at the security domain",
    card: { randomChallenge: true },
    to: "domain",
    level: 0x11,
    commands: () => [getData(0x00e0), getData(0x0042)],
  },
  {
    comment: "S16, pseudo-random challenge, all protections: a personalization",
    card: { s16: true },
    to: "application",
    level: 0x33,
    commands: personalization,
  },
  {
    comment: "S16, random challenge, C-MAC, C-DECRYPTION and R-MAC: RESET of a blank card",
    card: { s16: true, randomChallenge: true },
    to: "application",
    level: 0x13,
    commands: () => [encodeCommandApdu(reset.encodeRequest({}))],
  },
  {
    comment: "S8, all protections: PUT KEY replaces the keys",
    card: {},
    to: "domain",
    level: 0x33,
    commands: (diversification) => [
      encodeCommandApdu(
        encodePutKey(
          KEY_VERSION,
          NEXT_VERSION,
          keysOf(NEXT_VERSION, diversification),
          keysOf(KEY_VERSION, diversification).dek,
        ),
      ),
      getData(0x00e0),
    ],
  },
];

const exchange = (sent: Uint8Array, received: Uint8Array) => {
  const { data, sw } = decodeResponseApdu(received);
  return { command: bytesToHex(sent), sw: sw.toString(16).padStart(4, "0"), data: bytesToHex(data) };
};

async function play(script: SessionScript): Promise<unknown> {
  const card = vectorCard(script.card);
  const connection = connectCard(card);
  const wire: ReturnType<typeof exchange>[] = [];
  const transport: Transport = {
    async transmit(sent) {
      const received = await connection.transmit(sent);
      wire.push(exchange(sent, received));
      return received;
    },
  };
  const aid = AIDS[script.to];
  await transport.transmit(encodeCommandApdu(command(0x00, 0xa4, { p1: 0x04, data: aid, le: 256 })));
  const channel = await openSecureChannel(transport, {
    keyVersion: KEY_VERSION,
    level: script.level,
    mode: script.card.s16 ? "S16" : "S8",
    staticKeys: ({ diversification }) => keysOf(KEY_VERSION, diversification),
    random: fixedRandom(`host challenge: ${script.comment}`),
  });
  const { diversification, i, mode } = channel.card;
  const steps: unknown[] = [];
  for (const plain of script.commands(diversification)) {
    const answer = await channel.transmit(plain);
    steps.push({ plain: exchange(plain, answer), wire: wire.at(-1) });
  }
  const keys = keysOf(KEY_VERSION, diversification);
  return {
    comment: script.comment,
    valid: true,
    fields: {
      mode,
      i: i.toString(16),
      level: script.level.toString(16).padStart(2, "0"),
      aid: bytesToHex(aid),
      diversification: bytesToHex(diversification),
      staticKeys: {
        version: KEY_VERSION,
        enc: bytesToHex(keys.enc),
        mac: bytesToHex(keys.mac),
        dek: bytesToHex(keys.dek),
      },
    },
    opening: wire.slice(0, 3),
    steps,
  };
}

/** Every session, played between the host's half and a simulated card. */
export async function playSessions(): Promise<readonly unknown[]> {
  const sessions: unknown[] = [];
  for (const script of SCRIPTS) sessions.push(await play(script));
  return sessions;
}
