/** What bounds a campaign: it ends at whichever comes first. */
interface Budget {
  readonly seconds: number;
  /** Tear points, commands or inputs. */
  readonly units: number;
  /** More say nothing new. Default 20. */
  readonly failures?: number;
}

export interface CampaignOptions {
  /** Everything random follows from it. */
  readonly seed: number;
  readonly budget: Budget;
  /** Told now and then how far it is. */
  readonly progress?: ((text: string) => void) | undefined;
}

/** Something that must not be. */
export interface Failure {
  /** Where it was: state and command, or fuzz target. */
  readonly where: string;
  /** What is wrong, without secrets. */
  readonly what: string;
  /** Options of the command that shows it again. */
  readonly replay: string;
  /** The input that shows it, to be kept as a regression vector; hex. */
  readonly input?: string;
}

export interface CampaignResult {
  readonly units: number;
  /** Counts of what was done, for the report. */
  readonly counts: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  readonly seed: number;
  readonly seconds: number;
  /** What was done, one by one, where each is to be read. */
  readonly lines?: readonly string[];
}

/** One part of the proof, a library function: the report and the tests run the same. */
export interface Campaign {
  readonly name: string;
  /** One sentence for the report. */
  readonly about: string;
  readonly unit: "tear points" | "commands" | "inputs" | "runs" | "kills" | "taps" | "tests" | "mutants";
  /** Units of a full run. */
  readonly full: number;
  run(options: CampaignOptions): Promise<CampaignResult>;
}

const MAX_FAILURES = 20;

/** Ends a campaign: units, time or failures. */
export class Meter {
  readonly counts: Record<string, number> = {};
  readonly failures: Failure[] = [];
  units = 0;
  readonly #options: CampaignOptions;
  readonly #start = performance.now();
  #told = 0;

  constructor(options: CampaignOptions) {
    this.#options = options;
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  get seed(): number {
    return this.#options.seed;
  }

  get secondsLeft(): number {
    return this.#options.budget.seconds - this.seconds;
  }

  /** True when the campaign has done what its budget allows, or has failed often enough. */
  get isOver(): boolean {
    const { units, failures = MAX_FAILURES } = this.#options.budget;
    return this.units >= units || this.secondsLeft <= 0 || this.failures.length >= failures;
  }

  count(what: string, n = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + n;
  }

  fail(failure: Failure): void {
    if (this.failures.length < MAX_FAILURES) this.failures.push(failure);
  }

  /** At most once in two seconds. */
  tell(text: string): void {
    if (this.seconds - this.#told < 2) return;
    this.#told = this.seconds;
    this.#options.progress?.(`${this.units} ${text}, ${this.failures.length} failures`);
  }

  result(): CampaignResult {
    const { units, counts, failures, seconds } = this;
    return { units, counts, failures, seconds, seed: this.#options.seed };
  }
}
