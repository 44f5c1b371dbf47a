import { INS, LIFECYCLE } from "../../apdu/constants.js";
import { ALWAYS } from "./command-table.js";
import { requireForm, type SecuredCommand } from "./secured-command.js";
import { clearEarlierLife } from "./store-data.js";

/**
 * RESET (specs/04 §7): the card is blank again. Its keys go in the same transaction as its lifecycle, so that no
 * cut leaves a blank card with a key, or a personalized one without; the rest, useless without them, goes after.
 */
export const reset: SecuredCommand = {
  ins: INS.RESET,
  refusedWhen: ALWAYS,
  run(state, p1p2, data) {
    requireForm(p1p2, 0x0000, data, 0);
    state.atomically(() => {
      for (const cell of [state.secretKey, state.point, state.sealKey])
        cell.write(new Uint8Array(cell.length));
      state.lifecycle.write(Uint8Array.of(LIFECYCLE.BLANK));
    });
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
    return new Uint8Array(0);
  },
};
