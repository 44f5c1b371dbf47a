import type { Card } from "../../reference/card/state.js";
import { isIssuers, type SealedType } from "../../reference/sealed.js";
import { amounts, type FileCheck, Mismatch, type Reference, refused, same, unhex } from "./check.js";

interface Keys {
  readonly issuer: { readonly secretKey: string; readonly point: string };
  readonly keySets: readonly { readonly keySetId: string; readonly sealKey: string }[];
  readonly cards: readonly { readonly cardId: string; readonly secretKey: string; readonly point: string }[];
}

interface MessageVector {
  readonly comment: string;
  readonly type: SealedType;
  readonly valid: boolean;
  readonly canonical?: boolean;
  readonly hex: string;
  readonly fields: Readonly<Record<string, string | number>>;
  readonly body: string;
  readonly digest: string;
  readonly error: string;
}

const known = (keys: Keys) => ({
  sealKeys: Object.fromEntries(keys.keySets.map(({ keySetId, sealKey }) => [keySetId, sealKey])),
  cards: Object.fromEntries(keys.cards.map(({ cardId, point }) => [cardId, point])),
  issuerPoint: keys.issuer.point,
});

/** Names of amounts: digits of other fields stay text. */
const AMOUNTS = [
  "amount",
  "authorizedTotal",
  "credit",
  "maxPerTransaction",
  "pinThreshold",
  "noPinBudget",
  "offlineLimit",
];
const withAmounts = (fields: Readonly<Record<string, string | number>>) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, AMOUNTS.includes(name) ? BigInt(value) : value]),
  );

export const messages: FileCheck = {
  file: "card-messages.json",
  check({ sealed }: Reference, { keys, vectors }: { keys: Keys; vectors: readonly MessageVector[] }) {
    for (const { comment, type, valid, canonical = true, hex, fields, body, digest, error } of vectors) {
      const where = `${type}, ${comment}`;
      if (!valid) {
        same(
          refused(() => sealed.open(type, unhex(hex), known(keys))),
          error,
          where,
        );
        continue;
      }
      const { keySetId, iv, signature, ...rest } = fields;
      same(
        sealed.open(type, unhex(hex), known(keys)),
        { keySetId, iv, fields: rest, signature, body, digest },
        where,
      );
      const id = String(keySetId);
      const secretKey = isIssuers(type)
        ? keys.issuer.secretKey
        : (keys.cards.find(({ cardId }) => cardId === fields.cardId)?.secretKey ?? "");
      const made = sealed.seal(
        type,
        withAmounts(rest) as never,
        {
          keySetId: unhex(id),
          sealKey: unhex(known(keys).sealKeys[id] ?? ""),
          secretKey: unhex(secretKey),
        },
        unhex(String(iv)),
      );
      if (canonical) same(made, hex, `${where}, written`);
    }
  },
};

interface CommandVector {
  readonly comment: string;
  readonly kind: string;
  readonly valid: boolean;
  readonly canonical?: boolean;
  readonly hex: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly error: string;
}

export const commands: FileCheck = {
  file: "card-commands.json",
  check({ commands }: Reference, { vectors }: { vectors: readonly CommandVector[] }) {
    const codecs = { ...commands.COMMANDS, ...commands.RESPONSES };
    for (const { comment, kind, valid, canonical = true, hex, fields, error } of vectors) {
      const codec = codecs[kind];
      if (!codec) throw new Mismatch(`no codec for ${kind}`);
      const where = `${kind}, ${comment}`;
      if (!valid) {
        same(
          refused(() => codec.read(unhex(hex))),
          error,
          where,
        );
        continue;
      }
      same(codec.read(unhex(hex)), fields, where);
      if (canonical) same(codec.write(fields), hex, `${where}, written`);
    }
  },
};

interface CardState {
  readonly lifecycle: string;
  readonly credit: string;
  readonly maxPerTransaction: string;
  readonly pinThreshold: string;
  readonly noPinBudget: string;
  readonly maxTransactions: number;
  readonly publish: readonly string[];
  readonly nodeUri: string;
  readonly pin: string | null;
  readonly certificate: string | null;
}

