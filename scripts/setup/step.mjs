// One step of the setup: a line when it begins, signs of life, a line when it ends, and the whole output in a file.
import { createWriteStream } from "node:fs";
import { relative } from "node:path";
import { run } from "../children.mjs";
import { ROOT, statePath } from "./places.mjs";

const SIGN_OF_LIFE_MS = 20_000;
const TAIL_LINES = 15;

const seconds = (since) => `${Math.round((performance.now() - since) / 1000)} s`;

/** The last lines of a text that are not empty. */
export function tail(text, lines = TAIL_LINES) {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-lines);
}

/**
 * Runs one command of the setup.
 * @param {string} title what is being done
 * @param {string} name of the log file
 * @returns {Promise<boolean>} whether it succeeded; where not, the end of its output has been shown
 */
export async function step(title, name, command, args, options = {}) {
  const log = statePath("log", `${name}.log`);
  const stream = createWriteStream(log);
  const begin = performance.now();
  console.log(`  ${title} ...`);
  const life = setInterval(
    () => console.log(`  ${title}: still at work (${seconds(begin)})`),
    SIGN_OF_LIFE_MS,
  );
  let output = "";
  try {
    const code = await run(command, args, {
      cwd: ROOT,
      ...options,
      onOutput: (chunk) => {
        stream.write(chunk);
        output = (output + chunk.toString("utf8")).slice(-16_384);
      },
    });
    if (code === 0) {
      console.log(`  ${title}: done (${seconds(begin)})`);
      return true;
    }
    console.log(`  ${title}: FAILED with exit code ${code}; the whole output is in ${relative(ROOT, log)}`);
    for (const line of tail(output)) console.log(`    | ${line}`);
    return false;
  } finally {
    clearInterval(life);
    stream.end();
  }
}
