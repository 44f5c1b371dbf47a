import type { ConformanceCase } from "./case.js";
import { certificateCases } from "./cases/certificate.js";
import { keylessCases } from "./cases/keyless.js";
import { privacyCases } from "./cases/privacy.js";
import { robustnessCases } from "./cases/robustness.js";
import { selectionCases } from "./cases/selection.js";
import { caseContext } from "./context.js";
import { type CaseResult, type ConformanceReport, Nonconformance, NotApplicable } from "./result.js";
import { sessionCase } from "./session-case.js";
import { readSessions } from "./session-file.js";
import { CannotProvision, type ConformanceTarget } from "./target.js";

/** Every case: the scripted sessions of specs/vectors, then those that need a program. */
export function conformanceCases(): readonly ConformanceCase[] {
  return [
    ...keylessCases,
    ...readSessions().map(sessionCase),
    ...selectionCases,
    ...privacyCases,
    ...robustnessCases,
    ...certificateCases,
  ];
}

export interface ConformanceOptions {
  /** Default {@link conformanceCases}. */
  readonly cases?: readonly ConformanceCase[];
  /** Called with each result as it comes. */
  readonly onResult?: (result: CaseResult) => void;
  /** Ends the run before the next case; what was done is reported. */
  readonly signal?: AbortSignal;
  /** Source of keys and ids; default the system's. */
  readonly random?: (length: number) => Uint8Array;
}

/**
 * Runs the cases one after the other, each on a card of its own. A case never ends the run: what goes wrong in
 * it is its result.
 */
export async function runConformance(
  target: ConformanceTarget,
  options: ConformanceOptions = {},
): Promise<ConformanceReport> {
  const results: CaseResult[] = [];
  for (const conformanceCase of options.cases ?? conformanceCases()) {
    if (options.signal?.aborted) break;
    const result = await runCase(conformanceCase, target, options.random);
    results.push(result);
    options.onResult?.(result);
  }
  const count = (outcome: CaseResult["outcome"]) =>
    results.filter((result) => result.outcome === outcome).length;
  return {
    target: target.name,
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
    results,
  };
}

async function runCase(
  conformanceCase: ConformanceCase,
  target: ConformanceTarget,
  random: ConformanceOptions["random"],
): Promise<CaseResult> {
  const { id, section, title } = conformanceCase;
  const about = { id, section, title, detail: undefined, expected: undefined, found: undefined };
  try {
    await conformanceCase.run(caseContext(target, random));
    return { ...about, outcome: "passed" };
  } catch (error) {
    if (error instanceof NotApplicable || error instanceof CannotProvision)
      return { ...about, outcome: "skipped", detail: error.message };
    if (error instanceof Nonconformance)
      return {
        ...about,
        outcome: "failed",
        detail: error.step,
        expected: error.expected,
        found: error.found,
      };
    return {
      ...about,
      outcome: "failed",
      detail: "the conversation with the card broke off",
      expected: "an answer",
      found: error instanceof Error ? error.message : String(error),
    };
  }
}
