import type { ToldCharge } from "../../server/till/charge-routes.js";
import type { Json } from "./json.js";
import type { SignName } from "./sign.js";

/** A charge as it arrives. */
export type Charge = Json<ToldCharge>;

/** What a charge is at, for people. */
export type ShownState =
  | "waiting"
  | "card"
  | "torn"
  | "notTaken"
  | "pin"
  | "paying"
  | "cancelling"
  | "paid"
  | "accepted"
  | "cancelled"
  | "expired"
  | "declined"
  | "refused"
  | "unknown";

/** Whether nothing becomes of a charge any more at this counter. */
export const isOver = ({ state }: Pick<Charge, "state">): boolean =>
  state !== "open" && state !== "cancelling";

const STEPS = {
  waiting: "waiting",
  card: "card",
  torn: "torn",
  refused: "notTaken",
  pin: "pin",
  paying: "paying",
} as const;
const ENDS = { merchant: "cancelled", expired: "expired", rejected: "declined" } as const;

/** Only what the server said: without a connection an open charge may be anything. */
export function shownState({ state, step, cancelReason }: Charge, isConnected: boolean): ShownState {
  if (state === "open" || state === "cancelling") {
    if (!isConnected) return "unknown";
    return state === "cancelling" ? "cancelling" : STEPS[step ?? "waiting"];
  }
  return state === "cancelled" ? ENDS[cancelReason ?? "merchant"] : state;
}

/** How a state looks: its sign, and one of four kinds of colour. */
export const LOOKS: Readonly<
  Record<ShownState, { readonly sign: SignName; readonly kind: "wait" | "work" | "good" | "bad" }>
> = {
  waiting: { sign: "wait", kind: "wait" },
  card: { sign: "card", kind: "work" },
  torn: { sign: "again", kind: "bad" },
  notTaken: { sign: "bad", kind: "bad" },
  pin: { sign: "key", kind: "work" },
  paying: { sign: "work", kind: "work" },
  cancelling: { sign: "work", kind: "work" },
  paid: { sign: "good", kind: "good" },
  accepted: { sign: "later", kind: "work" },
  cancelled: { sign: "bad", kind: "bad" },
  expired: { sign: "bad", kind: "bad" },
  declined: { sign: "bad", kind: "bad" },
  refused: { sign: "bad", kind: "bad" },
  unknown: { sign: "unknown", kind: "bad" },
};
