// Which Go there is, and whether it can build lnd.
import { capture, findProgram } from "../children.mjs";

const NEEDED = [1, 25, 10];

/**
 * Whether `go version`'s answer names one that is new enough.
 * @param {string} text
 * @param {readonly number[]} needed major, minor, patch
 */
export function isGoNewEnough(text, needed = NEEDED) {
  const [, major, minor, patch] = /\bgo(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  if (major === undefined) return false;
  const have = [Number(major), Number(minor), Number(patch ?? 0)];
  const differs = needed.findIndex((need, i) => need !== have[i]);
  return differs === -1 || have[differs] > needed[differs];
}

/** @returns {Promise<{ go: string } | { reason: string }>} the program, or half a sentence about why there is none */
export async function findGo(version = NEEDED) {
  const needed = `Go ${version.join(".")} or newer`;
  const go = findProgram("go", `${process.env.PATH ?? ""}:/usr/local/go/bin`);
  if (go === undefined) return { reason: `${needed} is not installed` };
  // Without GOTOOLCHAIN=local an old Go would fetch a new one by itself.
  const { code, output } = await capture(go, ["version"], { env: { GOTOOLCHAIN: "local" } });
  if (code === 0 && isGoNewEnough(output, version)) return { go };
  return { reason: `${needed} is needed, and ${go} is ${output.trim() || "no Go that runs"}` };
}
