/**
 * The card conformance suite: holds any card to specs/01 and specs/02 over a Transport. An author of a card
 * application writes a ConformanceTarget for it (docs/conformance.md).
 */
export type { ConformanceCase } from "./case.js";
export { keylessCases } from "./cases/keyless.js";
export type { CardShape, CaseContext, TestCard } from "./context.js";
export { ProvisionProgramError, programTarget, provisionRequest } from "./provision-program.js";
export { type CaseResult, type ConformanceReport, Nonconformance, NotApplicable } from "./result.js";
export { type ConformanceOptions, conformanceCases, runConformance } from "./run.js";
export {
  CannotProvision,
  type CardSettings,
  type CardUnderTest,
  type ConformanceTarget,
  cardAsItIs,
  cardOnReader,
} from "./target.js";
