import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { formatCardId } from "../../apdu/card-id.js";
import {
  CardStatusError,
  LIFECYCLE,
  NO_LIMIT,
  STATUS_FLAG,
  statusMessage,
  verifySignature,
} from "../../apdu/index.js";
import { bytesToHex, equalBytes, utf8 } from "../../common/index.js";
import { shownMsat } from "../../common/languages/shown.js";
import { CARD, TERMINAL } from "../../common/languages/spoken.js";
import { type CardSession, withCard } from "../../host/card-session.js";
import { takeToken } from "../../host/tap.js";
import type { CommandContext, RegisterCommand, RunAction } from "../command-context.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { askPin, cardPinQuestion } from "../prompt/ask.js";
import { keyboard } from "../prompt/keyboard.js";
import { type ReaderChoice, withReader } from "../reader-choice.js";
import { speaking } from "../speaking.js";

const LIFECYCLE_NAME = {
  [LIFECYCLE.BLANK]: "blank",
  [LIFECYCLE.PERSONALIZED]: "personalized",
  [LIFECYCLE.BLOCKED]: "blocked",
} as const;

const limitText = (value: bigint | undefined, none: string): string =>
  value === undefined ? CARD.notPublished : value === NO_LIMIT ? none : shownMsat(value);

/** What reads invoices and verifies tokens; loaded where it is needed, for `card info` does not need it. */
const verification = async () => ({
  ...(await import("../../issuer/verify.js")),
  ...(await import("../../lightning/bolt11/index.js")),
  ...(await import("../../lightning/untrusted-uri.js")),
  ...(await import("../issuer-record.js")),
  ...(await import("./invoice.js")),
});

interface InfoOptions extends ReaderChoice {
  readonly node?: string;
}

async function info(
  card: CardSession,
  { node }: InfoOptions,
  { signal }: CommandContext,
): Promise<CommandOutput> {
  const { profile, nodeUri, aid } = card.selected;
  const pin = profile.lifecycle === LIFECYCLE.PERSONALIZED ? await card.pinState() : undefined;
  const pinText =
    pin && { verified: CARD.pinSet, unverified: "", blocked: CARD.pinBlocked, none: CARD.noPin }[pin.state];
  const isCertified =
    profile.lifecycle === LIFECYCLE.PERSONALIZED ? (await card.certificate()) !== undefined : undefined;
  const issuer = node === undefined ? undefined : await issuerWord(card, node, signal);
  const boltCard = await card.secondFace();
  return {
    data: { aid, ...profile, nodeUri, pin, certificate: isCertified, boltCard, authenticated: false, issuer },
    text: `${renderRecord([
      [CARD.state, CARD.states[LIFECYCLE_NAME[profile.lifecycle]]],
      [CARD.protocol, `${profile.major}.${profile.minor}`],
      [CARD.node, nodeUri],
      [CARD.available, limitText(profile.available, CARD.noLimit)],
      [CARD.maxAtOnce, limitText(profile.maxPerTransaction, CARD.noLimit)],
      [CARD.pinAbove, limitText(profile.pinThreshold, CARD.neverByAmount)],
      [CARD.pin, pin?.state === "unverified" ? CARD.pinTries(pin.triesLeft) : pinText],
      [
        CARD.offline,
        isCertified === undefined ? undefined : isCertified ? CARD.certificate : CARD.noCertificate,
      ],
      [CARD.boltCard, boltCard && CARD.boltCardStates[boltCard]],
    ])}\n${CARD.ofItself}${issuer ? `\n${issuer.sentence}` : ""}`,
    exitCode: issuer && !issuer.hasAnswered ? EXIT.SERVICE : EXIT.OK,
  };
}

/** What asks nodes is loaded where it is needed. @throws InputError for a card that is not in use */
async function issuerWord(card: CardSession, node: string, signal: AbortSignal) {
  if (card.selected.profile.lifecycle !== LIFECYCLE.PERSONALIZED) throw new InputError(CARD.notInUse);
  const { askIssuer } = await import("../card-balance.js");
  return await askIssuer(card, node, signal);
}

