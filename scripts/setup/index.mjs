// All of the setup, in order: system packages first, for an optional native npm package that failed to build stays
// left out.

import { setUpBuild } from "./build.mjs";
import { setUpDependencies } from "./dependencies.mjs";
import { withLock } from "./lock.mjs";
import { setUpPackages } from "./packages.mjs";
import { statePath } from "./places.mjs";

const MINIMUM_NODE = [20, 19];

/** Whether a version of Node (`20.19.0`) is new enough. */
export function isNodeSupported(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]);
}

/**
 * Sets everything up that is not yet.
 * @param {"start" | "test"} purpose
 * @param {{ force?: boolean }} options `force`: try again at once what failed before
 * @returns {Promise<{ ok: boolean, built: boolean, problems: readonly string[] }>} `ok`: the npm packages are there;
 *   `problems`: what is missing still, as sentences, already printed
 */
export async function setUp(purpose, options = {}) {
  if (!isNodeSupported(process.versions.node)) {
    console.log(`This needs Node.js ${MINIMUM_NODE.join(".")} or newer; this is ${process.versions.node}.`);
    return { ok: false, built: false, problems: ["Node.js is too old."] };
  }
  return withLock(
    statePath("lock"),
    async () => {
      const packageProblems = await setUpPackages(purpose, options);
      const dependencies = await setUpDependencies({ ...options, explained: packageProblems.length > 0 });
      const problems = [...packageProblems, ...dependencies.problems];
      for (const problem of problems) console.log(problem);
      const built = dependencies.ok && (await setUpBuild());
      return { ok: dependencies.ok, built, problems };
    },
    (pid) => console.log(`Another setup is running (process ${pid}); waiting for it.`),
  );
}
