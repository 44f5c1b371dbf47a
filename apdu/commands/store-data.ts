import { concatBytes, u8, u16, ValueError } from "../../common/index.js";
import { command } from "../command-apdu.js";
import { CLA, INS } from "../constants.js";
import { type CommandCodec, expectNoData } from "./codec.js";

/** A data group of STORE DATA: number and value (GlobalPlatform 2.3 §11.11, DGI format). */
export interface DataGroup {
  /** u16, see DGI. */
  readonly dgi: number;
  /** 0..254 bytes; longer ones are not used by this protocol. */
  readonly value: Uint8Array;
}

export interface StoreDataRequest {
  /** 0, 1, 2 ... without gaps; 0 starts over. */
  readonly block: number;
  /** The last block checks completeness and makes the card a personalized one. */
  readonly last: boolean;
  readonly groups: readonly DataGroup[];
}

/** P1: DGI format, and bit 8 in the last block. */
const P1 = { MORE: 0x08, LAST: 0x88 } as const;

/** STORE DATA (specs/04): secure channel only. */
export const storeData: CommandCodec<StoreDataRequest, undefined> = {
  name: "STORE DATA",
  encodeRequest: ({ block, last, groups }) =>
    command(CLA.SECURE, INS.STORE_DATA, {
      p1: last ? P1.LAST : P1.MORE,
      p2: block,
      data: encodeGroups(groups),
    }),
  decodeResponse: (data) => expectNoData("STORE DATA", data),
};

/** dgi u16 | length u8 | value, one after the other. @throws ValueError */
export function encodeGroups(groups: readonly DataGroup[]): Uint8Array {
  return concatBytes(
    ...groups.map(({ dgi, value }) => {
      if (value.length > 254)
        throw new ValueError(`DGI ${dgi.toString(16)}`, `need at most 254 bytes, have ${value.length}`);
      return concatBytes(u16(dgi, "DGI"), u8(value.length), value);
    }),
  );
}
