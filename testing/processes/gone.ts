import { type EventEmitter, once } from "node:events";

/** A child process, as far as its end goes. */
type Child = EventEmitter & {
  readonly pid?: number | undefined;
  readonly exitCode: number | null;
  readonly signalCode: string | null;
};

/** Whether a process has ended, by itself or by a signal, which leaves no exit code; one that never started counts too. */
export const isGone = ({ pid, exitCode, signalCode }: Child): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;

/** Resolves once a process has ended; at once where it has: `exit` does not come a second time. */
export async function gone(child: Child): Promise<void> {
  if (!isGone(child)) await once(child, "exit");
}