interface SessionStep {
  readonly comment: string;
  readonly power?: "reset";
  readonly command: string;
  readonly sw: string | readonly string[];
  readonly data?:
    | string
    | { readonly authorization?: object; readonly status?: object; readonly certificate?: string };
}

interface Session {
  readonly id: string;
  readonly card: CardState;
  readonly steps: readonly SessionStep[];
}

const PUBLISH: Readonly<Record<string, number>> = { available: 2, maxPerTransaction: 4, pinThreshold: 8 };

/** The card of a session, made without a channel. */
function sessionCard({ card: { blankCard, LIFECYCLE, pinBlock } }: Reference, state: CardState, keys: Keys) {
  const blank = blankCard({ serial: "000000000000", i: 0x70, slots: [] });
  if (state.lifecycle === "blank") return blank;
  const [own, keySet] = [keys.cards[0], keys.keySets[0]];
  const { credit, maxPerTransaction, pinThreshold, noPinBudget } = state;
  return {
    ...blank,
    ...own,
    ...keySet,
    ...amounts({ credit, maxPerTransaction, pinThreshold, noPinBudget }),
    lifecycle: LIFECYCLE.PERSONALIZED,
    issuerPoint: keys.issuer.point,
    nodeUri: Buffer.from(state.nodeUri, "latin1").toString("hex"),
    published: state.publish.reduce((sum, name) => sum + (PUBLISH[name] ?? 0), 0),
    maxTransactions: state.maxTransactions,
    pin: state.pin === null ? "" : pinBlock(state.pin),
    tries: state.pin === null ? 0 : 3,
    certificate: state.certificate ?? "",
  } as Card;
}

/** Random bytes that a real answer is made with. */
const draw = (length: number): Uint8Array => new Uint8Array(length).fill(7);
/** The session in which the card really signs; in the others what it would sign is checked. */
const SIGNED = "authorize/first-taps";

export const sessions: FileCheck = {
  file: "card-sessions.json",
  check(reference: Reference, { keys, sessions }: { keys: Keys; sessions: readonly Session[] }) {
    const { card: cards, sealed } = reference;
    for (const { id, card: state, steps } of sessions) {
      let card = sessionCard(reference, state, keys);
      for (const { comment, power, command, sw, data = "" } of steps) {
        if (power) {
          card = cards.withoutPower(card);
          continue;
        }
        const where = `${id}, ${comment}`;
        const before = card;
        const outcome = cards.answer(card, unhex(command), draw);
        card = outcome.next;
        if (![sw].flat().includes(outcome.sw)) throw new Mismatch(`${where}: need ${sw}, have ${outcome.sw}`);
        if (typeof data === "string") {
          same(outcome.data, { kind: "exactly", hex: data }, where);
          continue;
        }
        if (data.certificate !== undefined) {
          same(outcome.data, { kind: "certificate", body: data.certificate }, where);
          const response = cards.respond(before, unhex(command), draw);
          same(response.data.subarray(0, 3), "c28195", where);
          const message = response.data.subarray(3);
          const frame = `04${card.keySetId}${"07".repeat(16)}`;
          same(message.subarray(0, 21), frame, where);
          same(sealed.openBody(message, unhex(card.sealKey)), data.certificate, where);
          continue;
        }
        const type = data.authorization ? "authorization" : "status";
        const fields = { cardId: card.cardId, ...(data.authorization ?? data.status) };
        if (outcome.data.kind !== "message") throw new Mismatch(`${where}: no message`);
        same(sealed.readFields(type, unhex(outcome.data.fields)), fields, where);
        same(outcome.data.type, type, where);
        if (id !== SIGNED) continue;
        const response = cards.respond(before, unhex(command), draw);
        same(sealed.open(type, response.data, known(keys)).fields, fields, `${where}, signed`);
        same(response.card, card, `${where}, card`);
      }
    }
  },
};
