import type { CaseContext } from "./context.js";

/** One thing that the specification demands of a card. */
export interface ConformanceCase {
  /** Stable name, `update/refused`. */
  readonly id: string;
  /** For example `specs/01 §6.7`. */
  readonly section: string;
  readonly title: string;
  /** Resolves when the card conforms. @throws Nonconformance, NotApplicable, CannotProvision, TransportError */
  run(context: CaseContext): Promise<void>;
}
