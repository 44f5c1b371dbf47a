import { equalBytes } from "../../common/index.js";
import type { InstalledApplet } from "./applet.js";

/** Shortest AID, and shortest prefix that selects (ISO/IEC 7816-5: the registered application provider id). */
const MIN_AID_LENGTH = 5;

/** The applets of a card, and the one that is selected after a reset. */
export interface AppletRegistry {
  /** Selected at power-up and by SELECT without an AID: the issuer security domain, where the card has one. */
  readonly byDefault: InstalledApplet | undefined;
  /** The applet with this AID, else the first one installed whose AID begins with it. */
  find(aid: Uint8Array): InstalledApplet | undefined;
}

/** @param applets in the order of installation */
export function appletRegistry(
  applets: readonly InstalledApplet[],
  byDefault: InstalledApplet | undefined,
): AppletRegistry {
  const all = byDefault ? [byDefault, ...applets] : applets;
  return {
    byDefault,
    find(aid) {
      if (aid.length === 0) return byDefault;
      if (aid.length < MIN_AID_LENGTH) return undefined;
      return (
        all.find((applet) => equalBytes(applet.aid, aid)) ??
        all.find(
          (applet) =>
            !applet.wholeAidOnly &&
            applet.aid.length > aid.length &&
            equalBytes(applet.aid.subarray(0, aid.length), aid),
        )
      );
    },
  };
}
