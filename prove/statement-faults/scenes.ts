import { sat } from "../../common/index.js";
import {
  beginClosing,
  closingPayouts,
  endClosing,
  findTopUp,
  listCards,
  showCard,
  verifyLedger,
} from "../../issuer/ledger/index.js";
import { bindStore, openPostgres } from "../../issuer/store/index.js";
import type { SigningCard } from "../../testing/cards/signing-card.js";
import type { TestChip } from "../../testing/cards/test-chip.js";
import { NODE_ID } from "../../testing/issuer/service.js";
import type { Behaviour } from "../../testing/nodes/scripted-node.js";
import type { Made, Stage } from "./stage.js";

const DAY_MS = 24 * 3_600_000;
const LEASE_MS = 61_000;
/** After it the invoice of a refund has expired. */
const REFUND_MS = 11 * 60_000;

/** What the statements belong to that are failed one after the other. */
export interface Scene {
  readonly name: string;
  /** In peace. @returns what is done while statements fail, and whom it is about */
  prepare(stage: Stage): Promise<Act>;
}

interface Act {
  readonly card: SigningCard;
  run(): Promise<unknown>;
}

type Meddler = (stage: Stage, card: SigningCard) => Promise<unknown>;

/** What the other service does to the same card while the statement is being run. */
export const MEDDLERS: Readonly<Record<string, Meddler>> = {
  "pays more": (stage, card) => stage.present(stage.other, stage.sign(card, sat(15_000))),
  "pays little": (stage, card) => stage.present(stage.other, stage.sign(card, sat(100))),
  "tops up": (stage, card) => stage.fund(stage.other, card, sat(300)),
  "pays out": (stage, card) => stage.cashOut(stage.other, card),
  blocks: (stage, card) => stage.block(stage.other, card),
  "reads the card": (stage, card) => stage.identify(stage.other, card),
  reconciles: (stage) => stage.order(() => stage.other.reconciler.run()),
};

/** A round that fails is tried again later. */
const reconcile = (stage: Stage): Promise<void> => stage.order(() => stage.struck.reconciler.run());

const onCard = (name: string, run: (stage: Stage, card: SigningCard) => Promise<unknown>): Scene => ({
  name,
  prepare: async (stage) => {
    const card = await stage.card();
    return { card, run: () => run(stage, card) };
  },
});

const payment = (name: string, behaviour: Behaviour, policy: unknown = {}): Scene => ({
  name,
  prepare: async (stage) => {
    const card = await stage.card(sat(20_000), policy);
    const made = stage.sign(card, sat(1_000), behaviour);
    return { card, run: () => stage.present(stage.struck, made) };
  },
});

/** Four taps of which the last was presented first; the others lie in the gap below it. */
const passedOver = async (stage: Stage, policy: unknown = {}) => {
  const card = await stage.card(sat(20_000), policy);
  const taps = [sat(300), sat(1_000), sat(300), sat(300)].map((amount) => stage.sign(card, amount));
  await stage.present(stage.struck, taps[3] as Made);
  return { card, taps };
};

const inGap = (name: string, policy: unknown): Scene => ({
  name,
  prepare: async (stage) => {
    const { card, taps } = await passedOver(stage, policy);
    return { card, run: () => stage.present(stage.struck, taps[1] as Made) };
  },
});

/** Reserved by the other service, whose payment hangs. */
const hanging = async (stage: Stage, behaviour: Behaviour) => {
  const card = await stage.card();
  const made = stage.sign(card, sat(1_000), behaviour);
  await stage.present(stage.other, made);
  return { card, made };
};

const takeOver = (name: string, behaviour: Behaviour, passMs: number): Scene => ({
  name,
  prepare: async (stage) => {
    const { card } = await hanging(stage, behaviour);
    await stage.struck.reconciler.run();
    stage.pass(LEASE_MS);
    stage.node.finish();
    return {
      card,
      run: async () => {
        await reconcile(stage);
        stage.pass(passMs);
        await reconcile(stage);
      },
    };
  },
});

/** A card has paid a merchant 1,000 sat. */
const paidFor = async (stage: Stage) => {
  const card = await stage.card();
  const made = stage.sign(card, sat(1_000));
  await stage.present(stage.other, made);
  return { card, made };
};

