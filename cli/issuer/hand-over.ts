import { ChequecardError } from "../../common/index.js";
import type { CardDesk, Presence } from "../../issuer/service/index.js";

/** Hands over what is pending; a card that is taken away gets it with its next tap, and the booking stays. */
export async function handOver(
  desk: CardDesk,
  card: Parameters<CardDesk["deliver"]>[0],
  signal: AbortSignal,
): Promise<{ readonly presence?: Presence; readonly problem?: string }> {
  try {
    return { presence: await desk.deliver(card) };
  } catch (error) {
    // The booking stands, so it must be reported, whatever ended the rest.
    if (signal.aborted) return { problem: "stopped by Ctrl-C" };
    if (!(error instanceof ChequecardError)) throw error;
    return { problem: error.message };
  }
}
