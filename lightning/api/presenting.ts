import { equalBytes } from "../../common/bytes.js";
import type { ChequecardError } from "../../common/errors.js";
import type { NodeUri } from "../node-uri.js";
import { NodeError } from "../nodes/errors.js";
import type { LightningNode } from "../nodes/port.js";
import { UntrustedUriError } from "../untrusted-uri-error.js";
import { type DialOptions, dial } from "./dial.js";
import type { PaymentOutcome } from "./outcome.js";
import type { PendingRequest } from "./pending-request.js";

/** Pauses before a payer is dialed again; the first time it is dialed at once. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** A request to a connected payer. */
export interface Presentation {
  readonly node: LightningNode;
  readonly uri: NodeUri;
  readonly dialing: DialOptions;
  readonly type: number;
  readonly payload: Uint8Array;
  readonly waiting: PendingRequest;
  /** Longest wait in milliseconds, lost connections included. */
  readonly timeoutMs: number;
  /** Told once, when the payer was asked and then its connection was lost and could not be made again at once. */
  readonly onUnreachable?: ((cause: ChequecardError) => void) | undefined;
}

/**
 * Sends a request and waits for its ending. When the connection is lost meanwhile, it is made again and the same
 * request is sent again, at once and then after growing pauses, until the time is up: what the payer has done with
 * the first one, it does not do again (specs/08 §4.2, §4.3).
 * @returns the ending; `not-sent` when the request certainly never left
 */
export async function present(presentation: Presentation): Promise<PaymentOutcome> {
  const { node, uri, waiting, timeoutMs } = presentation;
  if (waiting.ending) return waiting.ending;
  const line = new Line(node, uri.nodeId);
  try {
    const notSent = await send(presentation);
    if (notSent) return { outcome: "not-sent", cause: notSent };
    const over = waiting.until(timeoutMs);
    let problem: ChequecardError | undefined;
    for (const pauses = growing(); !waiting.ending; ) {
      await Promise.race([line.lost(), waiting.over]);
      while (line.isLost && !waiting.ending) {
        await pause(pauses(), waiting);
        if (waiting.ending) break;
        line.begin();
        const cause = await again(presentation);
        if (cause) line.end();
        if (cause && !problem) presentation.onUnreachable?.(cause);
        problem = cause;
      }
    }
    const outcome = await over;
    return outcome.outcome === "unknown" && problem ? { ...outcome, cause: problem } : outcome;
  } finally {
    line.close();
  }
}

/** Dials and sends again. @returns why it could not; undefined as well when the waiting is over */
async function again(presentation: Presentation): Promise<ChequecardError | undefined> {
  const { node, uri, dialing, waiting } = presentation;
  const dialed = dial(node, uri, dialing).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof UntrustedUriError || error instanceof NodeError) return error;
      throw error;
    },
  );
  const cause = await Promise.race([dialed, waiting.over.then(() => undefined)]);
  return cause ?? (waiting.ending ? undefined : await send(presentation));
}

/** @returns why the message certainly did not leave; undefined when it left, or may have left */
async function send({ node, uri, type, payload }: Presentation): Promise<NodeError | undefined> {
  try {
    await node.sendMessage(uri.nodeId, type, payload);
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    if (error.code === "not-connected") return error;
  }
  return undefined;
}

/** The connection to one peer. */
class Line {
  isLost = false;
  readonly #stop: () => void;
  #tell: (() => void) | undefined;

  constructor(node: LightningNode, peer: Uint8Array) {
    this.#stop = node.onDisconnected((other) => {
      if (equalBytes(other, peer)) this.end();
    });
  }

  /** Resolves as soon as the connection is lost. */
  lost(): Promise<void> {
    if (this.isLost) return Promise.resolve();
    return new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  begin(): void {
    this.isLost = false;
  }

  end(): void {
    this.isLost = true;
    this.#tell?.();
  }

  close(): void {
    this.#stop();
  }
}

/** Pauses that double; none before the first try. */
function growing(): () => number {
  let next = 0;
  return () => {
    const now = next;
    next = Math.min(Math.max(2 * now, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
    return now;
  };
}

/** Waits, but no longer than until the waiting is over. */
async function pause(ms: number, waiting: PendingRequest): Promise<void> {
  if (ms === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([passed, waiting.over]);
  } finally {
    clearTimeout(timer);
  }
}