async function identifyCard(card: CardSession, recordFile: string | undefined): Promise<CommandOutput> {
  const challenge = Uint8Array.from(randomBytes(32));
  const sealed = await card.identify(challenge);
  if (!recordFile)
    return {
      data: { challenge, status: sealed, verified: false },
      text: `${renderRecord([
        [CARD.identify.challenge, bytesToHex(challenge)],
        [CARD.identify.sealedStatus, bytesToHex(sealed)],
      ])}\n${CARD.identify.onlyIssuer}`,
    };
  const { readIssuerRecord, recordLookups } = await verification();
  const { sealKeys, findCard } = recordLookups(readIssuerRecord(recordFile));
  const opened = statusMessage.open(sealed, sealKeys, "status");
  const { fields } = opened;
  const record = findCard(fields.cardId);
  const genuine = record !== undefined && verifySignature(opened, record.publicKey);
  const fresh = equalBytes(fields.challenge, challenge);
  const available = fields.credit - fields.authorizedTotal;
  return {
    data: { ...fields, available, genuine, fresh },
    text: renderRecord([
      [CARD.identify.card, formatCardId(fields.cardId)],
      [CARD.identify.signature, genuine ? CARD.identify.genuine : CARD.identify.notGenuine],
      [CARD.identify.fresh, fresh ? CARD.identify.isFresh : CARD.identify.isOld],
      [CARD.available, shownMsat(available)],
      [CARD.identify.credit, shownMsat(fields.credit)],
      [
        CARD.identify.authorized,
        CARD.identify.authorizedIn(shownMsat(fields.authorizedTotal), fields.counter),
      ],
      [CARD.pin, fields.flags & STATUS_FLAG.PIN_BLOCKED ? CARD.identify.blocked : undefined],
      [CARD.state, fields.flags & STATUS_FLAG.BLOCKED ? CARD.identify.blocked : undefined],
    ]),
    exitCode: genuine && fresh ? EXIT.OK : EXIT.CHECK_FAILED,
  };
}

interface AuthorizeOptions extends ReaderChoice {
  readonly network?: string;
  readonly issuerRecord?: string;
}

async function authorizeInvoice(
  context: CommandContext,
  text: string,
  options: AuthorizeOptions,
): Promise<CommandOutput> {
  const { parseNetwork, readInvoiceArgument, readIssuerRecord, recordLookups, ...lightning } =
    await verification();
  const invoice = readInvoiceArgument(text);
  const { amount } = invoice;
  if (amount === undefined)
    throw new InputError(CARD.authorize.noAmount, {
      hint: CARD.authorize.makeWithAmount,
    });
  const network = options.network === undefined ? invoice.network : parseNetwork(options.network);
  const problem = lightning.invoiceProblem(invoice, { network, now: Math.floor(Date.now() / 1000) });
  if (problem)
    throw new InputError(CARD.authorize.notPayable(problem.message), {
      hint: CARD.authorize.makeAnother,
    });
  const record = options.issuerRecord === undefined ? undefined : readIssuerRecord(options.issuerRecord);
  const askCardPin = cardPinQuestion(context);
  keyboard.hold();
  context.note(CARD.authorize.layCard(shownMsat(amount)));
  let tears = 0;
  const { token, selected, traffic } = await withReader(context, options, (reader) =>
    takeToken(
      reader,
      { amount, invoiceHash: lightning.invoiceHash(invoice.text) },
      {
        trace: context.trace,
        signal: context.signal,
        judge: async (uri) => void (await lightning.checkUntrustedUri(uri, { network })),
        askPin: askCardPin,
        onTorn: (count) => {
          tears = count;
          context.note(CARD.authorize.torn);
        },
      },
    ),
  );
  const base = { token, nodeUri: selected.nodeUri, traffic, tears };
  const lines: [string, string | undefined][] = [
    [CARD.authorize.token, bytesToHex(token)],
    [CARD.authorize.forNode, selected.nodeUri],
    [
      CARD.authorize.onAir,
      CARD.authorize.traffic(traffic.apdus, traffic.bytesToCard + traffic.bytesFromCard),
    ],
  ];
  if (!record)
    return {
      data: { ...base, verified: false },
      text: `${renderRecord(lines)}\n${CARD.authorize.notVerified}`,
    };
  const now = Math.floor(Date.now() / 1000);
  const facts = await lightning.verifyToken({
    token,
    invoice: invoice.text,
    ...recordLookups(record),
    network: invoice.network,
    now,
  });
  if (facts.problem) throw facts.problem;
  return {
    data: {
      ...base,
      verified: true,
      facts: {
        cardId: facts.record.cardId,
        counter: Number.parseInt(`${facts.counter}`, 10),
        pinVerified: facts.pinVerified,
        updateSequence: Number.parseInt(`${facts.sequence}`, 10),
        amount: facts.amount,
        authorizedTotal: facts.total,
        invoiceHash: facts.invoiceHash,
        paymentHash: facts.paymentHash,
        payee: facts.payee,
        expiresAt: facts.expiresAt / 1000,
      },
    },
    text: renderRecord([
      ...lines,
      [CARD.identify.card, formatCardId(facts.record.cardId)],
      [CARD.authorize.payment, CARD.authorize.ofCard(String(facts.counter))],
      [
        CARD.authorize.authorized,
        CARD.authorize.nowAndInAll(shownMsat(facts.amount), shownMsat(facts.total)),
      ],
      [CARD.pin, facts.pinVerified ? CARD.authorize.pinGiven : CARD.authorize.pinNotNeeded],
      [CARD.authorize.verified, CARD.authorize.exactly],
    ]),
  };
}

