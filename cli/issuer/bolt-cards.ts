import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { formatCardId } from "../../apdu/card-id.js";
import { bytesToHex, plural, syncFolder, writeDurableFile } from "../../common/index.js";
import { qrTerminal } from "../../common/qr.js";
import { Batches, pinCheckOf } from "../../issuer/bolt-cards/batches.js";
import type { BoltCardsConfig } from "../../issuer/bolt-cards/config.js";
import { CODE_LENGTH, programLink, wipeDocument } from "../../issuer/bolt-cards/programming.js";
import { wipeLink } from "../../issuer/bolt-cards/wiping.js";
import { setSunPin, showSunCard, wipeSunCard } from "../../issuer/ledger/sun-cards.js";
import { addSunCodes, type NewSunCode } from "../../issuer/ledger/sun-codes.js";
import type { ServiceConfig } from "../../issuer/service/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import type { KeySource } from "../../keys/index.js";
import {
  type CardLabel,
  type CardOrder,
  exportLabels,
  labelSheet,
  type PinLetters,
  randomPin,
} from "../../personalize/index.js";
import type { CommandContext } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { expectNewFolder } from "../offline/code-pictures.js";
import type { CommandOutput } from "../output.js";
import { openLetters } from "../personalization-setup.js";
import { agree, type YesOption } from "../prompt/confirm.js";
import { cardText, findCardId } from "./card-choice.js";
import { type IssuerChoice, withIssuerKeys, withIssuerLedger } from "./folder.js";

const HOUR_MS = 3_600_000;
const MAX_HOURS = 30 * 24;
const PIN_DIGITS = 4;

/** An issuer whose people make Bolt Cards. */
interface OpenIssuer {
  readonly store: Store;
  readonly config: ServiceConfig;
  readonly bolt: BoltCardsConfig;
  readonly keys: KeySource;
  readonly folder: string;
}

export interface BoltOptions extends IssuerChoice {
  readonly passphraseFd?: string;
}

/** @throws InputError where the configuration has no Bolt Cards */
export async function withBoltCards<T>(
  context: CommandContext,
  options: BoltOptions,
  use: (issuer: OpenIssuer) => Promise<T>,
): Promise<T> {
  return withIssuerLedger(context, options, async (store, config, folder) => {
    const { boltCards: bolt } = config;
    if (!bolt)
      throw new InputError(`${folder}: the configuration has no section boltCards`, {
        hint: "Add it to issuer.yaml with the address that terminals reach: see docs/bolt-card.md.",
      });
    return withIssuerKeys(context, config.keys, options.passphraseFd, (keys) =>
      use({ store, config, bolt, keys, folder }),
    );
  });
}

export interface AddBoltOptions extends BoltOptions {
  readonly policy?: string;
  readonly pin?: boolean;
  readonly letters?: string;
  readonly hours: string;
  readonly out?: string;
}

/** Makes one-time codes with which the app programs chips, and shows or writes them. */
export async function addBoltCards(
  context: CommandContext,
  orders: readonly CardOrder[],
  options: AddBoltOptions,
): Promise<CommandOutput> {
  const hours = /^\d{1,3}$/.test(options.hours) ? Number.parseInt(options.hours, 10) : 0;
  if (hours < 1 || hours > MAX_HOURS)
    throw new InputError(`--hours: need 1 to ${MAX_HOURS}, have "${options.hours.slice(0, 20)}"`);
  if (options.pin && options.letters === undefined)
    throw new InputError("--pin: name the file of PIN letters with --letters; a PIN is shown nowhere else");
  if (orders.length > 1 && options.out === undefined)
    throw new InputError(`--out: need a folder for ${plural(orders.length, "code")}`);
  if (options.out !== undefined) expectNewFolder(options.out);
  return withBoltCards(context, options, async (issuer) => {
    const { config, bolt } = issuer;
    const policy = options.policy === undefined ? bolt.policy : config.policies[options.policy];
    if (!policy)
      throw new InputError(`--policy: no policy "${options.policy?.slice(0, 64)}" in the configuration`, {
        hint: `There are: ${Object.keys(config.policies).join(", ") || "none"}`,
      });
    const { current } = await Batches.open(issuer.keys, bolt.batches);
    const letters =
      options.pin && options.letters !== undefined ? await openLetters(context, options.letters) : undefined;
    try {
      const made = await Promise.all(
        orders.map(async (order) => {
          const [cardId, code] = [randomBytes(8), randomBytes(CODE_LENGTH)];
          const pinCheck = letters && (await newPin(issuer, letters, cardId, order, current.id));
          const entry: NewSunCode = {
            code,
            cardId,
            label: labelOf(order),
            policy,
            batch: current.id,
            pinCheck,
          };
          const { number, holder } = order;
          const label = { cardId: formatCardId(cardId), number, holder, qr: programLink(bolt.address, code) };
          return { entry, label };
        }),
      );
      const now = Date.now();
      const expiresAt = now + hours * HOUR_MS;
      const enter = () =>
        audited(
          issuer.folder,
          { action: "bolt-add", asked: { cards: made.length, hours } },
          () =>
            addSunCodes(
              issuer.store,
              made.map(({ entry }) => entry),
              now,
              expiresAt,
            ),
          () => ({ told: {} }),
        );
      const labels = made.map(({ label }) => label);
      const { out } = options;
      if (out === undefined) await enter();
      else await writeCodes(out, labels, enter);
      return told(labels, out, hours);
    } finally {
      letters?.close();
    }
  });
}

