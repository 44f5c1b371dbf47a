import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";

const database = new Database(workerData as string, { fileMustExist: true });
database.pragma("synchronous = FULL");

/** Moves what no reader needs in the log any more, and waits for nobody. */
parentPort?.on("message", () => {
  database.pragma("wal_checkpoint(passive)");
  parentPort?.postMessage("done");
});
