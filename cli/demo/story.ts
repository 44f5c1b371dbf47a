import type { CommandContext } from "../command-context.js";
import { wrap } from "../wrap.js";

/** Columns of the rule beside a title. */
const RULE = 78;

/** One step of the story, also the record of it for `--json`. */
export interface StoryStep {
  readonly title: string;
  readonly outcome: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly milliseconds: number;
}

/** Tells the demonstration step by step, to someone who has never heard of smart cards. */
export class Story {
  readonly #context: CommandContext;
  readonly #steps: StoryStep[] = [];

  constructor(context: CommandContext) {
    this.#context = context;
  }

  get #width(): number | undefined {
    return this.#context.columns;
  }

  get steps(): readonly StoryStep[] {
    return this.#steps;
  }

  chapter(title: string, ...lines: string[]): void {
    const rule = Math.min(this.#width ?? RULE, RULE) - title.length - 4;
    this.#context.print(`\n== ${title} ${"=".repeat(Math.max(0, rule))}`);
    for (const line of lines)
      this.#context.print(wrap(line, this.#width, "", line.startsWith("- ") ? "  " : ""));
  }

  line(text: string): void {
    this.#context.print(wrap(text, this.#width, "   "));
  }

  /** Runs a step and tells what came out of it. */
  async step(
    title: string,
    run: () => Promise<{ outcome: string; facts?: Readonly<Record<string, unknown>> }>,
  ): Promise<void> {
    const number = this.#steps.length + 1;
    this.#context.print(`\n${wrap(`${String(number).padStart(2)}. ${title}`, this.#width, "", "    ")}`);
    const started = performance.now();
    const { outcome, facts = {} } = await run();
    const milliseconds = Math.round((performance.now() - started) * 10) / 10;
    this.#steps.push({ title, outcome, facts, milliseconds });
    this.line(outcome);
  }
}
