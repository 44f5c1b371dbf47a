import * as ldk from "lightningdevkit";
import { type ChannelState, outpointName } from "./channel-state.js";
import { freeMonitor } from "./free.js";
import type { CallbackGuard } from "./guard.js";
import { isAbsent } from "./result.js";

export type LogLevel = "info" | "warn" | "error";
/** Takes what a node has to tell its operator; never a secret. */
export type Log = (level: LogLevel, message: string) => void;

/** LDK's log: warnings and errors go on, the rest is dropped. */
export function logger(guard: CallbackGuard, log: Log | undefined): ldk.Logger {
  return ldk.Logger.new_impl({
    log: (record) =>
      guard.run(undefined, () => {
        if (!log) return;
        const level = record.get_level();
        if (level === ldk.Level.LDKLevel_Error) log("error", record.get_args());
        else if (level === ldk.Level.LDKLevel_Warn) log("warn", record.get_args());
      }),
  });
}

/** Where LDK's channel monitors go. */
export function persister(guard: CallbackGuard, state: ChannelState): ldk.Persist {
  const done = ldk.ChannelMonitorUpdateStatus.LDKChannelMonitorUpdateStatus_Completed;
  const name = (outpoint: ldk.OutPoint) => outpointName(outpoint.get_txid(), outpoint.get_index());
  // "Completed" means gathered: the pump commits before any message that rests on it leaves the process.
  return ldk.Persist.new_impl({
    persist_new_channel: (outpoint, monitor) =>
      guard.run(done, () => {
        state.putMonitor(name(outpoint), monitor.write());
        freeMonitor(monitor);
        return done;
      }),
    update_persisted_channel: (outpoint, update, monitor) =>
      guard.run(done, () => {
        if (isAbsent(update) || !state.putUpdate(name(outpoint), update.write()))
          state.putMonitor(name(outpoint), monitor.write());
        freeMonitor(monitor);
        return done;
      }),
    archive_persisted_channel: (outpoint) => guard.run(undefined, () => state.removeMonitor(name(outpoint))),
  });
}
