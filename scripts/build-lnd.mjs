// node scripts/build-lnd.mjs [newest|oldest]: builds lnd and btcd for the tests, and prints where they lie.
import { handleSignals, Interrupted } from "./children.mjs";
import { buildLnd } from "./lnd/build.mjs";

handleSignals();
try {
  const built = await buildLnd(process.argv[2] === "oldest" ? "oldest" : "newest");
  console.log("folder" in built ? built.folder : `lnd is not built, because ${built.reason}.`);
  process.exitCode = "folder" in built ? 0 : 1;
} catch (error) {
  if (!(error instanceof Interrupted)) throw error;
  process.exitCode = error.exitCode;
}
