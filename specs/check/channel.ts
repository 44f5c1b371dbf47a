import type { StaticKeys } from "../../reference/scp03.js";
import { amounts, type FileCheck, type Reference, refused, same, unhex, type Words } from "./check.js";

interface Exchange {
  readonly command: string;
  readonly sw: string;
  readonly data: string;
}

interface SessionVector {
  readonly comment: string;
  readonly fields: {
    readonly i: string;
    readonly level: string;
    readonly aid: string;
    readonly diversification: string;
    readonly staticKeys: {
      readonly version: number;
      readonly enc: string;
      readonly mac: string;
      readonly dek: string;
    };
  };
  readonly opening: readonly [Exchange, Exchange, Exchange];
  readonly steps: readonly { readonly plain: Exchange; readonly wire: Exchange }[];
}

interface Keys {
  readonly masterKey: string;
  readonly serial: string;
}

interface Conversation {
  readonly comment: string;
  readonly card: { readonly i: string; readonly version: number };
  readonly steps: readonly {
    readonly comment: string;
    readonly power?: "reset";
    readonly command: string;
    readonly sw: string;
    readonly data?: string;
    readonly status?: Readonly<Record<string, string | number>>;
  }[];
}

interface HostVector {
  readonly comment: string;
  readonly valid: boolean;
  readonly staticKeys: StaticKeys & { readonly version: number };
  readonly hostChallenge: string;
  readonly level: string;
  readonly initialize: string;
  readonly authenticate?: string;
  readonly response?: Exchange & { readonly plain: string };
  readonly plain?: string;
  readonly error: string;
}

interface ChannelFile {
  readonly keys: Keys;
  readonly vectors: readonly SessionVector[];
  readonly conversations: readonly Conversation[];
  readonly hosts: readonly HostVector[];
}

/** A card gets the same commands, and answers the same; its random numbers do not matter. */
function converse(
  reference: Reference,
  { masterKey, serial }: Keys,
  { comment, card: made, steps }: Conversation,
) {
  const { scp03, card: cards, sealed } = reference;
  const i = Number.parseInt(made.i, 16);
  const keys = scp03.kdf3(unhex(masterKey), cards.diversificationOf({ serial }));
  const slots = [{ version: made.version, ...keys, sequence: 0 }];
  let card = cards.blankCard({ serial, i, slots });
  const draw = recordedEntropy(reference);
  for (const [at, { comment: what, power, command, sw, data, status }] of steps.entries()) {
    if (power) {
      card = cards.withoutPower(card);
      continue;
    }
    const where = `${comment}, step ${at + 1}, ${what}`;
    // Only what is checked is signed: the key's proof, and a status.
    const outcome = cards.answer(card, unhex(command), draw);
    if (outcome.data.kind === "message" && !status) {
      same(outcome.sw, sw, where);
      card = outcome.next;
      continue;
    }
    const answer = cards.respond(card, unhex(command), draw);
    card = answer.card;
    same(answer.sw, sw, where);
    if (data !== undefined) same(answer.data, data, where);
    if (!status) continue;
    const known = {
      sealKeys: { [card.keySetId]: card.sealKey },
      cards: { [card.cardId]: card.point },
      issuerPoint: "",
    };
    const { fields } = sealed.open("status", answer.data, known);
    same(fields, { cardId: card.cardId, ...status }, where);
  }
}

/** What a host makes of a card's answers. */
function listen({ scp03, card: cards }: Reference, vector: HostVector) {
  const { comment, valid, staticKeys, hostChallenge, level, initialize, authenticate, response, plain } =
    vector;
  const read = () => {
    const greeted = scp03.greet(staticKeys, unhex(hostChallenge), unhex(initialize));
    const opened = scp03.authenticate(greeted, Number.parseInt(level, 16));
    same(opened.bytes, authenticate, `${comment}, EXTERNAL AUTHENTICATE`);
    const sent = unhex(response?.plain ?? "");
    const { data = Buffer.alloc(0) } = cards.parseCommand(sent) ?? {};
    const { channel } = scp03.protectCommand(opened.channel, sent.subarray(0, 4), data);
    return scp03.openResponse(channel, unhex(response?.data ?? ""), response?.sw ?? "");
  };
  if (valid) same(read(), plain, comment);
  else same(refused(read), vector.error, comment);
}

/** Random bytes as the recorded card drew them: SHA-256 of a name and a counter. */
function recordedEntropy({ crypto, bytes }: Reference): (length: number) => Uint8Array {
  let counter = 0;
  return (length) =>
    crypto.sha256(bytes.ascii(`chequecard vectors: card entropy ${counter++}`)).subarray(0, length);
}