async function changeCardPin(context: CommandContext, choice: ReaderChoice): Promise<CommandOutput> {
  const oldPin = await askPin(context, TERMINAL.pin.present, "CHEQUECARD_PIN");
  const typed = process.env.CHEQUECARD_NEW_PIN === undefined;
  const newPin = await askPin(context, TERMINAL.pin.fresh, "CHEQUECARD_NEW_PIN");
  const again = typed ? await askPin(context, TERMINAL.pin.again, "CHEQUECARD_NEW_PIN_AGAIN") : newPin;
  if (!equalBytes(utf8(newPin), utf8(again))) throw new InputError(TERMINAL.pin.differ);
  await withReader(context, choice, (reader) =>
    withCard(reader, (card) => card.changePin(oldPin, newPin), {
      trace: context.trace,
      signal: context.signal,
    }),
  ).catch((error: unknown) => {
    // Who changes a PIN holds the card.
    throw error instanceof CardStatusError
      ? new CardStatusError(error.command, error.sw, "cardholder")
      : error;
  });
  return { data: { changed: true }, text: TERMINAL.pin.changed };
}

const withChoice = (command: Command): Command =>
  command
    .option("--reader <name>", "PC/SC reader: its name or a part of it; not needed when there is one")
    .option("--card <file>", "a simulated card instead of a reader");

export const registerCard: RegisterCommand = (program, run: RunAction) => {
  const card = speaking(program.command("card").description("talk to the card on a reader"));
  const sessionCommand = (
    name: string,
    description: string,
    use: (
      card: CardSession,
      options: ReaderChoice & { issuerRecord?: string; node?: string },
      context: CommandContext,
    ) => Promise<CommandOutput>,
  ) =>
    withChoice(card.command(name).description(description)).action(
      (options: ReaderChoice & { issuerRecord?: string; node?: string }) =>
        run((context) =>
          withReader(context, options, (reader) =>
            withCard(reader, (session) => use(session, options, context), {
              trace: context.trace,
              signal: context.signal,
            }),
          ),
        ),
    );
  sessionCommand("info", "show what the card says of itself", info)
    .option("--node <folder>", "ask the card's issuer what is left, through this embedded node of one's own")
    .addHelpText(
      "after",
      `
Only the issuer knows what is left: payments that were refused, and money that was paid in, reach the card with its next
tap. With --node it answers, and what waits for the card is given to it. It says the amount only where the card's policy
allows it (tellsBalance), since merchants get to know it then too.

Examples:
  chequecard card info
  chequecard card info --card card.json
  chequecard card info --card card.json --node shop
`,
    );
  sessionCommand("identify", "ask the card for a signed status", (session, options) =>
    identifyCard(session, options.issuerRecord),
  )
    .option("--issuer-record <file>", "what the issuer knows of the card: opens and verifies the status")
    .addHelpText(
      "after",
      "\nExample:\n  chequecard card identify --card card.json --issuer-record card.issuer.json\n",
    );
  withChoice(card.command("authorize <bolt11>").description("tap the card for an invoice and show the token"))
    .option("--issuer-record <file>", "what the issuer knows of the card: verifies the token")
    .option("--network <prefix>", "network that the invoice has to be for: bc, tb, tbs, bcrt or sb")
    .addHelpText(
      "after",
      `
An invoice that cannot be paid, and a card whose node no terminal would ask, are refused before the card is charged.
Then charges the card; the token is what a node needs to pay the invoice, once. The same invoice again is answered
again and charges nothing. CHEQUECARD_PIN holds the PIN where there is no terminal.

Examples:
  chequecard card authorize lnbc25m1... --reader ACR1252
  chequecard card authorize lnbcrt25u1... --card card.json --issuer-record card.issuer.json
`,
    )
    .action((text: string, options: AuthorizeOptions) =>
      run((context) => authorizeInvoice(context, text, options)),
    );
  const pin = card.command("pin").description("the card's PIN");
  withChoice(pin.command("change").description("change the PIN"))
    .addHelpText(
      "after",
      "\nAsks for both PINs without showing them; CHEQUECARD_PIN and CHEQUECARD_NEW_PIN hold them for scripts.\n",
    )
    .action((options: ReaderChoice) => run((context) => changeCardPin(context, options)));
};
