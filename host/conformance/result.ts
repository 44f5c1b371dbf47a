import { ChequecardError } from "../../common/index.js";

/** How one case went. */
export interface CaseResult {
  /** Stable name, `update/refused`. */
  readonly id: string;
  /** Section of the specification that it holds the card to. */
  readonly section: string;
  readonly title: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** The step that failed, in words; for a skipped case why. */
  readonly detail: string | undefined;
  readonly expected: string | undefined;
  readonly found: string | undefined;
}

/** The results of a run, and how many of each. */
export interface ConformanceReport {
  readonly target: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly results: readonly CaseResult[];
}

/** Ends a case: the card did something else than the specification says. */
export class Nonconformance extends ChequecardError {
  override readonly code = "nonconformance";
  readonly step: string;
  readonly expected: string;
  readonly found: string;

  constructor(step: string, expected: string, found: string) {
    super(`${step}: expected ${expected}, found ${found}`);
    this.step = step;
    this.expected = expected;
    this.found = found;
  }
}

/** Ends a case that does not apply to this card. */
export class NotApplicable extends ChequecardError {
  override readonly code = "not-applicable";
}
