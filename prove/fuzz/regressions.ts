import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hexToBytes } from "../../common/index.js";
import { projectRoot } from "./vectors.js";

/** An input that once showed a bug. It is read by its target in every test run. */
export interface RegressionVector {
  /** Name of the fuzz target. */
  readonly target: string;
  /** What was wrong. */
  readonly comment: string;
  /** The input, spaces allowed; a part in braces stands as often as the number behind it says: `22 {6122}*1000 0a`. */
  readonly hex: string;
}

/** The input of a vector. */
export function regressionInput({ hex }: RegressionVector): Uint8Array {
  const whole = hex.replace(/\{([0-9a-f]*)\}\*(\d{1,6})(?= |$)/g, (_, piece: string, times: string) =>
    piece.repeat(Number.parseInt(times, 10)),
  );
  return hexToBytes(whole.replaceAll(" ", ""));
}

/** All vectors of test/regressions. */
export function regressionVectors(): RegressionVector[] {
  const folder = join(projectRoot(), "test", "regressions");
  return readdirSync(folder)
    .filter((name) => name.startsWith("fuzz-") && name.endsWith(".json"))
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as RegressionVector[]);
}
