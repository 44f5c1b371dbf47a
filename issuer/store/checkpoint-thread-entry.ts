import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";

const database = new Database(workerData as string, { fileMustExist: true });
database.pragma("synchronous = FULL");

/** Moves what no reader needs in the log any more, waits for nobody, and answers with the log's length in pages. */
parentPort?.on("message", () => {
  const [{ log }] = database.pragma("wal_checkpoint(passive)") as [{ log: number }];
  parentPort?.postMessage(log);
});
