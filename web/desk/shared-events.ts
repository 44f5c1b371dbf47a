import type { Watcher } from "../shell/events.js";
import type { Session } from "../shell/start.js";

type Watch = Session<unknown>["watch"];

/** Between the tabs of one browser. */
type Told<Data> =
  | { readonly kind: "event"; readonly event: string; readonly data: Data }
  | { readonly kind: "connected"; readonly isConnected: boolean }
  /** A tab is new: the one that has the stream says how things stand. */
  | { readonly kind: "new" };

/**
 * Watches a path with one stream for all tabs of a browser: over HTTP/1.1 it opens six connections to a server, and
 * each stream holds one, so that the seventh tab would not even load. The tab that has the lock has the stream and tells
 * the others; when it is closed, the next one opens it. Locks are there in secure contexts alone (HTTPS, or this
 * machine): elsewhere each tab has its own stream while it is visible.
 * @returns stops it
 */
export function watchShared<Data>(watch: Watch, path: string, watcher: Watcher<Data>): () => void {
  if (!("locks" in navigator)) return watchWhileVisible(watch, path, watcher);
  const name = `chequecard ${path}`;
  const stop = new AbortController();
  const channel = new BroadcastChannel(name);
  const last = new Map<string, Data>();
  let isConnected: boolean | undefined;
  let isLeading = false;
  const tell = (told: Told<Data>): void => {
    if (!stop.signal.aborted) channel.postMessage(told);
  };
  const take = (told: Told<Data>): void => {
    if (told.kind === "event") watcher.onEvent(told.data, told.event);
    else if (told.kind === "connected") watcher.onConnected?.(told.isConnected);
    else if (isLeading) {
      if (isConnected !== undefined) tell({ kind: "connected", isConnected });
      for (const [event, data] of last) tell({ kind: "event", event, data });
    }
  };
  channel.addEventListener("message", ({ data }: MessageEvent<Told<Data>>) => take(data));
  const lead = (): Promise<void> =>
    new Promise((resolve) => {
      isLeading = true;
      const end = watch<Data>(path, {
        ...watcher,
        onEvent(data, event) {
          last.set(event, data);
          watcher.onEvent(data, event);
          tell({ kind: "event", event, data });
        },
        onConnected(now) {
          isConnected = now;
          watcher.onConnected?.(now);
          tell({ kind: "connected", isConnected: now });
        },
      });
      stop.signal.addEventListener("abort", () => {
        end();
        resolve();
      });
    });
  tell({ kind: "new" });
  navigator.locks.request(name, { signal: stop.signal }, lead).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return () => {
    stop.abort();
    channel.close();
  };
}

/** A tab that nobody sees lets its connection go; seen again, it hears at once how things stand. */
function watchWhileVisible<Data>(watch: Watch, path: string, watcher: Watcher<Data>): () => void {
  let end: (() => void) | undefined;
  const look = (): void => {
    if (document.visibilityState === "visible") end ??= watch(path, watcher);
    else {
      end?.();
      end = undefined;
    }
  };
  look();
  document.addEventListener("visibilitychange", look);
  return () => {
    document.removeEventListener("visibilitychange", look);
    end?.();
  };
}
