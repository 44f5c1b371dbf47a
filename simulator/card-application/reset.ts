import { INS, LIFECYCLE } from "../../apdu/constants.js";
import { ALWAYS } from "./command-table.js";
import { requireForm, type SecuredCommand } from "./secured-command.js";
import { type CardState, RESETTING } from "./state.js";
import { clearEarlierLife } from "./store-data.js";

/**
 * RESET (specs/04 §7): the card is blank again. The lifecycle goes first, for keys take no part in transactions: a cut
 * leaves a card that destroys what is left at the next SELECT.
 */
export const reset: SecuredCommand = {
  ins: INS.RESET,
  refusedWhen: ALWAYS,
  run(state, p1p2, data) {
    requireForm(p1p2, 0x0000, data, 0);
    state.lifecycle.write(Uint8Array.of(RESETTING));
    finishReset(state);
    return new Uint8Array(0);
  },
};

/** Destroys what a RESET leaves, keys first; nothing on a card that is not being reset. Cut anywhere, it starts over. */
export function finishReset(state: CardState): void {
  if (state.lifecycle.u8() !== RESETTING) return;
  for (const cell of [state.point, state.secretKey, state.sealKey]) cell.write(new Uint8Array(cell.length));
  clearEarlierLife(state);
  for (const cell of [
    state.cardId,
    state.keySetId,
    state.issuerPoint,
    state.nodeUri,
    state.published,
    state.credit,
    state.maxPerTransaction,
    state.pinThreshold,
    state.noPinBudget,
    state.maxTransactions,
  ])
    cell.write(new Uint8Array(cell.length));
  state.lifecycle.write(Uint8Array.of(LIFECYCLE.BLANK));
}
