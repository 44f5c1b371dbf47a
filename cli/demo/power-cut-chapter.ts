import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  formatMsat,
  type Msat,
  msat,
  pause,
  printAmount,
  sat,
  secp256k1,
  sumMsat,
  writeDurableFile,
} from "../../common/index.js";
import { OfflineDesk, Outages, type Sale, SaleStore, Terminal } from "../../host/index.js";
import { blockCard, showCard, verifyLedger } from "../../issuer/ledger/index.js";
import { makePack } from "../../issuer/service/index.js";
import { openPaymentSender } from "../../lightning/api/index.js";
import { type DeputyProfile, makeDeputyInvoice, writeDeputyProfile } from "../../lightning/dpp/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { fingerprint } from "../../offline/fingerprint.js";
import type { CommandContext } from "../command-context.js";
import { openAbsentNode } from "../offline/absent-node.js";
import { exportBundle, takeResults } from "../offline/carrying.js";
import { type ForwardTotals, type Origin, ShopForwarding } from "../offline/shop-forwarding.js";
import { expectTerminalKey, installPack, makeTerminalKey, PackShelf } from "../offline/terminal-folder.js";
import { offlineSettings } from "../terminal-settings.js";
import type { Counter } from "./counter.js";
import { blankCards, festivalProfile, type IssuedCard, makeCards } from "./make-cards.js";
import type { Story } from "./story.js";
import { CARD, FLOOR_PER_SALE, type World } from "./world.js";

/** How long the bar's node may take for what was carried to it. */
const FORWARD_MS = 60_000;

/** Who comes to the stall. */
type Guests = readonly [beer: IssuedCard, dinner: IssuedCard, lost: IssuedCard, round: IssuedCard];

/** Node and network are gone, and cards pay all the same: the sales are carried to the bar and paid there (specs/09). */
export async function powerCutChapter(
  story: Story,
  counter: Counter,
  world: World,
  context: CommandContext,
): Promise<void> {
  story.chapter(
    "Power cut",
    "A stall on the field loses power and network. Neither it nor the cards reach anybody. It was given two files before:",
    "- a deputy profile of the bar's node, from which it makes invoices,",
    "- an acceptance pack of the festival: keys to verify its cards, the cards to deny, and limits.",
  );
  const folder = join(world.folder, "stall");
  mkdirSync(folder, { mode: 0o700 });
  const profile = await world.nodes.deputyProfile("stall");
  writeDurableFile(join(folder, "deputy-profile.json"), writeDeputyProfile(profile));
  const guests = await prepare(story, counter, world, folder, profile, context);
  const stall = await openStall(counter, folder, profile);
  try {
    await sell(story, counter, stall, guests, context);
    await carry(story, world, stall, folder, context);
    await settleBooks(story, world, stall, guests);
  } finally {
    await stall.close();
  }
}

async function prepare(
  story: Story,
  counter: Counter,
  world: World,
  folder: string,
  profile: DeputyProfile,
  { signal }: CommandContext,
): Promise<Guests> {
  let guests: Guests | undefined;
  await story.step(
    "While there is power: four more cards, one of them reported lost, and the pack for the stall.",
    async () => {
      const certified = festivalProfile(world.payerUri, {
        name: "festival, offline too",
        offline: { limit: printAmount(CARD.maxPerTransaction), "valid-for": "5d" },
      });
      await counter.take();
      const { cards } = await makeCards(counter, world, certified, blankCards(world, 4), signal);
      const [beer, dinner, lost, round] = cards;
      if (!beer || !dinner || !lost || !round) throw new Error("four cards were to be made");
      guests = [beer, dinner, lost, round];
      await blockCard(world.store, lost.cardId, Date.now());
      const { row, file } = await givePack(world, folder, profile);
      return {
        outcome: `Each card holds a certificate of the festival. The pack has ${file.length} bytes, denies ${row.denied} card and allows ${formatMsat(FLOOR_PER_SALE)} for a sale; the stall trusts the key ${fingerprint(row.issuer)}.`,
        facts: { packBytes: file.length, denied: row.denied },
      };
    },
  );
  if (!guests) throw new Error("the cards were not made");
  return guests;
}

async function givePack(world: World, folder: string, profile: DeputyProfile) {
  const { publicKey: terminal } = makeTerminalKey(folder);
  const made = await makePack(
    world,
    {
      terminal,
      ...{ label: "stall", name: "Festival" },
      payee: secp256k1.publicKey(profile.payeeKey),
      nodes: [parseNodeUri(world.payerUri)],
    },
    Date.now(),
  );
  const path = join(world.folder, "stall.cqpack");
  writeDurableFile(path, made.file);
  const now = Math.floor(Date.now() / 1000);
  await installPack(path, { folder, network: profile.network, now, trust: async () => true });
  return made;
}

type Stall = Awaited<ReturnType<typeof openStall>>;

/** A terminal that has no node: only a profile, a pack and a file of sales. */
async function openStall({ reader }: Counter, folder: string, profile: DeputyProfile) {
  const { node, close } = await openAbsentNode(folder, profile);
  const store = new SaleStore(join(folder, "sales.db"));
  const sender = await openPaymentSender(node, store);
  const shelf = new PackShelf(folder, expectTerminalKey(folder));
  const offline = new OfflineDesk({
    packs: () => shelf.packs(),
    limits: offlineSettings(folder).limits,
    store,
    outages: new Outages(),
    deputyInvoice: (request) => makeDeputyInvoice(profile, request),
  });
  return {
    store,
    terminal: new Terminal({ node, sender, store, reader, offline }),
    async close() {
      sender.close();
      store.close();
      await close();
    },
  };
}

