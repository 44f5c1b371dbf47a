import { Counter, type Registry } from "prom-client";
import { type BoltCardObserver, refusalName } from "../bolt-cards/figures.js";

/** Figures of Bolt Cards for Prometheus. */
export function boltCardMetrics(registry: Registry): BoltCardObserver {
  const registers = [registry];
  const requests = new Counter({
    name: "chequecard_bolt_card_requests_total",
    help: "Requests for Bolt Cards: read (an offer), pay (a callback), program, wipe; a refusal by its reason.",
    labelNames: ["request", "outcome", "reason"],
    registers,
  });
  const payments = new Counter({
    name: "chequecard_bolt_card_payments_total",
    help: "Payments of Bolt Cards that this process began; those that are open the reconciler ends.",
    labelNames: ["end"],
    registers,
  });
  const evidence = new Counter({
    name: "chequecard_bolt_card_evidence_total",
    help: "Readings that were kept as evidence: clone, of a second chip with the keys of a card; older, kept by somebody.",
    labelNames: ["kind"],
    registers,
  });
  // There from the start, so that the first one is a rise.
  for (const end of ["paid", "failed", "open"]) payments.inc({ end }, 0);
  for (const kind of ["clone", "older"]) evidence.inc({ kind }, 0);
  return {
    onAnswer: (request, refusal) =>
      requests.inc({
        request,
        outcome: refusal === undefined ? "given" : "refused",
        reason: refusal === undefined ? "" : refusalName(refusal),
      }),
    onEvidence: (kind) => evidence.inc({ kind }),
    onEnd: (end) => payments.inc({ end }),
  };
}
