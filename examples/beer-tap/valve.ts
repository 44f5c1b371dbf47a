import { setTimeout as wait } from "node:timers/promises";

/** Lets one beer run, and resolves when the valve is closed again. */
export type Valve = () => Promise<void>;

/**
 * The valve: replace this function to drive yours, for example a relay on a GPIO pin. It must close the valve whatever
 * happens, and resolve only then. If power fails meanwhile, the valve must fall shut by itself.
 * @param seconds how long a beer takes
 * @param say tells what the simulated valve does
 */
export const simulatedValve =
  (seconds: number, say: (line: string) => void): Valve =>
  async () => {
    say("[valve] open");
    await wait(seconds * 1000);
    say("[valve] closed");
  };
