import { formatMsat, printAmount, sat } from "../../common/index.js";
import { languageOf } from "../../common/languages/language.js";
import { speak } from "../../common/languages/speak.js";
import { totalsOf } from "../../host/index.js";
import { HttpProblem } from "../../server/problem.js";
import { withKeys } from "../api-keys-file.js";
import type { CommandContext } from "../command-context.js";
import { DeputyTerminals } from "../node/deputy-terminals.js";
import { runOperation } from "../node/operations.js";
import { serveTillHttp, TILL_PORT } from "../terminal-http.js";
import { salesFile } from "../terminal-session.js";
import type { Counter } from "./counter.js";
import { blankCards, festivalProfile, type IssuedCard, makeCards } from "./make-cards.js";
import type { Story } from "./story.js";
import { CARD, type World } from "./world.js";

/** On the card of the one who tries the page. */
const CREDIT = sat(200_000);
/** Price of one bitcoin, for amounts in euro. */
const RATE = "61500eur";
const EXPIRY_SECONDS = "600";

/** The bar's till as a page, until Ctrl-C: the reader who tries it sells, and a card lies on the counter. */
export async function tillPage(
  story: Story,
  counter: Counter,
  world: World,
  context: CommandContext,
): Promise<void> {
  await counter.take();
  const profile = festivalProfile(world.payerUri, {
    name: "festival, for you",
    limits: {
      credit: printAmount(CREDIT),
      "max-per-transaction": printAmount(CREDIT),
      "pin-threshold": printAmount(CARD.pinThreshold),
      "no-pin-budget": printAmount(CREDIT),
    },
    policy: {},
  });
  const { cards } = await makeCards(counter, world, profile, blankCards(world, 1), context.signal);
  const [issued] = cards;
  if (!issued) throw new Error("the card was not made");
  story.chapter(
    "Your turn",
    `A card with ${formatMsat(CREDIT)} lies on the counter and pays whatever you charge. Above ${formatMsat(CARD.pinThreshold)} it asks for its PIN, which is ${issued.pin}.`,
  );
  try {
    await serve(counter, world, issued, context, TILL_PORT);
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    await serve(counter, world, issued, context, 0);
  }
  const { paid, received } = totalsOf(world.sales.between(0, 2 ** 40));
  context.print(`The bar sold ${paid} times for ${formatMsat(received)} in all.`);
}

/** @throws HttpProblem where another program has the port */
async function serve(
  counter: Counter,
  world: World,
  { card }: IssuedCard,
  context: CommandContext,
  port: number,
): Promise<void> {
  const { terminal, folder, sales: store, nodes } = world;
  const options = { node: folder, place: "The bar", currency: "eur", rate: RATE, expiry: EXPIRY_SECONDS };
  const subject = {
    node: nodes.merchant,
    terminals: new DeputyTerminals(folder),
    sales: { path: salesFile(options), store },
    forwarding: undefined,
  };
  const open = {
    ...{ terminal, store },
    // The hand takes the card away after each sale, and lays it down for the next.
    async cardTaken() {
      await counter.take();
      await counter.lay(card);
    },
    readersNow: () => [{ name: "the bar's reader", card: "present" as const }],
    run: (request: unknown) => runOperation(subject, request),
    isOffline: () => false,
  };
  // The story is English; the till speaks as any other does.
  await speak(context.json ? "en" : languageOf(context.env));
  await serveTillHttp(context, open, options, { host: "127.0.0.1", port, names: [] }, (url) =>
    showAddress(context, world, url),
  );
}

function showAddress(context: CommandContext, { folder }: World, url: string): void {
  withKeys(folder, (keys) => keys.invite("shift-lead")).then(
    (code) =>
      context.print(
        `\nThe bar's till, once, within five minutes:\n${url}#pair=${code}\nIts customer's screen: ${url}customer\nCtrl-C ends it all.`,
      ),
    (error: Error) => context.note(error.message),
  );
}
