import { CLA, INS, TAG } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import { IsoError } from "../runtime/errors.js";
import { ALWAYS, type CommandEntry } from "./command-table.js";
import { nodeUriObject, profileObject } from "./data-objects.js";

/** GET DATA (specs/01 §6.2): one data object, as in the answer to SELECT. */
export const getData: CommandEntry = {
  cla: CLA.PROPRIETARY,
  ins: INS.GET_DATA,
  refusedWhen: ALWAYS,
  run(state, command) {
    const object =
      command.p1p2 === TAG.PROFILE
        ? profileObject(state)
        : command.p1p2 === TAG.NODE_URI
          ? nodeUriObject(state)
          : undefined;
    if (!object) throw new IsoError(SW.REFERENCE_NOT_FOUND);
    if (command.data.length) throw new IsoError(SW.WRONG_LENGTH);
    return object;
  },
};
