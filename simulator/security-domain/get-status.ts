import { PACKAGE_AID } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import { concatBytes, equalBytes } from "../../common/index.js";
import { BOLT_PACKAGE_AID, NDEF_AID } from "../bolt-card/state.js";
import { IsoError } from "../runtime/errors.js";
import { statusEntry } from "./identity.js";

/** P1 of GET STATUS: what is asked for. */
const SUBSET = { DOMAIN: 0x80, APPLICATIONS: 0x40, LOAD_FILES: 0x20, LOAD_FILES_AND_MODULES: 0x10 } as const;
/** P2: first or all, in TLV form. */
const TLV_FORM = 0x02;
/** Data that asks for all: an empty AID to search for. */
const ANY_AID = Uint8Array.of(0x4f, 0x00);

/** Life cycle states (GlobalPlatform Card Specification §11.1.1): SECURED, SELECTABLE, LOADED. */
const SECURED = 0x0f;
const SELECTABLE = 0x07;
const LOADED = 0x01;
/** Privileges of an issuer security domain: security domain, card lock, card terminate, card reset. */
const DOMAIN_PRIVILEGES = 0x9e;

/**
 * GET STATUS (§11.4): the security domain, the applications or their packages.
 * @param applications AIDs in the order of installation @throws IsoError
 */
export function getStatus(
  domainAid: Uint8Array,
  applications: readonly Uint8Array[],
  p1p2: number,
  data: Uint8Array,
): Uint8Array {
  if ((p1p2 & 0xff) !== TLV_FORM) throw new IsoError(SW.WRONG_P1P2);
  if (!equalBytes(data.subarray(0, 2), ANY_AID)) throw new IsoError(SW.WRONG_DATA);
  switch (p1p2 >> 8) {
    case SUBSET.DOMAIN:
      return statusEntry(domainAid, SECURED, DOMAIN_PRIVILEGES);
    case SUBSET.APPLICATIONS:
      return concatBytes(...applications.map((aid) => statusEntry(aid, SELECTABLE, 0)));
    case SUBSET.LOAD_FILES:
    case SUBSET.LOAD_FILES_AND_MODULES:
      return concatBytes(...applications.map((aid) => statusEntry(packageOf(aid), LOADED, 0)));
    default:
      throw new IsoError(SW.WRONG_P1P2);
  }
}

const packageOf = (aid: Uint8Array): Uint8Array =>
  equalBytes(aid, NDEF_AID) ? BOLT_PACKAGE_AID : PACKAGE_AID;
