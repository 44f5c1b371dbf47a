import { TornError } from "../../simulator/index.js";

/** True when the power failed in it. */
export function tears(work: () => void): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof TornError) return true;
    throw error;
  }
}
