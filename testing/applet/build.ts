import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ChequecardError } from "../../common/index.js";
import { appletFolder } from "../../simulator/index.js";

/** The applet cannot be built here. */
class AppletBuildError extends ChequecardError {
  override readonly code = "applet-build";
}

/** One hash over the names and contents of everything that the build reads. */
function sourcesOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => /\.(java|xml)$/.test(name) && !name.split("/").includes("target"),
  );
  const hash = createHash("sha256");
  for (const name of names.sort())
    hash
      .update(name)
      .update("\0")
      .update(readFileSync(join(folder, name)));
  return hash.digest("hex");
}

/** Compiles the applet and its harness with Maven, without the network, when a source has changed. @throws AppletBuildError */
export default function buildApplet(): void {
  const folder = appletFolder();
  if (folder === undefined) throw new AppletBuildError("there is no folder applet/ here");
  const stamp = join(folder, "harness", "target", "sources");
  const sources = sourcesOf(folder);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return;
  try {
    execFileSync("mvn", ["--offline", "--batch-mode", "--quiet", "process-classes"], {
      cwd: folder,
      encoding: "utf8",
    });
  } catch (cause) {
    const { stdout = "" } = cause as { stdout?: string };
    throw new AppletBuildError(`the applet cannot be built: ${stdout.trim().slice(0, 500)}`, {
      cause,
      hint: "It needs Java 17 and Maven, once with the network: `npm test -- --part applet`.",
    });
  }
  writeFileSync(stamp, sources);
}