const refund = (
  name: string,
  run: (stage: Stage, sold: Awaited<ReturnType<typeof paidFor>>) => Promise<unknown>,
) => ({
  name,
  prepare: async (stage: Stage) => {
    const sold = await paidFor(stage);
    return { card: sold.card, run: () => run(stage, sold) };
  },
});

/** A Bolt Card beside the scene's card. */
const boltCard = (
  name: string,
  run: (stage: Stage, chip: TestChip) => Promise<unknown>,
  options: Parameters<Stage["chips"]["chip"]>[0] = {},
): Scene => ({
  name,
  prepare: async (stage) => {
    const [card, chip] = [await stage.card(), await stage.chips.chip(options)];
    return { card, run: () => run(stage, chip) };
  },
});

const closeEvent = (stage: Stage): Promise<void> =>
  stage.order(async () => {
    const { store } = stage.struck;
    const since = await beginClosing(store);
    for (const { card } of [...stage.notebook.cards.values()]) await stage.cashOut(stage.struck, card);
    await closingPayouts(store.db, since, "cash");
    await endClosing(store);
  });

/** Every transaction of the issuer. */
export const SCENES: readonly Scene[] = [
  payment("a payment", "settle"),
  payment("a payment under limits for periods", "settle", { maxPer24h: "19000sat", maxPer30d: "19500sat" }),
  payment("a payment that the policy refuses", "settle", { maxPerTransaction: "500sat" }),
  payment("a payment that fails", "fail"),
  payment("a payment that hangs", "stuck"),
  inGap("a payment in a gap", {}),
  inGap("a refusal in a gap", { maxPerTransaction: "500sat" }),
  onCard("a clone's token", async (stage, card) => {
    await stage.present(stage.struck, stage.sign(card, sat(500)));
    await stage.present(stage.struck, stage.clone(card, 1));
  }),
  {
    name: "a token again while it is paid",
    prepare: async (stage) => {
      const { card, made } = await hanging(stage, "stuck");
      return { card, run: () => stage.present(stage.struck, made) };
    },
  },
  {
    name: "a token again that was refused",
    prepare: async (stage) => {
      const card = await stage.card(sat(20_000), { maxPerTransaction: "500sat" });
      const made = stage.sign(card, sat(1_000));
      await stage.present(stage.struck, made);
      return { card, run: () => Promise.all(stage.services.map((service) => stage.present(service, made))) };
    },
  },
  {
    name: "a token whose payment ends elsewhere",
    prepare: async (stage) => {
      const { card, made } = await hanging(stage, "stuck");
      stage.node.finish();
      await stage.other.reconciler.run();
      return { card, run: () => stage.present(stage.struck, made) };
    },
  },
  {
    name: "a status with a gap",
    prepare: async (stage) => {
      const card = await stage.card();
      for (const amount of [300, 200]) stage.sign(card, sat(BigInt(amount)));
      await stage.fund(stage.other, card, sat(100));
      return { card, run: () => stage.identify(stage.struck, card) };
    },
  },
  {
    name: "a status below what was seen",
    prepare: async (stage) => {
      const { card } = await passedOver(stage);
      const fields = { counter: 2, authorizedTotal: sat(1_300) };
      return { card, run: () => stage.struck.identify(card, fields) };
    },
  },
  onCard("a status that contradicts", (stage, card) =>
    stage.identify(stage.struck, card, { credit: sat(90_000) }),
  ),
  {
    name: "gaps grown old",
    prepare: async (stage) => {
      const { card } = await passedOver(stage);
      stage.pass(DAY_MS);
      return { card, run: () => reconcile(stage) };
    },
  },
  takeOver("a payment taken over", "stuck", 1_000),
  takeOver("a failed payment taken over", "stuck-then-fails", 2 * 3_600_000),
  {
    name: "own leases renewed",
    prepare: async (stage) => {
      const card = await stage.card();
      await stage.present(stage.struck, stage.sign(card, sat(1_000), "stuck-then-fails"));
      stage.node.finish();
      return { card, run: () => reconcile(stage) };
    },
  },
  onCard("a top-up", (stage, card) => stage.fund(stage.struck, card, sat(500))),
  onCard("a cash-out", (stage, card) => stage.cashOut(stage.struck, card)),
  {
    name: "a top-up reversed",
    prepare: async (stage) => {
      const card = await stage.card();
      await stage.fund(stage.other, card, sat(500));
      const { operation } = await findTopUp(stage.other.store.db, card.cardId);
      return { card, run: () => stage.reverse(stage.struck, card, operation) };
    },
  },
  refund("a refund to a card", async (stage, { card, made }) => {
    for (const amount of [sat(600), sat(600)])
      stage.payRefund(await stage.askRefund(stage.struck, made, amount), card);
    await stage.resolveRefunds(stage.struck);
  }),
  refund("a refund that was paid while no service ran", async (stage, { card, made }) => {
    stage.payRefund(await stage.askRefund(stage.other, made, sat(400)), card, true);
    await stage.resolveRefunds(stage.struck);
  }),
  refund("a refund whose invoice expires", async (stage, { made }) => {
    await stage.askRefund(stage.other, made, sat(400));
    stage.pass(REFUND_MS);
    await stage.resolveRefunds(stage.struck);
  }),
  {
    name: "a refund to a replaced card",
    prepare: async (stage) => {
      const { card, made } = await paidFor(stage);
      const fresh = await stage.card();
      await stage.replace(stage.other, card, fresh);
      const run = async () => {
        stage.payRefund(await stage.askRefund(stage.struck, made, sat(300)), fresh);
        await stage.resolveRefunds(stage.struck);
      };
      return { card: fresh, run };
    },
  },
  onCard("a card blocked", (stage, card) => stage.block(stage.struck, card)),
  {
    name: "a card unblocked",
    prepare: async (stage) => {
      const card = await stage.card();
      await stage.block(stage.other, card);
      return { card, run: () => stage.unblock(stage.struck, card) };
    },
  },
  {
    name: "a card retired",
    prepare: async (stage) => {
      const card = await stage.card();
      await stage.cashOut(stage.other, card);
      return { card, run: () => stage.retire(stage.struck, card) };
    },
  },
  {
    name: "a card replaced",
    prepare: async (stage) => {
      const [card, fresh] = [await stage.card(), await stage.card(sat(10))];
      await stage.present(stage.struck, stage.sign(card, sat(100)));
      return { card, run: () => stage.replace(stage.struck, card, fresh) };
    },
  },
  onCard("new limits", (stage, card) => stage.limits(stage.struck, card)),
  onCard("a new policy", (stage, card) => stage.policy(stage.struck, card)),
  boltCard("a Bolt Card read and paid with", (stage, chip) => stage.tapChip(chip, sat(1_000))),
  boltCard("a Bolt Card whose payment hangs", (stage, chip) => stage.tapChip(chip, sat(1_000), "stuck")),
  boltCard("a Bolt Card beyond its money", (stage, chip) => stage.tapChip(chip, sat(30_000))),
  boltCard(
    "a Bolt Card with its PIN",
    async (stage, chip) => {
      await stage.tapChip(chip, sat(600), "settle", "0000");
      await stage.tapChip(chip, sat(600), "settle", "4711");
    },
    { policy: { pinRequiredAbove: "500sat" }, pin: "4711" },
  ),
  boltCard("readings of a Bolt Card and its clone", async (stage, chip) => {
    const [first, second] = [chip.read(), chip.read()];
    for (const reading of [second, first, chip.readingOf(2)]) await stage.chips.read(0, reading);
  }),
  onCard("a card registered", (stage) => stage.newCard(stage.struck)),
  onCard("an event closed", async (stage) => {
    await closeEvent(stage);
    for (const { card } of stage.notebook.cards.values()) await stage.fund(stage.struck, card, sat(200));
    await closeEvent(stage);
  }),
  onCard("reports", (stage, card) =>
    stage.order(async () => {
      await verifyLedger(stage.struck.store);
      await listCards(stage.struck.store.db);
      await showCard(stage.struck.store.db, card.cardId);
    }),
  ),
  onCard("a service started", (stage) => stage.order(() => startService(stage.urls[0]))),
];

/** Opens the ledger as a service does, and closes it. */
export async function startService(url: string): Promise<void> {
  const store = await openPostgres({ url });
  try {
    await bindStore(store, { network: "bcrt", nodeId: NODE_ID });
  } finally {
    await store.close();
  }
}
