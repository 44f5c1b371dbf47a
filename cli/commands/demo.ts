import { TransportError } from "../../apdu/index.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { booksChapter } from "../demo/books-chapter.js";
import { type Counter, inProcessCounter, pcscCounter } from "../demo/counter.js";
import type { DemoLnds } from "../demo/nodes.js";
import { offlineChapter } from "../demo/offline-chapter.js";
import { personalizationChapter } from "../demo/personalization-chapter.js";
import { powerCutChapter } from "../demo/power-cut-chapter.js";
import { salesChapter } from "../demo/sales-chapter.js";
import { Story } from "../demo/story.js";
import { tillPage } from "../demo/till-page.js";
import { buildWorld } from "../demo/world.js";
import { InputError } from "../error-report.js";
import type { CommandOutput } from "../output.js";

/** The PC/SC counter where there is one; else the one in process, saying why. */
async function openCounter(context: CommandContext): Promise<Counter> {
  if (context.env.CHEQUECARD_PCSC === "off") return inProcessCounter();
  try {
    return await pcscCounter(context.signal);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    context.print(`Without PC/SC: ${error.message} The card is simulated in this process instead.`);
    return inProcessCounter();
  }
}

interface DemoOptions {
  readonly payer?: string;
  readonly merchant?: string;
  readonly till?: boolean;
}

/** @throws InputError for one without the other */
function lndsOf({ payer, merchant }: DemoOptions): DemoLnds | undefined {
  if (payer !== undefined && merchant !== undefined) return { payer, merchant };
  if (payer === undefined && merchant === undefined) return undefined;
  throw new InputError(
    "--payer and --merchant: need both, the folders of two lnd with a channel between them",
  );
}

async function demo(context: CommandContext, options: DemoOptions): Promise<CommandOutput> {
  const lnds = lndsOf(options);
  const started = performance.now();
  const story = new Story(context);
  const counter = await openCounter(context);
  try {
    const world = await buildWorld(counter, lnds);
    try {
      const issued = await personalizationChapter(story, counter, world, context);
      await salesChapter(story, counter, world, issued, context);
      await offlineChapter(story, world);
      await powerCutChapter(story, counter, world, context);
      await booksChapter(story, world, issued);
      if (options.till) await tillPage(story, counter, world, context);
    } finally {
      await world.close();
    }
  } finally {
    await counter.close();
  }
  const seconds = (performance.now() - started) / 1000;
  return {
    data: { counter: counter.place, seconds, steps: story.steps },
    text: `\nAll ${story.steps.length} steps went as they should, in ${seconds.toFixed(1)} s.${options.till ? "" : "\nTo sell in a browser yourself: npm start -- --till"}`,
  };
}

export const registerDemo: RegisterCommand = (program, run) => {
  program
    .command("demo")
    .description("show everything working, from the card to the payment (this is what `npm start` runs)")
    .option("--payer <folder>", "play it on an lnd, which terminal.yaml in this folder names; regtest only")
    .option("--merchant <folder>", "the same of the bar's lnd, which takes payments to deputies")
    .option("--till", "then stay, with the bar's till as a page at http://127.0.0.1:9750/, until Ctrl-C")
    .addHelpText(
      "after",
      `
With --trace every message to and from the card is shown, secrets masked.

Examples:
  chequecard demo
  chequecard demo --till
  chequecard demo --payer festival --merchant bar
`,
    )
    .action((options: DemoOptions) => run((context) => demo(context, options)));
};
