import { hex, join, uint, unhex } from "../../../reference/bytes.js";
import { parseCommand } from "../../../reference/card/answer.js";
import { respond } from "../../../reference/card/respond.js";
import { APPLICATION_AID, type Card, DOMAIN_AID } from "../../../reference/card/state.js";
import { putKeyData, writeGroups } from "../../../reference/personalize.js";
import { authenticate, greet, openResponse, protectCommand, sizeOf } from "../../../reference/scp03.js";
import { named } from "../card/material.js";
import { fixedRandom, KEY_VERSION, keysOf, NEXT_VERSION, vectorCard } from "./cards.js";
import { firstBlock, lastBlock } from "./groups.js";

const AIDS = { application: APPLICATION_AID, domain: DOMAIN_AID } as const;

interface SessionScript {
  readonly comment: string;
  /** Parameter `i` of the card. */
  readonly i: number;
  readonly to: keyof typeof AIDS;
  readonly level: number;
  /** Plain commands, from the card's diversification data. */
  readonly commands: (diversification: Uint8Array) => readonly Buffer[];
}

/** A command: header, data, and Le 00 where data come back. */
export const apdu = (header: string, data: Uint8Array = Buffer.alloc(0), le = false): Buffer =>
  join(unhex(header), data.length > 0 ? uint(data.length, 1) : Buffer.alloc(0), data, unhex(le ? "00" : ""));

const getData = (tag: string): Buffer => apdu(`80ca${tag}`, undefined, true);
export const GENERATE_KEY_PAIR = apdu("84468000", named("key challenge", 16), true);
const RESET = apdu("84e40000");
const personalization = (): Buffer[] => [
  GENERATE_KEY_PAIR,
  apdu("84e20800", writeGroups(firstBlock)),
  apdu("84e28801", writeGroups(lastBlock)),
];

const SCRIPTS: readonly SessionScript[] = [
  {
    comment: "S8, pseudo-random challenge, C-MAC: looking at the security domain",
    i: 0x70,
    to: "domain",
    level: 0x01,
    commands: () => ["00e0", "0066", "9f7f", "0042"].map(getData),
  },
  {
    comment: "S8, pseudo-random challenge, C-MAC and C-DECRYPTION: a personalization, and RESET",
    i: 0x70,
    to: "application",
    level: 0x03,
    commands: () => [...personalization(), RESET],
  },
  {
    comment: "S8, all protections: a personalization",
    i: 0x70,
    to: "application",
    level: 0x33,
    commands: personalization,
  },
  {
    comment: "S8, random challenge, C-MAC and R-MAC: looking at the security domain",
    i: 0x60,
    to: "domain",
    level: 0x11,
    commands: () => ["00e0", "0042"].map(getData),
  },
  {
    comment: "S16, pseudo-random challenge, all protections: a personalization",
    i: 0x71,
    to: "application",
    level: 0x33,
    commands: personalization,
  },
  {
    comment: "S16, random challenge, C-MAC, C-DECRYPTION and R-MAC: RESET of a blank card",
    i: 0x61,
    to: "application",
    level: 0x13,
    commands: () => [RESET],
  },
  {
    comment: "S8, all protections: PUT KEY replaces the keys",
    i: 0x70,
    to: "domain",
    level: 0x33,
    commands: (diversification) => {
      const keys = keysOf(diversification);
      return [
        apdu(`80d8${KEY_VERSION.toString(16)}81`, putKeyData(NEXT_VERSION, keys, keys.dek), true),
        getData("00e0"),
      ];
    },
  },
];

/** Added to the first sessions: levels at which data go in clear. */
const PLAIN_DATA: readonly SessionScript[] = [0x00, 0x01, 0x11, 0x13].map((level) => ({
  comment: `S8, level ${level.toString(16).padStart(2, "0")}: PUT KEY replaces the keys`,
  i: 0x70,
  to: "domain",
  level,
  commands: (diversification) => {
    const keys = keysOf(diversification);
    return [
      getData("00e0"),
      apdu(`80d8${KEY_VERSION.toString(16)}81`, putKeyData(NEXT_VERSION, keys, keys.dek), true),
      getData("00e0"),
    ];
  },
}));

const exchange = (command: Uint8Array, sw: string, data: Uint8Array) => ({
  command: hex(command),
  sw,
  data: hex(data),
});

/** A card, what was sent to it and what came back. */
class Wire {
  #card: Card;
  readonly #draw = fixedRandom("card entropy");
  readonly log: ReturnType<typeof exchange>[] = [];

  constructor(card: Card) {
    this.#card = card;
  }

  send(command: Uint8Array): { readonly sw: string; readonly data: Buffer } {
    const { sw, data, card } = respond(this.#card, command, this.#draw);
    this.#card = card;
    this.log.push(exchange(command, sw, data));
    return { sw, data };
  }
}

function play(script: SessionScript): unknown {
  const card = vectorCard(script.i);
  const wire = new Wire(card);
  const aid = unhex(AIDS[script.to]);
  wire.send(apdu("00a40400", aid, true));
  const challenge = fixedRandom(`host challenge: ${script.comment}`)(sizeOf(script.i));
  const said = wire.send(apdu(`8050${KEY_VERSION.toString(16)}00`, challenge, true)).data;
  const diversification = said.subarray(0, 10);
  const keys = keysOf(diversification);
  const opened = authenticate(greet(keys, challenge, said), script.level);
  wire.send(opened.bytes);
  let { channel } = opened;
  const steps: unknown[] = [];
  for (const plain of script.commands(diversification)) {
    const { data = Buffer.alloc(0) } = parseCommand(plain) ?? {};
    const wrapped = protectCommand(channel, plain.subarray(0, 4), data);
    ({ channel } = wrapped);
    // A response with a MAC is never empty, so the card must be allowed to send one.
    const le = plain.length === 5 || plain.length === 6 + data.length || (script.level & 0x10) !== 0;
    const answer = wire.send(join(wrapped.bytes, unhex(le ? "00" : "")));
    const read = openResponse(channel, answer.data, answer.sw);
    steps.push({ plain: exchange(plain, answer.sw, read), wire: wire.log.at(-1) });
  }
  return {
    comment: script.comment,
    valid: true,
    fields: {
      mode: sizeOf(script.i) === 16 ? "S16" : "S8",
      i: script.i.toString(16),
      level: script.level.toString(16).padStart(2, "0"),
      aid: hex(aid),
      diversification: hex(diversification),
      staticKeys: { version: KEY_VERSION, ...keys },
    },
    opening: wire.log.slice(0, 3),
    steps,
  };
}

/** Every session, played between the host's half and a card. */
export const playSessions = (): readonly unknown[] => [...SCRIPTS, ...PLAIN_DATA].map(play);
