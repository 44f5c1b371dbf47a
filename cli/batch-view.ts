import cliProgress from "cli-progress";
import { formatCardId } from "../apdu/card-id.js";
import { plural, visible } from "../common/index.js";
import { type BatchEvent, type CardStep, FACTORY_KEYS_KEPT } from "../personalize/index.js";
import type { CommandContext } from "./command-context.js";

/** What a batch looks like while it runs. */
export interface BatchView {
  show(event: BatchEvent): void;
  stop(): void;
}

type BatchError = Extract<BatchEvent, { readonly error: unknown }>["error"];

const STEPS: readonly CardStep[] = [
  "probe",
  "authenticate",
  "generate",
  "store",
  "register",
  "verify",
  "face",
  "rotate",
  "done",
];
const STEP_TEXT: Readonly<Record<CardStep, string>> = {
  probe: "looking at the card",
  authenticate: "authenticating",
  generate: "the card makes its key",
  store: "writing",
  register: "registering",
  verify: "reading back",
  face: "the second face",
  rotate: "new card keys",
  done: "done: take the card away",
};

const sentence = ({ message, hint }: BatchError): string => visible(hint ? `${message}. ${hint}` : message);

/** One line for each card, where there is no terminal to draw on. */
function lines(context: CommandContext): BatchView {
  return {
    show(event) {
      if (event.kind === "card") {
        context.note(
          `${event.reader}: card ${event.card.number} ${formatCardId(event.card.cardId)} ${event.card.how}, ${event.left} left`,
        );
        if (event.card.keepsFactoryKeys) context.note(`${event.reader}: ${FACTORY_KEYS_KEPT}`);
      } else if (event.kind === "refused" || event.kind === "torn" || event.kind === "reader-gone")
        context.note(`${event.reader}: ${sentence(event.error)}`);
    },
    stop: () => undefined,
  };
}

/** A bar for the batch with rate and remaining time, and one for each reader with what it does. */
function bars(context: CommandContext, total: number, done: number): BatchView {
  const multi = new cliProgress.MultiBar({
    stream: process.stderr,
    format: "{title} {bar} {text}",
    hideCursor: true,
    barsize: 24,
    autopadding: true,
  });
  const started = performance.now();
  let made = 0;
  const whole = multi.create(total, done, { title: "batch".padEnd(28), text: `${total - done} cards left` });
  const readers = new Map<string, cliProgress.SingleBar>();
  const barOf = (reader: string) => {
    let bar = readers.get(reader);
    if (!bar) {
      bar = multi.create(STEPS.length - 1, 0, { title: visible(reader).slice(0, 28).padEnd(28), text: "" });
      readers.set(reader, bar);
    }
    return bar;
  };
  const rate = (left: number): string => {
    const seconds = (performance.now() - started) / 1000;
    const remaining = made === 0 ? "" : `, about ${Math.ceil((left * seconds) / made / 60)} min`;
    return `${plural(left, "card")} left, ${((60 * made) / seconds).toFixed(0)} a minute${remaining}`;
  };
  return {
    show(event) {
      const bar = barOf(event.reader);
      switch (event.kind) {
        case "waiting":
          return bar.update(0, { text: "lay the next card on the reader" });
        case "step":
          return bar.update(STEPS.indexOf(event.step), { text: STEP_TEXT[event.step] });
        case "card":
          made++;
          if (event.card.keepsFactoryKeys)
            multi.log(`${visible(event.reader)}: card ${visible(event.card.number)}: ${FACTORY_KEYS_KEPT}\n`);
          bar.update(STEPS.length - 1, { text: `card ${visible(event.card.number)} is done: take it away` });
          return whole.update(total - event.left, { text: rate(event.left) });
        default:
          multi.log(`${visible(event.reader)}: ${sentence(event.error)}\n`);
          return bar.update(0, { text: "take the card away" });
      }
    },
    stop() {
      multi.stop();
      context.note("");
    },
  };
}

/** @param total cards of the batch; @param done those that are finished already */
export function batchView(context: CommandContext, total: number, done: number): BatchView {
  return context.json || !process.stderr.isTTY ? lines(context) : bars(context, total, done);
}
