import { existsSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { readTextFile, writeDurableFile } from "../../common/index.js";

/** Where a process serves the pages of a folder. */
const SERVING = z.strictObject({ url: z.url({ protocol: /^https?$/ }), pid: z.int().positive() });

const pathOf = (folder: string): string => join(folder, "serving.json");
const MAX_LENGTH = 4096;
/** For a connection to this machine, in milliseconds. */
const CONNECT_MS = 2_000;

/**
 * Notes in a folder where its pages are served. Nobody else can write there, so that no other program that listens on
 * this machine is taken for this one.
 * @returns removes the note
 */
export function noteServing(folder: string, url: string): () => void {
  writeDurableFile(pathOf(folder), `${JSON.stringify({ url, pid: process.pid })}\n`);
  return () => rmSync(pathOf(folder), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const answers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port, protocol } = new URL(url);
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number.parseInt(port || (protocol === "https:" ? "443" : "80"), 10),
    });
    const done = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(CONNECT_MS, () => done(false));
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });

/** Where a living process serves the pages of a folder; undefined: none does. What a killed one left is ignored. */
export async function servingUrl(folder: string): Promise<string | undefined> {
  if (!existsSync(pathOf(folder))) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readTextFile(pathOf(folder), MAX_LENGTH));
  } catch {
    return undefined;
  }
  const { data } = SERVING.safeParse(value);
  return data && isAlive(data.pid) && (await answers(data.url)) ? data.url : undefined;
}
