import { randomBytes } from "node:crypto";
import { CardStatusError, keyCheck, SW, seal, UPDATE_FLAG, updateMessage } from "../../apdu/index.js";
import { bytesToHex, equalBytes, formatMsat, type Msat, sat, secp256k1 } from "../../common/index.js";
import { type TapOptions, tap, withCard } from "../../host/index.js";
import { type CardRecord, formatCardId, type TokenFacts, verifyToken } from "../../issuer/verify.js";
import { encodeInvoice, invoiceHash } from "../../lightning/bolt11/index.js";
import { type CardLimits, provisionCard, type SimulatedCard } from "../../simulator/index.js";
import type { CommandContext } from "../command-context.js";
import type { Counter } from "./counter.js";
import type { Story } from "./story.js";

const LIMITS: CardLimits = {
  credit: sat(20_000),
  maxPerTransaction: sat(12_000),
  pinThreshold: sat(5_000),
  noPinBudget: sat(10_000),
  maxTransactions: 1000,
};

/** A simulated card, and everything that its issuer knows of it. */
interface IssuedCard {
  readonly card: SimulatedCard;
  readonly record: CardRecord;
  readonly sealKey: Uint8Array;
  readonly issuerSecretKey: Uint8Array;
  readonly pin: string;
}

function issueCard(): IssuedCard {
  const issuerSecretKey = Uint8Array.from(randomBytes(32));
  const identity = {
    cardId: Uint8Array.from(randomBytes(8)),
    keySetId: Uint8Array.from(randomBytes(4)),
    sealKey: Uint8Array.from(randomBytes(16)),
  };
  const pin = (randomBytes(4).readUInt32BE() % 10_000).toString().padStart(4, "0");
  const { card, publicKey } = provisionCard({
    ...identity,
    nodeUri: `${bytesToHex(secp256k1.publicKey(issuerSecretKey))}@127.0.0.1:9735`,
    issuerPublicKey: secp256k1.publicKey(issuerSecretKey, false),
    limits: LIMITS,
    pin,
  });
  return { card, record: { ...identity, publicKey }, sealKey: identity.sealKey, issuerSecretKey, pin };
}

/** A real BOLT 11 invoice of a made-up merchant on regtest. */
function makeInvoice(amount: Msat, description: string): string {
  return encodeInvoice(
    { network: "bcrt", amount, timestamp: Math.floor(Date.now() / 1000) },
    {
      paymentHash: Uint8Array.from(randomBytes(32)),
      paymentSecret: Uint8Array.from(randomBytes(32)),
      description,
    },
    Uint8Array.from(randomBytes(32)),
  );
}

const cheque = (facts: TokenFacts): string =>
  `The card signed cheque number ${facts.counter} over ${formatMsat(facts.amount)}` +
  `${facts.pinVerified ? ", with the PIN" : ""}; ${formatMsat(facts.authorizedTotal)} in all. The signature is right.`;

