import { CHALLENGE_LENGTH, CLA, INS, LIFECYCLE, MESSAGE_TYPE, STATUS_FLAG } from "../../apdu/constants.js";
import { type CommandEntry, UNLESS_BLANK } from "./command-table.js";
import { signedMessage } from "./signed-message.js";

/** IDENTIFY (specs/01 §6.6): a challenge; answers the status. */
export const identify: CommandEntry = {
  cla: CLA.PROPRIETARY,
  ins: INS.IDENTIFY,
  refusedWhen: UNLESS_BLANK,
  p1p2: 0,
  lengths: [CHALLENGE_LENGTH],
  run(state, { data }) {
    const pinBlocked = state.pin.isSet && state.pin.triesRemaining === 0;
    const blocked = state.lifecycle.u8() === LIFECYCLE.BLOCKED;
    return signedMessage(state, {
      type: MESSAGE_TYPE.STATUS,
      counter: state.counter.u32(),
      flags: (pinBlocked ? STATUS_FLAG.PIN_BLOCKED : 0) | (blocked ? STATUS_FLAG.BLOCKED : 0),
      first: state.credit.u64(),
      second: state.authorized.u64(),
      binding: data,
    });
  },
};
