import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem } from "../shell/api.js";
import { useDesk } from "./desk.js";

/** What was loaded from the API. */
export interface Loaded<Data> {
  readonly data: Data | undefined;
  readonly problem: ApiProblem | undefined;
  reload(): void;
}

/** Loads a path of the API, and again when it changes; what was there before stays until the new answer is. */
export function useData<Data>(path: string | undefined, againMs?: number): Loaded<Data> {
  const { api } = useDesk().session;
  const [data, setData] = useState<Data>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === undefined) return;
    const stop = new AbortController();
    api.get<Data>(path, stop.signal).then(
      (found) => {
        if (stop.signal.aborted) return;
        setData(() => found);
        setProblem(undefined);
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof ApiProblem)) throw error;
        setProblem(error);
      },
    );
    return () => stop.abort();
  }, [api, path, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  useEffect(() => {
    if (againMs === undefined) return;
    const timer = setInterval(reload, againMs);
    return () => clearInterval(timer);
  }, [againMs, reload]);
  return { data, problem, reload };
}

/** Runs one thing at a time, and keeps why it did not go. */
export function useAction(): {
  readonly isBusy: boolean;
  readonly problem: ApiProblem | undefined;
  run(work: () => Promise<void>): void;
} {
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const busy = useRef(false);
  const run = useCallback((work: () => Promise<void>): void => {
    // The state is late for a second click.
    if (busy.current) return;
    busy.current = true;
    setIsBusy(true);
    setProblem(undefined);
    work()
      .catch((error: unknown) => {
        if (!(error instanceof ApiProblem)) throw error;
        setProblem(error);
      })
      .finally(() => {
        busy.current = false;
        setIsBusy(false);
      });
  }, []);
  return { isBusy, problem, run };
}
