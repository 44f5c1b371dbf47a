import { failAtRandom } from "../../testing/statement-faults/at-random.js";
import { Databases, ISOLATIONS } from "../../testing/statement-faults/databases.js";
import type { FaultKind } from "../../testing/statement-faults/server-faults.js";
import type { Faults } from "./faults.js";
import type { VirtualTime } from "./virtual-time.js";
import type { ServerLedger } from "./world.js";

const KINDS: readonly FaultKind[] = ["cancel", "lock timeout", "deadlock", "serialization"];
/** Of so many statements of a service the server fails one. */
const EVERY = 60;

/** As they are before time is virtual. */
const immediate = setImmediate;
/** Rounds of the event loop in which an answer reaches its waiting caller. */
const ROUNDS = 4;

async function delivered(): Promise<void> {
  for (let i = 0; i < ROUNDS; i++) await new Promise<void>((resolve) => immediate(resolve));
}

/** Empty databases of a real server that fails statements while the connection lives. */
export class ServerLedgers {
  #databases: Databases | undefined;

  /** Runs on a new database. @param seed chooses the default isolation of transactions */
  async with<T>(seed: number, services: 1 | 2, run: (ledger: ServerLedger) => Promise<T>): Promise<T> {
    this.#databases ??= await Databases.open();
    const databases = this.#databases;
    const [gate] = databases.gates;
    const database = await databases.make(ISOLATIONS[seed % ISOLATIONS.length] ?? "read committed");
    gate.breaches.length = 0;
    const trouble = (faults: Faults, time: VirtualTime) => {
      // Services have limits of time for the server's answers, and this time passes in leaps.
      gate.onConnection = (ready) => void time.hold(ready.then(delivered));
      failAtRandom({
        gate,
        server: database.faults,
        random: faults.random,
        kinds: databases.hasSmallSpace ? [...KINDS, "disk full"] : KINDS,
        onStatement: ({ answered }) => void time.hold(answered.then(delivered)),
        strikes: () => faults.strikes("statements failed by the server", EVERY),
      });
    };
    const [url] = databases.urls(database);
    try {
      return await run({ url, services, trouble, breaches: gate.breaches });
    } finally {
      gate.onStatement = () => undefined;
      gate.onConnection = () => undefined;
      await databases.drop(database);
    }
  }

  async close(): Promise<void> {
    await this.#databases?.close();
  }
}
