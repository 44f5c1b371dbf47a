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
 * Frees a struct that the bindings made for a callback. They would free it only when JavaScript collects its
 * wrapper, and since that looks tiny, a great many copies would pile up until then.
 * @param struct not used any more afterwards
 */
function freeStruct(struct: object, free: string): void {
  const pointer: unknown = Reflect.get(struct, "ptr");
  if (pointer === 0n) return;
  internal(CommonBase, "set_null_skip_free")(struct);
  internal(bindings, free)(pointer);
}

/** Frees the copy of a channel monitor, some 100 kB, that a callback was given. */
export const freeMonitor = (monitor: ChannelMonitor): void => freeStruct(monitor, "ChannelMonitor_free");

/**
 * Calls into LDK without the trace that the bindings leave: many of their methods append an argument to an array of
 * the object that they are called on, and never remove it. Only for arguments that something else keeps alive.
 */
export function withoutTrace<T>(holder: object, call: () => T): T {
  const traces: unknown = Reflect.get(holder, "ptrs_to");
  if (!Array.isArray(traces)) throw new NodeError("internal", "lightningdevkit has no ptrs_to any more");
  const { length } = traces;
  try {
    return call();
  } finally {
    traces.length = length;
  }
}
