import { TransportError } from "../../apdu/index.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { cardChapter } from "../demo/card-chapter.js";
import { type Counter, inProcessCounter, pcscCounter } from "../demo/counter.js";
import { Story } from "../demo/story.js";
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

async function demo(context: CommandContext): Promise<CommandOutput> {
  const story = new Story(context);
  const counter = await openCounter(context);
  try {
    await cardChapter(story, counter, context);
  } finally {
    await counter.close();
  }
  return {
    data: { counter: counter.place, steps: story.steps },
    text: `\nAll ${story.steps.length} steps went as they should.`,
  };
}

export const registerDemo: RegisterCommand = (program, run) => {
  program
    .command("demo")
    .description("show everything working, from the card to the payment (this is what `npm start` runs)")
    .addHelpText("after", "\nWith --trace every message to and from the card is shown, secrets masked.\n")
    .action(() => run(demo));
};
