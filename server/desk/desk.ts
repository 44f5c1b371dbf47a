import type { AuditLog } from "../../cli/desk/audit-log.js";
import type { CardMaker } from "../../cli/desk/batches.js";
import type { CardWatch } from "../../cli/desk/card-watch.js";
import type { Jobs } from "../../cli/desk/jobs.js";
import type { ReportThread } from "../../cli/desk/report-thread.js";
import { findCardId } from "../../cli/issuer/card-choice.js";
import { equalBytes } from "../../common/bytes.js";
import type { NodeComparison } from "../../issuer/reports/index.js";
import type { CardDesk, Health, ServiceConfig } from "../../issuer/service/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { ListedKey } from "../keys.js";
import { HttpProblem } from "../problem.js";

/** The readers of a desk, and what is made there. */
export interface DeskStation {
  readonly watch: CardWatch;
  readonly desk: CardDesk;
  readonly maker: CardMaker;
}

/** An issuer's desk that serves an API. */
export interface OpenDesk {
  readonly store: Store;
  readonly config: Pick<
    ServiceConfig,
    "network" | "timeZone" | "currency" | "maxTopUp" | "payees" | "policies"
  >;
  readonly reports: ReportThread;
  readonly audit: AuditLog;
  readonly jobs: Jobs;
  /** Undefined: the service was started without a reader. */
  readonly station: DeskStation | undefined;
  /** Whether the service can do its work. */
  health(): Promise<Health>;
  /** Compares the ledger with the node, both ways. @throws StoreError; NodeError */
  compare(): Promise<NodeComparison>;
}

/** The card that a path names: by its id, or what is printed on it. @throws InputError; LedgerError */
export const cardOf = ({ store }: OpenDesk, { card }: { readonly card: string }): Promise<Uint8Array> =>
  findCardId(store, card);

/** The note of a booking, with the key by which it was made. */
export const noteBy = (note: string, caller: ListedKey | undefined): string =>
  [note, caller && `(by ${caller.name}, key ${caller.id})`].filter(Boolean).join(" ");

/** Fields without those that are undefined or false, as options of a command. */
export function given<T extends Readonly<Record<string, string | number | boolean | undefined>>>(fields: T) {
  const found = Object.entries(fields).filter(([, value]) => value !== undefined && value !== false);
  return Object.fromEntries(
    found.map(([name, value]) => [name, typeof value === "number" ? String(value) : value]),
  ) as Record<string, never>;
}

/** Something was booked for a card: where it lies on the reader, it gets it now. */
export function booked({ station }: OpenDesk, cardId: Uint8Array): void {
  if (!station) return;
  const { lying } = station.watch;
  if (lying.kind === "card" && equalBytes(lying.presence.card.cardId, cardId)) station.watch.lookAgain();
}

/** @throws HttpProblem where the service has no reader */
export function stationOf({ station }: OpenDesk): DeskStation {
  if (station) return station;
  throw new HttpProblem(409, "no-station", "the service was started without a reader", {
    hint: "Start it with: chequecard issuer serve <folder> --http --reader <name>",
  });
}