async function sell(
  story: Story,
  counter: Counter,
  stall: Stall,
  [beer, dinner, lost, round]: Guests,
  context: CommandContext,
): Promise<void> {
  /** One sale, of which the first refusal is the end. */
  const charge = async (guest: IssuedCard, amount: Msat, description: string) => {
    await counter.take();
    await counter.lay(guest.card);
    const giveUp = new AbortController();
    let notice = "";
    const display = {
      ...(context.trace ? { trace: context.trace } : {}),
      askPin: async () => guest.pin,
      onNotice: (sentence: string) => {
        notice = sentence;
        giveUp.abort();
      },
    };
    const signal = AbortSignal.any([giveUp.signal, context.signal]);
    return { sale: await stall.terminal.charge({ amount, description }, display, signal), notice };
  };
  const accepted = (sale: Sale) => {
    if (sale.state !== "accepted") throw new Error(`the sale was expected to be accepted, not ${sale.state}`);
    return {
      outcome: `Accepted, not paid yet: ${formatMsat(sale.amount)}. The stall has verified certificate and signature, and written the sale down; it hands out.`,
      facts: { sale: sale.number, state: sale.state },
    };
  };
  const refused = ({ sale, notice }: Awaited<ReturnType<typeof charge>>) => {
    if (sale.state !== "cancelled" || !notice) throw new Error("the stall was expected to refuse");
    return {
      outcome: `On the stall's screen: "${notice}" The card was asked to sign nothing.`,
      facts: { sale: sale.number, notice },
    };
  };
  await story.step("The power goes. A guest taps for a beer, 2,500 sat.", async () =>
    accepted((await charge(beer, sat(2_500), "beer")).sale),
  );
  await story.step("Another one has dinner for 6,000 sat, and types the PIN.", async () =>
    accepted((await charge(dinner, sat(6_000), "dinner")).sale),
  );
  await story.step("Somebody taps with the card that was reported lost.", async () =>
    refused(await charge(lost, sat(500), "coffee")),
  );
  await story.step("A round for 9,000 sat: above the stall's floor limit for a sale.", async () =>
    refused(await charge(round, sat(9_000), "a round")),
  );
}

async function carry(
  story: Story,
  world: World,
  { store }: Stall,
  folder: string,
  { signal }: CommandContext,
): Promise<void> {
  const bundle = join(world.folder, "usb-stick.bundle");
  const shop = new ShopForwarding(world.folder, world.nodes.merchant, world.nodes.deputies);
  try {
    await story.step("Somebody carries a USB stick to the bar, whose node has power, twice.", async () => {
      const { sales, total } = exportBundle(store, folder, bundle);
      const { origin } = await shop.take(bundle);
      const totals = await forwarded(shop, origin, signal);
      const again = await shop.take(bundle);
      if (totals.paid !== sales || totals.received !== total || again.known !== sales)
        throw new Error(`${totals.paid} of ${sales} sales were paid`);
      await shop.writeResults(origin, join(world.folder, "usb-stick.results"));
      return {
        outcome: `${sales} sales over ${formatMsat(total)} on it. The festival's node pays both. The second time nothing is paid.`,
        facts: { sales, receivedMsat: totals.received, knownAgain: again.known },
      };
    });
  } finally {
    await shop.close();
  }
  await story.step("The stick comes back to the stall.", async () => {
    const { paid, refused, open } = takeResults(store, folder, join(world.folder, "usb-stick.results"));
    if (paid !== 2 || refused + open !== 0) throw new Error(`the results say ${paid} paid, ${open} open`);
    return { outcome: `Paid: ${paid}. Refused: ${refused}. Open: ${open}.`, facts: { paid, refused, open } };
  });
}

async function forwarded(shop: ShopForwarding, origin: Origin, signal: AbortSignal): Promise<ForwardTotals> {
  const end = performance.now() + FORWARD_MS;
  for (;;) {
    const totals = await shop.totals(origin);
    if (totals.open === 0 || signal.aborted || performance.now() > end) return totals;
    await pause(50, signal);
  }
}

async function settleBooks(story: Story, world: World, { store }: Stall, guests: Guests): Promise<void> {
  await story.step("The festival's ledger and the stall's sales.", async () => {
    const spent = sumMsat(
      await Promise.all(
        guests.map(async ({ cardId }) => msat((await showCard(world.store.db, cardId)).spent)),
      ),
    );
    const received = sumMsat(
      store.between(0, 2 ** 40).flatMap(({ received: got }) => (got === undefined ? [] : [got])),
    );
    const { violations } = await verifyLedger(world.store);
    if (violations.length > 0 || spent !== received)
      throw new Error(`the cards spent ${spent} msat, the stall has ${received}`);
    return {
      outcome: `The cards spent ${formatMsat(spent)}, and the stall was paid ${formatMsat(received)}: they agree.`,
      facts: { spentMsat: spent, receivedMsat: received },
    };
  });
}