const labelOf = ({ number, holder }: CardOrder): string => (holder === "" ? number : `${number} ${holder}`);

async function newPin(
  { keys }: OpenIssuer,
  letters: PinLetters,
  cardId: Uint8Array,
  { number, holder }: Pick<CardOrder, "number" | "holder">,
  batch: Uint8Array,
): Promise<Uint8Array> {
  const pin = randomPin(PIN_DIGITS);
  // The letter first: a card whose PIN nobody has is worse than a letter without a card.
  letters.append({ card: bytesToHex(cardId), number, holder, pin });
  return await pinCheckOf(keys, batch, randomBytes(8), pin);
}

/** Writes the codes for people and printers, whole or not at all; they count once everything is written. */
async function writeCodes(
  out: string,
  labels: readonly CardLabel[],
  enter: () => Promise<unknown>,
): Promise<void> {
  const path = resolve(out);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  // What a killed run left may hold codes that count.
  for (const name of readdirSync(dirname(path)))
    if (name.startsWith(`.${basename(path)}.`) && /\.[0-9a-f]{12}\.tmp$/.test(name))
      rmSync(join(dirname(path), name), { recursive: true, force: true });
  mkdirSync(temporary, { mode: 0o700 });
  try {
    exportLabels(temporary, labels, "png");
    writeDurableFile(join(temporary, "labels.html"), labelSheet(labels));
    chmodSync(join(temporary, "labels.csv"), 0o600);
    await enter();
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

function told(labels: readonly CardLabel[], out: string | undefined, hours: number): CommandOutput {
  const cards = labels.map(({ cardId, number, holder, qr }) => ({ card: cardId, number, holder, link: qr }));
  const next = `Scan with the app "Bolt Card NFC programmer", then hold a blank chip to the phone. Each code is for one chip, once, within ${plural(hours, "hour")}. The first tap at a terminal puts the card into use; top it up with: chequecard cards top-up <card>`;
  if (out !== undefined)
    return {
      data: { cards: cards.map(({ link: _, ...card }) => card), folder: out },
      text: `${plural(cards.length, "code")} in ${out}: labels.html to print or show, labels.csv, and a picture of each. ${next}`,
    };
  const [only] = cards;
  return {
    data: { cards },
    text: only ? `${qrTerminal(only.link)}\nCard ${only.card}. ${next}` : "Nothing to make.",
  };
}

/** Takes a chip out of use and shows the keys with which the app makes it blank. */
export async function wipeBoltCard(
  context: CommandContext,
  text: string,
  options: BoltOptions & YesOption,
): Promise<CommandOutput> {
  return withBoltCards(context, options, async ({ store, keys, folder }) => {
    const cardId = await findCardId(store, text);
    const card = cardText(cardKey(cardId));
    await showSunCard(store.db, cardId);
    await agree(
      context,
      `Block card ${card} for good as it is, and show the keys of its chip? What it has stays on its account.`,
      options.yes,
    );
    const entry = { action: "bolt-wipe", card };
    const row = await audited(
      folder,
      entry,
      () => wipeSunCard(store, cardId),
      () => ({ card, told: {} }),
    );
    const document = await wipeDocument(keys, row);
    return {
      data: { card, wipe: JSON.parse(document) as object },
      text: `${qrTerminal(document)}\nScan it in the app under "Reset keys", then hold the chip to the phone. The keys are secret until that is done. The blank chip can become another card: chequecard cards bolt add. Its money moves with: chequecard cards replace ${card} <new card>`,
    };
  });
}

const MAX_WIPE_HOURS = 24;

/** Makes a link with which the app wipes chips, one or as many as are held to the phone. */
export async function makeWipeLink(
  context: CommandContext,
  text: string | undefined,
  options: BoltOptions & YesOption & { readonly hours: string },
): Promise<CommandOutput> {
  const hours = /^\d{1,2}$/.test(options.hours) ? Number.parseInt(options.hours, 10) : 0;
  if (hours < 1 || hours > MAX_WIPE_HOURS)
    throw new InputError(`--hours: need 1 to ${MAX_WIPE_HOURS}, have "${options.hours.slice(0, 20)}"`);
  return withBoltCards(context, options, async ({ store, bolt, keys, folder }) => {
    const cardId = text === undefined ? undefined : await findCardId(store, text);
    const card = cardId && cardText(cardKey(cardId));
    if (cardId) await showSunCard(store.db, cardId);
    const { current } = await Batches.open(keys, bolt.batches);
    const which = card === undefined ? "each Bolt Card that is" : `card ${card} when it is`;
    await agree(
      context,
      `Make a link that blocks ${which} held to the phone, for good, and makes its chip blank? What a card has stays on its account.`,
      options.yes,
    );
    const expiresAtSeconds = Math.floor(Date.now() / 1000) + hours * (HOUR_MS / 1000);
    const entry = { action: "bolt-wipe-link", ...(card === undefined ? {} : { card }), asked: { hours } };
    const link = await audited(
      folder,
      entry,
      async () => wipeLink(bolt.address, current, { cardId, expiresAtSeconds }),
      () => ({ ...(card === undefined ? {} : { card }), told: {} }),
    );
    return {
      data: { ...(card === undefined ? {} : { card }), link, hours },
      text: `${qrTerminal(link)}\nScan it with the phone that has the app, then hold ${card === undefined ? "one card after the other" : "the card"} to it. The link is good for ${plural(hours, "hour")} and cannot be taken back; keep it to those who wipe cards. The money of a card moves with: chequecard cards replace <card> <new card>`,
    };
  });
}

/** Gives a Bolt Card another PIN, in a letter, or takes it away. */
export async function renewBoltPin(
  context: CommandContext,
  text: string,
  options: BoltOptions & { readonly letters?: string; readonly none?: boolean },
): Promise<CommandOutput> {
  if ((options.letters === undefined) !== (options.none === true))
    throw new InputError("give --letters <file> for a new PIN, or --none for a card without one");
  return withBoltCards(context, options, async (issuer) => {
    const { store, folder } = issuer;
    const cardId = await findCardId(store, text);
    const card = cardText(cardKey(cardId));
    const { batch } = await showSunCard(store.db, cardId);
    const { label } = await store.db
      .selectFrom("cards")
      .select("label")
      .where("card", "=", cardKey(cardId))
      .executeTakeFirstOrThrow();
    const entry = { action: "bolt-pin", card, asked: { none: options.none === true } };
    const set = async (): Promise<void> => {
      if (options.letters === undefined) return await setSunPin(store, cardId, undefined);
      const letters = await openLetters(context, options.letters);
      try {
        const check = await newPin(issuer, letters, cardId, { number: label, holder: "" }, batch);
        await setSunPin(store, cardId, check);
      } finally {
        letters.close();
      }
    };
    await audited(folder, entry, set, () => ({ card, told: {} }));
    return {
      data: { card, pin: options.none !== true },
      text: options.none
        ? `Card ${card} has no PIN from now on: it pays nothing above the policy's limit without one.`
        : `Card ${card} has a new PIN, and its tries are whole. Print the letter: chequecard cards bolt pins ${options.letters} --html letter.html`,
    };
  });
}
