import { toJson } from "../cli/output.js";
import type { ApiKeys, ListedKey } from "./keys.js";
import { HttpProblem } from "./problem.js";
import type { EventSource, StreamEvent } from "./route.js";

/** Streams that are open at once, and those of one key. */
const MAX_STREAMS = 256;
const MAX_STREAMS_OF_KEY = 16;
/** Bytes that wait for a client that does not read; one that lets more wait is cut off. */
const MAX_WAITING = 64 * 1024;
/** Between two signs of life, in milliseconds; keys that were revoked lose their streams then, too. */
const BEAT_MS = 1000;
/** Of so many beats one is sent: proxies end connections that are silent. */
const SENT_BEATS = 15;

interface OpenStream {
  readonly caller: ListedKey | undefined;
  readonly end: AbortController;
  beat(): void;
}

const frame = ({ event, data }: StreamEvent): string =>
  `event: ${event}\ndata: ${toJson(data).replaceAll("\n", "\ndata: ")}\n\n`;

/** Event streams (server-sent events), each a connection that stays open: their number and what they hold is bounded. */
export class EventStreams {
  readonly #keys: ApiKeys;
  readonly #open = new Set<OpenStream>();
  readonly #timer: NodeJS.Timeout;
  #beats = 0;

  constructor(keys: ApiKeys) {
    this.#keys = keys;
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
    this.#timer.unref();
  }

  /** @throws HttpProblem `too-many-streams` */
  open(source: EventSource, caller: ListedKey | undefined): Response {
    const own = [...this.#open].filter((stream) => stream.caller?.id === caller?.id);
    if (this.#open.size >= MAX_STREAMS || own.length >= MAX_STREAMS_OF_KEY)
      throw new HttpProblem(429, "too-many-streams", "too many event streams are open", {
        hint: "Close those that are not read; a device needs one.",
      });
    const end = new AbortController();
    const encoder = new TextEncoder();
    let stream: OpenStream | undefined;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const write = (text: string): void => {
            if (end.signal.aborted) return;
            if ((controller.desiredSize ?? 0) <= 0) end.abort();
            else controller.enqueue(encoder.encode(text));
          };
          stream = { caller, end, beat: () => write(": \n\n") };
          this.#open.add(stream);
          // The client learns at once that it is connected.
          stream.beat();
          const mine = stream;
          end.signal.addEventListener("abort", () => {
            this.#open.delete(mine);
            try {
              controller.close();
            } catch {
              // The client has cancelled the stream itself.
            }
          });
          source((event) => write(frame(event)), end.signal).then(
            () => end.abort(),
            () => end.abort(),
          );
        },
        cancel: () => end.abort(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING }),
    );
    return new Response(body, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    });
  }

  /** Ends all of them. */
  close(): void {
    clearInterval(this.#timer);
    for (const { end } of this.#open) end.abort();
  }

  #beat(): void {
    this.#beats++;
    for (const { caller, end, beat } of this.#open) {
      if (caller && !this.#keys.holds(caller.id)) end.abort();
      else if (this.#beats % SENT_BEATS === 0) beat();
    }
  }
}
