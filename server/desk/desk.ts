import { findCardId } from "../../cli/issuer/card-choice.js";
import type { Health, ServiceConfig } from "../../issuer/service/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { ListedKey } from "../keys.js";

/** An issuer's desk that serves an API. */
export interface OpenDesk {
  readonly store: Store;
  readonly config: Pick<ServiceConfig, "timeZone" | "currency" | "maxTopUp" | "payees" | "policies">;
  /** Whether the service can do its work. */
  health(): Promise<Health>;
}

/** The card that a path names: by its id, or what is printed on it. @throws InputError; LedgerError */
export const cardOf = ({ store }: OpenDesk, { card }: { readonly card: string }): Promise<Uint8Array> =>
  findCardId(store, card);

/** The note of a booking, with the key by which it was made. */
export const noteBy = (note: string, caller: ListedKey | undefined): string =>
  [note, caller && `(by ${caller.name}, key ${caller.id})`].filter(Boolean).join(" ");
