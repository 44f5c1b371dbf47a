import { parentPort, workerData } from "node:worker_threads";
import { ChequecardError } from "../../common/index.js";
import type { ServiceConfig } from "../../issuer/service/index.js";
import type { Store } from "../../issuer/store/index.js";
import { openLedger } from "../issuer/folder.js";
import { answerTask, type ReportTask } from "./report-tasks.js";

/** Whose ledger this thread reads. */
interface ThreadData {
  readonly database: ServiceConfig["database"];
  readonly folder: string;
}

const { database, folder } = workerData as ThreadData;
let store: Promise<Store> | undefined;

async function answer(name: ReportTask, question: unknown): Promise<object> {
  try {
    store ??= openLedger({ database }, folder);
    return { result: await answerTask(await store, name, question) };
  } catch (error) {
    // A ledger that could not be opened is opened by the next question.
    store?.catch(() => {
      store = undefined;
    });
    if (!(error instanceof ChequecardError)) throw error;
    const { code, message, hint, failure } = error;
    return { problem: { code, message, hint, failure } };
  }
}

/** Answers each question; one is asked at a time. */
parentPort?.on("message", ({ name, question }: { name: ReportTask; question: unknown }) => {
  void answer(name, question).then((told) => parentPort?.postMessage(told));
});
