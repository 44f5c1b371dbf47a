import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";

const database = new Database(workerData as string, { fileMustExist: true });
database.pragma("synchronous = FULL");

/** Checkpoints what no reader needs in the WAL any more, without waiting, and answers with the WAL's length in pages. */
parentPort?.on("message", () => {
  const [{ log }] = database.pragma("wal_checkpoint(passive)") as [{ log: number }];
  parentPort?.postMessage(log);
});
