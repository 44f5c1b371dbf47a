import { z } from "zod";
import type { Lying } from "../../cli/desk/card-watch.js";
import { cardText } from "../../cli/issuer/card-choice.js";
import { cardData } from "../../cli/issuer/card-view.js";
import { showCard } from "../../issuer/ledger/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { HttpProblem } from "../problem.js";
import { aborted, type EventSource, type Route, route } from "../route.js";
import { type OpenDesk, stationOf } from "./desk.js";
import { lyingAnswer } from "./station-answers.js";

type ToldLying = z.input<typeof lyingAnswer>;

async function told(desk: OpenDesk, lying: Lying | undefined): Promise<ToldLying> {
  const simulated = desk.station?.maker.readers.simulated;
  const common = {
    ...(simulated
      ? {
          simulated: {
            cards: [...simulated.names],
            ...(simulated.lying === undefined ? {} : { lying: simulated.lying }),
          },
        }
      : {}),
  };
  if (!lying) return { state: "no-station", ...common };
  if (lying.kind !== "card") {
    const { kind, ...rest } = lying;
    return { state: kind, ...rest, ...common };
  }
  const { presence, given, problem, reader } = lying;
  return {
    state: "card",
    reader,
    card: cardData(await showCard(desk.store.db, presence.card.cardId)),
    onCard: {
      available: presence.credit - presence.authorizedTotal,
      payments: BigInt(presence.counter),
      blocked: presence.blocked,
      pinTriesUsedUp: presence.pinTriesUsedUp,
    },
    update: given ? "given" : presence.pending ? "waiting" : "none",
    ...(problem ? { problem } : {}),
    ...common,
  };
}

/** An event now and whenever a card is laid down, read, or taken away. */
export const readerEvents =
  (desk: OpenDesk): EventSource =>
  async (send, signal) => {
    const { station } = desk;
    // One after another: a later event must not overtake an earlier one that reads the ledger.
    let last = Promise.resolve();
    const tell = (lying: Lying | undefined): void => {
      last = last
        .then(async () => send({ event: "reader", data: await told(desk, lying) }))
        .catch(() => undefined);
    };
    tell(station?.watch.lying);
    const end = station?.watch.watch(tell);
    await aborted(signal);
    end?.();
  };

/** The card on the desk's reader. */
export function stationRoutes(desk: OpenDesk): readonly Route[] {
  const { station } = desk;
  return [
    route({
      method: "get",
      path: "/v1/reader",
      id: "getReader",
      summary: "What lies on the desk's reader",
      role: "read",
      answer: lyingAnswer,
      run: () => told(desk, station?.watch.lying),
    }),
    route({
      method: "get",
      path: "/v1/reader/events",
      id: "watchReader",
      summary: "Watch the desk's reader: an event now and whenever a card is laid down, read, or taken away",
      role: "read",
      answer: lyingAnswer,
      watch: () => readerEvents(desk),
    }),
    route({
      method: "post",
      path: "/v1/reader/deliver",
      id: "deliverUpdate",
      summary: "Look at the card on the reader again, and hand over what waits for it",
      role: "desk",
      action: "deliver",
      body: z.strictObject({}),
      answer: z.object({ card: z.string() }),
      run() {
        const { watch } = stationOf(desk);
        const { lying } = watch;
        if (lying.kind !== "card")
          throw new HttpProblem(409, "no-card", "no card of this issuer lies on the reader");
        watch.lookAgain();
        return { card: cardText(cardKey(lying.presence.card.cardId)) };
      },
    }),
    route({
      method: "post",
      path: "/v1/reader/lay",
      id: "laySimulatedCard",
      summary: "Lay a simulated card on the reader, or take away what lies there",
      role: "desk",
      action: "lay-simulated-card",
      body: z.strictObject({
        file: z.string().min(1).max(200).optional().describe("Left out: the reader is empty then."),
      }),
      answer: z.object({ lying: z.string().optional() }),
      run({ body: { file } }) {
        const { simulated } = stationOf(desk).maker.readers;
        if (!simulated) throw new HttpProblem(409, "real-reader", "the cards of this desk are not simulated");
        desk.jobs.expectFree();
        simulated.lay(file);
        return file === undefined ? {} : { lying: file };
      },
    }),
  ];
}