export const channels: FileCheck = {
  file: "scp03-sessions.json",
  check(reference: Reference, { keys, vectors, conversations, hosts }: ChannelFile) {
    const { scp03, card: cards, personalize } = reference;
    for (const conversation of conversations) converse(reference, keys, conversation);
    for (const host of hosts) listen(reference, host);
    for (const { comment, fields, opening, steps } of vectors) {
      const { version, ...staticKeys } = fields.staticKeys;
      same(scp03.kdf3(unhex(keys.masterKey), unhex(fields.diversification)), staticKeys, `${comment}, keys`);
      const i = Number.parseInt(fields.i, 16);
      const level = Number.parseInt(fields.level, 16);

      // The card's half.
      let card = cards.blankCard({
        serial: keys.serial,
        i,
        slots: [{ version, ...staticKeys, sequence: 0 }],
      });
      const draw = recordedEntropy(reference);
      for (const { command, sw, data } of [...opening, ...steps.map(({ wire }) => wire)]) {
        const answer = cards.respond(card, unhex(command), draw);
        card = answer.card;
        same({ sw: answer.sw, data: answer.data }, { sw, data }, `${comment}, card, ${command.slice(0, 8)}`);
      }

      // The host's half.
      const [, initialize, authenticate] = opening;
      const challenge = unhex(initialize.command).subarray(5, -1);
      const greeted = scp03.greet(staticKeys, challenge, unhex(initialize.data));
      const opened = scp03.authenticate(greeted, level);
      same(opened.bytes, authenticate.command, `${comment}, host`);
      let { channel } = opened;
      for (const { plain, wire } of steps) {
        const { data = Buffer.alloc(0) } = cards.parseCommand(unhex(plain.command)) ?? {};
        const sent = scp03.protectCommand(channel, unhex(plain.command).subarray(0, 4), data);
        ({ channel } = sent);
        if (plain.command.startsWith("80d8"))
          same(personalize.putKeyData(data[0] ?? 0, staticKeys, staticKeys.dek), data, `${comment}, PUT KEY`);
        const withLe = wire.data || plain.command.length / 2 > (data.length > 0 ? 5 + data.length : 4);
        same(
          sent.bytes.toString("hex") + (withLe ? "00" : ""),
          wire.command,
          `${comment}, host, ${plain.command.slice(0, 8)}`,
        );
        same(scp03.openResponse(channel, unhex(wire.data), wire.sw), plain.data, `${comment}, host reads`);
      }
    }
  },
};

interface StoreVector {
  readonly comment: string;
  readonly kind: "kdf3" | "store-data";
  readonly fields: Readonly<Record<"master" | "diversification" | "enc" | "mac" | "dek", string>>;
  readonly blocks: readonly {
    readonly p1: string;
    readonly p2: string;
    readonly data: string;
    readonly sw: string;
  }[];
}

interface Proof {
  readonly comment: string;
  readonly valid: boolean;
  readonly challenge: string;
  readonly hex: string;
  readonly point?: string;
  readonly error: string;
}

export const personalization: FileCheck = {
  file: "personalization.json",
  check(
    reference: Reference,
    { vectors, proofs }: { vectors: readonly StoreVector[]; proofs: readonly Proof[] },
  ) {
    const { scp03, card: cards } = reference;
    for (const { comment, valid, challenge, hex, point, error } of proofs) {
      const read = () => cards.provenPoint(unhex(hex), unhex(challenge));
      if (valid) same(read(), point, comment);
      else same(refused(read), error, comment);
    }
    for (const { comment, kind, fields, blocks } of vectors) {
      if (kind === "kdf3") {
        const { master, diversification, ...keys } = fields;
        same(scp03.kdf3(unhex(master), unhex(diversification)), keys, comment);
        continue;
      }
      const key = `04${"11".repeat(64)}`;
      let card = { ...cards.blankCard({ serial: "000000000000", i: 0x70, slots: [] }), point: key };
      for (const { p1, p2, data, sw } of blocks) {
        const outcome = cards.storeData(card, Number.parseInt(p1 + p2, 16), unhex(data));
        same(outcome.sw, sw, comment);
        if (sw !== "9000") same(outcome.next, card, `${comment}, unchanged`);
        card = outcome.next;
      }
    }
  },
};

interface CounterStep extends Words {
  readonly order?: Words;
  readonly voidGaps?: true;
  readonly token?: Words;
  readonly invoice?: { readonly number: number; readonly amount: string | null };
  readonly status?: Words;
}
interface CounterFile {
  readonly vectors: readonly {
    readonly comment: string;
    readonly card: Words;
    readonly steps: readonly CounterStep[];
  }[];
  readonly sequences: readonly {
    readonly comment: string;
    readonly newest: number;
    readonly low24: number;
    readonly full: number | null;
  }[];
}

export const counters: FileCheck = {
  file: "counters.json",
  check({ counters }: Reference, { vectors, sequences }: CounterFile) {
    for (const { comment, card, steps } of vectors) {
      let books = counters.newBooks({ sequence: 0, ...amounts(card) } as never);
      for (const [at, { order, voidGaps, token, invoice, status, ...expected }] of steps.entries()) {
        const where = `${comment}, step ${at + 1}`;
        if (order) books = counters.recordOrder(books, amounts(order) as never);
        else if (voidGaps) books = counters.voidGaps(books);
        else if (status) {
          const said = amounts(status) as never;
          const decision = counters.judgeStatus(books, said);
          same(decision, expected, where);
          books = counters.recordStatus(books, said, decision);
        } else if (token && invoice) {
          const said = { ...amounts(token), invoiceHash: String(invoice.number) } as never;
          const amount = invoice.amount === null ? undefined : BigInt(invoice.amount);
          const decision = counters.decide(books, said, amount);
          same(decision, expected, where);
          books = counters.record(books, said, decision);
        }
      }
    }
    for (const { comment, newest, low24, full } of sequences)
      same(counters.fullSequence(newest, low24), full, comment);
  },
};
