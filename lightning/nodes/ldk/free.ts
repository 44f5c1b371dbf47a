import type { ChannelMonitor } from "lightningdevkit";
import * as bindings from "lightningdevkit/bindings.mjs";
import { CommonBase } from "lightningdevkit/structs/CommonBase.mjs";
import { NodeError } from "../errors.js";

/** A function of the bindings that their types leave out. */
function internal(holder: object, name: string): (argument: unknown) => void {
  const found: unknown = Reflect.get(holder, name);
  if (typeof found !== "function") throw new NodeError("internal", `lightningdevkit has no ${name} any more`);
  return (argument) => found.call(holder, argument);
}

/**
 * Frees a channel monitor that the bindings copied for a callback. They would free it only when JavaScript
 * collects its wrapper, and since that looks tiny, hundreds of copies of some 100 kB would pile up until then.
 * @param monitor not used any more afterwards
 */
export function freeMonitor(monitor: ChannelMonitor): void {
  const pointer: unknown = Reflect.get(monitor, "ptr");
  if (pointer === 0n) return;
  internal(CommonBase, "set_null_skip_free")(monitor);
  internal(bindings, "ChannelMonitor_free")(pointer);
}
