import { equalBytes } from "../../common/bytes.js";
import { ParseError, ValueError } from "../../common/errors.js";
import { command } from "../command-apdu.js";
import { CARD_AID, CLA, INS, TAG } from "../constants.js";
import { findTlv, needTlv, readTlvs, unwrapTlv } from "../tlv.js";
import type { CommandCodec } from "./codec.js";
import { type CardProfile, decodeNodeUri, decodeProfile } from "./profile.js";

export interface SelectRequest {
  /** 5..16 bytes; a card selects by a prefix too. Default: the card application. */
  readonly aid?: Uint8Array;
}

export interface SelectResponse {
  /** The card application's, 8 bytes. */
  readonly aid: Uint8Array;
  readonly profile: CardProfile;
  /** Absent on a blank card. */
  readonly nodeUri: string | undefined;
}

const HEADER = { cla: CLA.ISO, ins: INS.SELECT, p1: 0x04, p2: 0x00 };

/** SELECT by name (specs/01 §6.1). Objects that this version does not know are ignored. */
export const select: CommandCodec<SelectRequest, SelectResponse> = {
  name: "SELECT",
  encodeRequest({ aid = CARD_AID }) {
    if (aid.length < 5 || aid.length > 16)
      throw new ValueError("SELECT/aid", `need 5 to 16 bytes, have ${aid.length}`);
    return command(HEADER.cla, HEADER.ins, { p1: HEADER.p1, p2: HEADER.p2, data: aid, le: 256 });
  },
  decodeResponse(data) {
    const path = "SELECT response";
    const fci = readTlvs(unwrapTlv(data, TAG.FCI, path), `${path}/6F`);
    const aid = needTlv(fci, TAG.DF_NAME, `${path}/6F`);
    // The whole AID, also after selection by a prefix (specs/01 §4.1).
    if (!equalBytes(aid, CARD_AID))
      throw new ParseError(`${path}/6F/84`, "need the card application's AID, have another application's");
    const inner = `${path}/6F/A5`;
    const proprietary = readTlvs(needTlv(fci, TAG.FCI_PROPRIETARY, `${path}/6F`), inner);
    const uri = findTlv(proprietary, TAG.NODE_URI, inner);
    return {
      aid,
      profile: decodeProfile(needTlv(proprietary, TAG.PROFILE, inner), `${inner}/C1`),
      nodeUri: uri && decodeNodeUri(uri, `${inner}/5F50`),
    };
  },
};
