import { type ApiProblem, authorization, pause, problemIn } from "./api.js";
import { deviceKey } from "./key-store.js";

/** What a page does with a stream of events. */
export interface Watcher<Data> {
  /** The data of each event, in order; after a reconnection the server sends the whole state again. */
  onEvent(data: Data, event: string): void;
  /** Whether the stream is open; called with changes alone. */
  onConnected?(isConnected: boolean): void;
  /** Refused for good: the stream is over. Without a key the page has left already. */
  onProblem?(problem: ApiProblem): void;
  /** The server has ended the stream and wants no other, since what was watched is final. */
  onEnd?(): void;
}

/** Milliseconds before the stream is opened again, growing. */
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 4000;
/** The server sends a sign of life every 15 seconds; without one the connection is dead. */
const SILENCE_MS = 40_000;

interface SentEvent {
  readonly event: string;
  readonly data: string;
}

/** The events of a stream (server-sent events). @param alive called with everything that arrives */
async function* eventsIn(body: ReadableStream<Uint8Array>, alive: () => void): AsyncGenerator<SentEvent> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  try {
    for (let text = ""; ; ) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const lines = text.slice(0, end).split("\n");
        text = text.slice(end + 2);
        const of = (name: string) =>
          lines.flatMap((line) => (line.startsWith(`${name}: `) ? [line.slice(name.length + 2)] : []));
        const data = of("data").join("\n");
        if (data !== "") yield { event: of("event")[0] ?? "message", data };
      }
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/**
 * Watches a path of the API until it is stopped: opens the stream again whenever it breaks off. `EventSource` cannot
 * send the key of this device.
 * @param isFinal data after which the server ends the stream by itself
 * @returns stops it
 */
export function watchEvents<Data>(
  path: string,
  watcher: Watcher<Data>,
  {
    onNoKey,
    isFinal = () => false,
  }: { onNoKey(key: string | undefined): void; isFinal?(data: Data): boolean },
): () => void {
  const stop = new AbortController();
  let isConnected: boolean | undefined;
  const connected = (now: boolean): void => {
    if (isConnected === now || stop.signal.aborted) return;
    isConnected = now;
    watcher.onConnected?.(now);
  };

  /** @returns whether the stream is over */
  async function once(received: () => void): Promise<boolean> {
    const attempt = new AbortController();
    let silence: ReturnType<typeof setTimeout> | undefined;
    const alive = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => attempt.abort(), SILENCE_MS);
    };
    alive();
    try {
      const key = deviceKey();
      const answer = await fetch(path, {
        headers: authorization(key),
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal: AbortSignal.any([stop.signal, attempt.signal]),
      });
      if (!answer.ok || !answer.body) {
        if (answer.status === 401) onNoKey(key);
        // Too many streams, or a fault: later there may be room.
        if (answer.status === 429 || answer.status >= 500) return false;
        watcher.onProblem?.(await problemIn(answer));
        return true;
      }
      connected(true);
      received();
      for await (const { event, data } of eventsIn(answer.body, alive)) {
        if (stop.signal.aborted) return true;
        const value = JSON.parse(data) as Data;
        watcher.onEvent(value, event);
        if (isFinal(value)) {
          watcher.onEnd?.();
          return true;
        }
      }
      return false;
    } finally {
      clearTimeout(silence);
      attempt.abort();
    }
  }

  async function run(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    while (!stop.signal.aborted) {
      const isOver = await once(() => {
        wait = FIRST_WAIT_MS;
      }).catch(() => false);
      if (isOver || stop.signal.aborted) return;
      connected(false);
      await pause(wait, stop.signal);
      wait = Math.min(wait * 2, MAX_WAIT_MS);
    }
  }
  void run();
  return () => stop.abort();
}
