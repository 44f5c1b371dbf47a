import type { SeededRandom } from "../random.js";
import type { Gate, Statement } from "./gate.js";
import type { FaultKind, ServerFaults } from "./server-faults.js";

/** After which the ledger tries again by itself. */
export const RETRIED: readonly FaultKind[] = ["lock timeout", "deadlock", "serialization"];

interface Trouble {
  readonly gate: Gate;
  readonly server: ServerFaults;
  readonly random: SeededRandom;
  readonly kinds: readonly FaultKind[];
  /** Called with each statement. */
  readonly onStatement?: (statement: Statement) => void;
  /** Whether one fails, asked while no other does. */
  readonly strikes: (statement: Statement) => boolean;
}

/** Has the server fail statements now and then, of any sender. */
export function failAtRandom({ gate, server, random, kinds, strikes, onStatement }: Trouble): void {
  let isBusy = false;
  gate.onStatement = (statement) => {
    onStatement?.(statement);
    const before = server.after(statement);
    if (before) return before.then(() => () => undefined);
    if (isBusy || !strikes(statement)) return undefined;
    isBusy = true;
    const strike = server.arm(statement, random.pick(kinds), async () => undefined);
    return strike.then((onSent) => () => {
      onSent();
      void server.ended.then(() => {
        isBusy = false;
      });
    });
  };
}