/** The card alone: what it signs, what it refuses, and what happens when it is torn away. */
export async function cardChapter(story: Story, counter: Counter, context: CommandContext): Promise<void> {
  const issued = issueCard();
  story.chapter(
    "The card",
    `Here lies ${counter.place}.`,
    `It may spend ${formatMsat(LIMITS.credit)} in all, at most ${formatMsat(LIMITS.maxPerTransaction)} at once, and wants its PIN above ${formatMsat(LIMITS.pinThreshold)}.`,
    "It has no battery, no screen and no connection: it signs, and enforces its limits itself.",
  );
  await counter.lay(issued.card);
  const { signal, trace } = context;

  const pay = async (invoice: string, amount: Msat, options: TapOptions = {}) => {
    const result = await tap(
      counter.reader,
      { amount, invoiceHash: invoiceHash(invoice) },
      { signal, trace, ...options },
    );
    const facts = verifyToken({
      token: result.token,
      invoice,
      network: "bcrt",
      now: Math.floor(Date.now() / 1000),
      sealKeys: (id) => (equalBytes(id, issued.record.keySetId) ? issued.sealKey : undefined),
      findCard: (id) => (equalBytes(id, issued.record.cardId) ? issued.record : undefined),
    });
    return { ...result, facts };
  };
  const refused = async (sw: number, work: Promise<unknown>) => {
    try {
      await work;
    } catch (error) {
      if (error instanceof CardStatusError && error.sw === sw)
        return {
          outcome: `The card refused. On the merchant's screen: "${error.status.merchant}"`,
          facts: { statusWord: sw, name: error.status.name },
        };
      throw error;
    }
    throw new Error("the card was expected to refuse, and did not");
  };

  const beer = makeInvoice(sat(2_500), "beer");
  await story.step("A beer for 2,500 sat. The customer taps.", async () => {
    const { facts, traffic } = await pay(beer, sat(2_500));
    story.line(`The invoice: ${beer.slice(0, 60)}...`);
    return {
      outcome: `${cheque(facts)} ${traffic.apdus} messages, ${traffic.bytesToCard + traffic.bytesFromCard} bytes over the air.`,
      facts: {
        card: formatCardId(facts.cardId),
        counter: facts.counter,
        amountMsat: facts.amount,
        ...traffic,
      },
    };
  });
  await story.step("The terminal missed the answer and asks for the same invoice again.", async () => {
    const { facts } = await pay(beer, sat(2_500));
    return {
      outcome: `${cheque(facts)} The same number and the same total: nothing was charged a second time.`,
      facts: { counter: facts.counter, authorizedTotalMsat: facts.authorizedTotal },
    };
  });
  const tooMuch = makeInvoice(sat(15_000), "a round");
  await story.step("A round for 15,000 sat: above what the card may pay at once.", () =>
    refused(SW.ABOVE_MAX_PER_TRANSACTION, pay(tooMuch, sat(15_000))),
  );
  const dinner = makeInvoice(sat(6_000), "dinner");
  await story.step("Dinner for 6,000 sat: above the limit for paying without a PIN.", () =>
    refused(SW.SECURITY_NOT_SATISFIED, pay(dinner, sat(6_000))),
  );
  await story.step("The customer types the PIN and taps again.", async () => {
    const { facts } = await pay(dinner, sat(6_000), { askPin: async () => issued.pin });
    return { outcome: cheque(facts), facts: { counter: facts.counter, pinVerified: facts.pinVerified } };
  });
  const ticket = makeInvoice(sat(12_000), "ticket");
  await story.step("A ticket for 12,000 sat, with the PIN: more than what is left.", () =>
    refused(SW.ABOVE_AVAILABLE, pay(ticket, sat(12_000), { askPin: async () => issued.pin })),
  );
  await story.step(
    "The issuer signs a top-up of 20,000 sat; the terminal hands it to the card.",
    async () => {
      const body = updateMessage.sign(
        {
          cardId: issued.record.cardId,
          sequence: 1,
          flags: UPDATE_FLAG.RESET_NO_PIN_SPENT,
          ...LIMITS,
          credit: sat(40_000),
          keyCheck: keyCheck(secp256k1.convert(issued.record.publicKey, false)),
        },
        issued.record.keySetId,
        issued.issuerSecretKey,
      );
      const iv = Uint8Array.from(randomBytes(16));
      const sealed = seal(updateMessage.type, issued.record.keySetId, issued.sealKey, iv, body);
      await withCard(counter.reader, (card) => card.update(sealed), { signal, trace });
      return {
        outcome: "The card took it: an update counts once, however often it is played back.",
        facts: {},
      };
    },
  );
  await story.step(
    "The ticket again. This time the card is torn away in the middle of signing.",
    async () => {
      let once = true;
      let commands = 0;
      const { facts, tears } = await pay(ticket, sat(12_000), {
        askPin: async () => issued.pin,
        trace: (line) => {
          trace?.(line);
          // SELECT, AUTHORIZE (wants the PIN), VERIFY, AUTHORIZE: the fourth one is torn after it has run.
          if (line.direction === "to-card" && ++commands === 4 && once) counter.tearAway("after-command");
        },
        onTorn: () => {
          once = false;
          story.line("Torn away: the card has charged itself, but the terminal never got the cheque.");
          story.line("The customer lays the card down again ...");
          void counter.take().then(() => counter.lay(issued.card));
        },
      });
      return {
        outcome: `${cheque(facts)} Completed by tapping again, charged once, no PIN needed twice.`,
        facts: { counter: facts.counter, tears },
      };
    },
  );
  await counter.take();
}
