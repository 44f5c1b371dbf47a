import { reasonForLog } from "../../lightning/api/reason-codes.js";
import { REASON_SENTENCES, SAID } from "./sentences.js";

/** What a client of Bolt Cards can ask for. */
export type BoltCardRequest = "read" | "pay" | "program" | "wipe";

/** Counts what happens to requests for Bolt Cards. It learns of no card which one it is. */
export interface BoltCardObserver {
  /** @param refusal the sentence that was answered; undefined: what was asked for was given */
  onAnswer(request: BoltCardRequest, refusal: string | undefined): void;
  /** A reading that was kept as evidence: of a second chip, or older than the newest one. */
  onEvidence(kind: "clone" | "older"): void;
  /** Of a payment that this process reserved; `open`: the reconciler ends it. */
  onEnd(end: "paid" | "failed" | "open"): void;
}

/** Counts nothing. */
export const NOT_OBSERVED: BoltCardObserver = { onAnswer() {}, onEvidence() {}, onEnd() {} };

const NAMES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(REASON_SENTENCES).map(
    ([code, sentence]) => [sentence, reasonForLog(Number.parseInt(code, 10)).name] as const,
  ),
  ...Object.entries(SAID).map(
    ([name, sentence]) => [sentence, name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)] as const,
  ),
]);

/** What a refusal's sentence is called in figures: one of a bounded number of names. */
export const refusalName = (sentence: string): string => NAMES.get(sentence) ?? "other";
