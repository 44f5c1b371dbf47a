// The parts of `npm test`, in the order in which they run.
import { api } from "./api.mjs";
import { applet } from "./applet.mjs";
import { bolt } from "./bolt.mjs";
import { core } from "./core.mjs";
import { docs } from "./docs.mjs";
import { failover } from "./failover.mjs";
import { litestream } from "./litestream.mjs";
import { lnd } from "./lnd.mjs";
import { offline } from "./offline.mjs";
import { pages } from "./pages.mjs";
import { pcsc } from "./pcsc.mjs";

/** @type {readonly import("./run-part.mjs").Part[]} */
export const PARTS = [core, applet, pcsc, failover, docs, api, pages, offline, bolt, litestream, lnd];

/**
 * The parts of these names, or all.
 * @param {readonly string[]} names in any case
 * @throws RangeError for a name that no part has
 */
export function chooseParts(names, parts = PARTS) {
  const same = (one, other) => one.toLowerCase() === other.toLowerCase();
  const unknown = names.find((name) => !parts.some((part) => same(part.name, name)));
  if (unknown !== undefined)
    throw new RangeError(
      `npm test has no part "${unknown}"; its parts are ${parts.map(({ name }) => name).join(", ")}.`,
    );
  return names.length === 0 ? parts : parts.filter((part) => names.some((name) => same(part.name, name)));
}
