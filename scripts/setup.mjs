// node scripts/setup.mjs [start|test]: sets everything up, trying again at once what failed before.
import { handleSignals, Interrupted } from "./children.mjs";
import { setUp } from "./setup/index.mjs";

handleSignals();
try {
  const purpose = process.argv[2] === "start" ? "start" : "test";
  const { ok, built, problems } = await setUp(purpose, { force: true });
  if (ok && built && problems.length === 0) console.log("Everything is set up.");
  process.exitCode = ok && built ? 0 : 1;
} catch (error) {
  if (!(error instanceof Interrupted)) throw error;
  process.exitCode = error.exitCode;
}
