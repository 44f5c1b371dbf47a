import { equalBytes, expectLength } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import { command } from "../command-apdu.js";
import type { CommandCodec } from "../commands/codec.js";
import { CLA, INS, TAG } from "../constants.js";
import { needTlv, readTlvs, unwrapTlv } from "../tlv.js";
import { EXCHANGE_AID, EXCHANGE_MAJOR, EXCHANGE_PROFILE_LENGTH } from "./constants.js";

/** What a wallet says of itself. */
export interface ExchangeProfile {
  readonly major: number;
  readonly minor: number;
  /** Bits of EXCHANGE_CAPABILITY; others are kept as they came. */
  readonly capabilities: number;
}

const HEADER = { cla: CLA.ISO, ins: INS.SELECT, p1: 0x04, p2: 0x00 };
const PATH = "SELECT response";

/** SELECT of the exchange application (specs/06 §5.3). Objects that this version does not know are ignored. */
export const selectExchange: CommandCodec<Readonly<Record<string, never>>, ExchangeProfile> = {
  name: "SELECT",
  encodeRequest: () =>
    command(HEADER.cla, HEADER.ins, { p1: HEADER.p1, p2: HEADER.p2, data: EXCHANGE_AID, le: 256 }),
  decodeResponse(data) {
    const fci = readTlvs(unwrapTlv(data, TAG.FCI, PATH), `${PATH}/6F`);
    if (!equalBytes(needTlv(fci, TAG.DF_NAME, `${PATH}/6F`), EXCHANGE_AID))
      throw new ParseError(`${PATH}/6F/84`, "not the exchange application");
    const inner = `${PATH}/6F/A5`;
    const profile = needTlv(
      readTlvs(needTlv(fci, TAG.FCI_PROPRIETARY, `${PATH}/6F`), inner),
      TAG.PROFILE,
      inner,
    );
    expectLength(profile, EXCHANGE_PROFILE_LENGTH, `${inner}/C1`);
    const [major = 0, minor = 0, capabilities = 0] = profile;
    if (major !== EXCHANGE_MAJOR)
      throw new ParseError(`${inner}/C1/major`, `need ${EXCHANGE_MAJOR}, have ${major}`);
    return { major, minor, capabilities };
  },
};
