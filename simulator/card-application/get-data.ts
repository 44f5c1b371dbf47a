import { CLA, INS, type LifecycleByte, TAG } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import { IsoError } from "../runtime/errors.js";
import { ALWAYS, type CommandEntry, PERSONALIZED_ONLY } from "./command-table.js";
import { certificateObject, nodeUriObject, profileObject } from "./data-objects.js";
import type { CardState } from "./state.js";

/** GET DATA (specs/01 §6.2): one data object. The table has two rows for it: the certificate's depends on the lifecycle. */
export const getData: CommandEntry = {
  cla: CLA.PROPRIETARY,
  ins: INS.GET_DATA,
  refusedWhen: ALWAYS,
  run(state, { p1p2, data }) {
    const refusal =
      p1p2 === TAG.CERTIFICATE ? PERSONALIZED_ONLY[state.lifecycle.u8() as LifecycleByte] : undefined;
    if (refusal !== undefined) throw new IsoError(refusal);
    const makeObject = OBJECTS.get(p1p2);
    const object = makeObject?.(state);
    if (!object) throw new IsoError(SW.REFERENCE_NOT_FOUND);
    if (data.length) throw new IsoError(SW.WRONG_LENGTH);
    return object;
  },
};

const OBJECTS: ReadonlyMap<number, (state: CardState) => Uint8Array | undefined> = new Map([
  [TAG.PROFILE, profileObject],
  [TAG.NODE_URI, nodeUriObject],
  [TAG.CERTIFICATE, certificateObject],
]);
