import { NodeError, type NodeErrorCode } from "../../lightning/nodes/errors.js";

/** One end of the link between two processes: an IPC channel with structured clones. */
export interface Link {
  send(message: unknown): void;
  onMessage(handler: (message: unknown) => void): void;
  /** Called once when the other process is gone. */
  onGone(handler: () => void): void;
}

interface Call {
  readonly call: number;
  readonly target: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

interface Reply {
  readonly reply: number;
  readonly value?: unknown;
  readonly error?: { readonly code: NodeErrorCode; readonly message: string };
}

interface Event {
  readonly event: string;
  readonly payload: unknown;
}

type Answerable = (...args: never[]) => Promise<unknown>;

/** What one process offers another: objects by name, with methods that answer later. */
export type Targets = Readonly<Record<string, Readonly<Record<string, Answerable>>>>;

const isCall = (message: unknown): message is Call =>
  typeof message === "object" && message !== null && "call" in message;
const isReply = (message: unknown): message is Reply =>
  typeof message === "object" && message !== null && "reply" in message;
const isEvent = (message: unknown): message is Event =>
  typeof message === "object" && message !== null && "event" in message;

/** Answers the calls of the process at the other end. Errors cross as NodeErrors. */
export function serve(link: Link, targets: Targets): void {
  link.onMessage((message) => {
    if (!isCall(message)) return;
    const { call, target, method, args } = message;
    const run = async (): Promise<unknown> => targets[target]?.[method]?.(...(args as never[]));
    run().then(
      (value) => link.send({ reply: call, value } satisfies Reply),
      (error: Error & { code?: string }) => {
        const code = error instanceof NodeError ? error.code : "internal";
        link.send({ reply: call, error: { code, message: error.message } } satisfies Reply);
      },
    );
  });
}

/** Calls what the process at the other end serves. Every call rejects with NodeError `closed` when that is gone. */
export class Caller {
  readonly #link: Link;
  readonly #open = new Map<number, { resolve(value: unknown): void; reject(error: NodeError): void }>();
  readonly #handlers = new Map<string, Set<(payload: never) => void>>();
  #serial = 0;
  #gone = false;

  constructor(link: Link) {
    this.#link = link;
    link.onMessage((message) => {
      if (isReply(message)) this.#settle(message);
      if (isEvent(message)) this.emit(message.event, message.payload);
    });
    link.onGone(() => {
      this.#gone = true;
      for (const { reject } of this.#open.values()) reject(gone());
      this.#open.clear();
    });
  }

  call<T>(target: string, method: string, ...args: readonly unknown[]): Promise<T> {
    if (this.#gone) return Promise.reject(gone());
    const call = ++this.#serial;
    return new Promise<T>((resolve, reject) => {
      this.#open.set(call, { resolve: resolve as (value: unknown) => void, reject });
      this.#link.send({ call, target, method, args } satisfies Call);
    });
  }

  on<T>(event: string, handler: (payload: T) => void): () => void {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers.add(handler));
    return () => void handlers.delete(handler);
  }

  /** Tells everybody here who listens to it. */
  emit(event: string, payload: unknown): void {
    for (const handler of [...(this.#handlers.get(event) ?? [])]) handler(payload as never);
  }

  #settle({ reply, value, error }: Reply): void {
    const open = this.#open.get(reply);
    this.#open.delete(reply);
    if (error) open?.reject(new NodeError(error.code, error.message));
    else open?.resolve(value);
  }
}

/** Says something to the process at the other end that it did not ask for. */
export function announce(link: Link, event: string, payload: unknown): void {
  link.send({ event, payload } satisfies Event);
}

const gone = (): NodeError => new NodeError("closed", "the process at the other end is gone");
