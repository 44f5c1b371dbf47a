import * as ldk from "lightningdevkit";
import { NodeError } from "../errors.js";
import type { Engine } from "./engine.js";
import { withoutTrace } from "./free.js";
import type { CallbackGuard } from "./guard.js";
import type { PeerSockets } from "./sockets.js";
import type { NodeStore } from "./store.js";

/** Called around every durable commit; a test kills the process there. */
export type CommitObserver = (phase: "before" | "after", count: number) => void;

export interface PumpOptions {
  readonly engine: Engine;
  readonly store: NodeStore;
  readonly sockets: PeerSockets;
  readonly guard: CallbackGuard;
  /** Handles one of LDK's events; what it writes is committed together with LDK's own state. */
  readonly handle: (event: ldk.Event) => void;
  /** True while there are messages for peers that LDK has not taken over. */
  readonly messagesWait: () => boolean;
  /** Takes transactions for the chain, after the commit. @returns true when `raw` need not be kept any longer */
  readonly broadcast: (raw: Uint8Array) => boolean;
  /** Called once when the node cannot go on. */
  readonly failed: (error: NodeError) => void;
  readonly onCommit: CommitObserver | undefined;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: NodeError) => void;
}

/**
 * The one place where a node moves: it lets LDK act, commits everything that came of it in one durable step, and
 * only then lets bytes, transactions and news out. Whenever the process dies, the next start goes on from the last
 * commit, and no caller has seen more than that.
 */
export class Pump {
  readonly #o: PumpOptions;
  readonly #handler: ldk.EventHandler;
  readonly #managerEvents: ldk.EventsProvider;
  readonly #monitorEvents: ldk.EventsProvider;
  readonly #wakeUp: ldk.FutureCallback;
  #handled = 0;
  #commits = 0;
  #scheduled = false;
  #rearm = true;
  #stopped: NodeError | undefined;
  #waiters: Waiter[] = [];
  #news: (() => void)[] = [];
  readonly #conditions = new Set<() => void>();

  constructor(options: PumpOptions) {
    this.#o = options;
    const { engine, guard } = options;
    this.#managerEvents = engine.manager.as_EventsProvider();
    this.#monitorEvents = engine.monitor.as_EventsProvider();
    this.#handler = ldk.EventHandler.new_impl({
      handle_event: (event) => {
        this.#handled++;
        guard.run(undefined, () => options.handle(event));
        return ldk.Result_NoneReplayEventZ.constructor_ok();
      },
    });
    // Made once: every implementation handed to the bindings stays in a table that they search.
    this.#wakeUp = ldk.FutureCallback.new_impl({
      call: () => {
        this.#rearm = true;
        this.schedule();
      },
    });
  }

  /** Asks for a turn; many requests make one. */
  schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.turn();
    });
  }

  /** Calls `news` after the next commit, outside of LDK. */
  afterCommit(news: () => void): void {
    this.#news.push(news);
    this.schedule();
  }

  /**
   * Resolves when everything that was done until now is durable and on its way.
   * @throws NodeError when the node stops before
   */
  settled(): Promise<void> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.schedule();
    });
  }

  /**
   * Resolves with true as soon as `condition` holds at the end of a turn, with false after `timeoutMs`.
   * @throws NodeError when the node stops before
   */
  until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    return new Promise((resolve, reject) => {
      const end = (met: boolean) => {
        clearTimeout(timer);
        this.#conditions.delete(check);
        if (this.#stopped) reject(this.#stopped);
        else resolve(met);
      };
      const check = () => {
        if (this.#stopped || condition()) end(true);
      };
      const timer = setTimeout(() => end(false), timeoutMs);
      this.#conditions.add(check);
      this.schedule();
    });
  }

  /** One turn. Never throws: a failure stops the node. */
  turn(): void {
    if (this.#stopped) return;
    try {
      this.#move();
      this.#commit();
      this.#release();
    } catch (cause) {
      const error =
        cause instanceof NodeError
          ? cause
          : new NodeError("internal", "the embedded Lightning node failed and was stopped", { cause });
      this.stop(error);
      this.#o.failed(error);
    }
  }

  /** No more turns; waiting callers get the reason. */
  stop(reason: NodeError): void {
    if (this.#stopped) return;
    this.#stopped = reason;
    this.#news = [];
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
    for (const condition of [...this.#conditions]) condition();
  }

  #move(): void {
    const { engine, guard } = this.#o;
    if (this.#rearm) {
      this.#rearm = false;
      engine.manager.get_event_or_persistence_needed_future().register_callback_fn(this.#wakeUp);
    }
    let before: number;
    do {
      before = this.#handled;
      for (const events of [this.#managerEvents, this.#monitorEvents])
        withoutTrace(events, () => events.process_pending_events(this.#handler));
      guard.check();
    } while (this.#handled !== before);
    do {
      engine.peers.process_events();
      guard.check();
    } while (this.#o.messagesWait());
  }

  #commit(): void {
    const { engine, store, onCommit } = this.#o;
    const touched = engine.channelState.takeTouched();
    if (engine.manager.get_and_clear_needs_persistence() || touched)
      store.setState("manager", engine.manager.write());
    if (!store.staged) return;
    const count = ++this.#commits;
    onCommit?.("before", count);
    store.commit();
    onCommit?.("after", count);
  }

  #release(): void {
    const { store, sockets, broadcast } = this.#o;
    for (const { sequence, raw } of store.broadcasts())
      if (broadcast(raw)) store.write("DELETE FROM broadcasts WHERE sequence = ?", sequence);
    sockets.flush();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
    for (const news of this.#news.splice(0)) news();
    for (const condition of [...this.#conditions]) condition();
  }
}
