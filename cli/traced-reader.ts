import type { Reader } from "../apdu/index.js";
import { withTrace } from "../host/index.js";
import type { CommandContext } from "./command-context.js";

/** The same reader, whose APDUs show in the trace where one was asked for, secrets masked. */
export function tracedReader({ trace }: CommandContext, reader: Reader): Reader {
  if (!trace) return reader;
  return {
    name: reader.name,
    waitForRemoval: (signal) => reader.waitForRemoval(signal),
    async waitForCard(signal) {
      const connection = await reader.waitForCard(signal);
      const { transmit } = withTrace(connection, trace);
      return { atr: connection.atr, transmit, close: () => connection.close() };
    },
  };
}
