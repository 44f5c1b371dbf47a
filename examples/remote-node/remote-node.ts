import { connect, type Socket } from "node:net";
import {
  type CreatedInvoice,
  type InvoiceState,
  type LightningNode,
  NodeError,
  type NodeErrorCode,
  type NodeInfo,
  type PaymentLookup,
  type PaymentRequest,
  type PaymentState,
  type PeerAddress,
  type PeerMessage,
  type SentPaymentsPage,
  type SettledInvoice,
} from "chequecard/node";
import { type EventName, fromLine, lineReader, type Method, type Reply, toLine } from "./wire.js";

interface Waiting {
  resolve(result: unknown): void;
  reject(error: NodeError): void;
}

/**
 * A node in another process, over the socket of `serveNode`. When the connection is lost, every call rejects: that
 * says nothing about a payment, which the caller looks up over a new connection.
 */
export class RemoteNode implements LightningNode {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #handlers: Record<EventName, Set<(value: never) => void>> = {
    message: new Set(),
    disconnected: new Set(),
    settled: new Set(),
  };
  #lastId = 0;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const read = lineReader((line) => this.#take(fromLine(line) as Reply));
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      try {
        read(chunk);
      } catch {
        socket.destroy();
      }
    });
    socket.on("error", () => socket.destroy()).on("close", () => this.#end());
  }

  /** @throws NodeError `unreachable` */
  static async connect(path: string): Promise<RemoteNode> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve).once("error", (cause) =>
        reject(
          new NodeError("unreachable", `${path}: no node can be reached there`, {
            cause,
            hint: "Start the process that serves the node.",
          }),
        ),
      );
    });
    return new RemoteNode(socket);
  }

  info(): Promise<NodeInfo> {
    return this.#call("info");
  }

  createInvoice(request: Parameters<LightningNode["createInvoice"]>[0]): Promise<CreatedInvoice> {
    return this.#call("createInvoice", request);
  }

  cancelInvoice(paymentHash: Uint8Array): Promise<void> {
    return this.#call("cancelInvoice", paymentHash);
  }

  lookupInvoice(paymentHash: Uint8Array): Promise<InvoiceState> {
    return this.#call("lookupInvoice", paymentHash);
  }

  pay(request: PaymentRequest): Promise<PaymentState> {
    return this.#call("pay", request);
  }

  lookupPayment(paymentHash: Uint8Array): Promise<PaymentLookup> {
    return this.#call("lookupPayment", paymentHash);
  }

  listPayments(query: Parameters<LightningNode["listPayments"]>[0]): Promise<SentPaymentsPage> {
    return this.#call("listPayments", query);
  }

  connect(address: PeerAddress, options: { readonly timeoutMs?: number } = {}): Promise<void> {
    return this.#call("connect", address, options);
  }

  sendMessage(peer: Uint8Array, type: number, payload: Uint8Array): Promise<void> {
    return this.#call("sendMessage", peer, type, payload);
  }

  keepPlace(peer: Uint8Array): Promise<void> {
    return this.#call("keepPlace", peer);
  }

  onMessage(handler: (message: PeerMessage) => void): () => void {
    return this.#subscribe("message", handler);
  }

  onDisconnected(handler: (peer: Uint8Array) => void): () => void {
    return this.#subscribe("disconnected", handler);
  }

  onInvoiceSettled(handler: (settled: SettledInvoice) => void): () => void {
    return this.#subscribe("settled", handler);
  }

  /** Ends the connection. The node itself goes on: it belongs to the process that serves it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => this.#socket.once("close", () => resolve()).end());
  }

  #call<T>(method: Method, ...args: readonly unknown[]): Promise<T> {
    if (this.#closed) return Promise.reject(new NodeError("closed", "the connection to the node is closed"));
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as T), reject });
      this.#socket.write(toLine({ id, method, args }));
    });
  }

  #subscribe(event: EventName, handler: (value: never) => void): () => void {
    // A set holds one function once; each subscription is one of its own.
    const own = (value: never): void => handler(value);
    this.#handlers[event].add(own);
    return () => void this.#handlers[event].delete(own);
  }

  #take(reply: Reply): void {
    if ("event" in reply) {
      for (const handler of [...this.#handlers[reply.event]])
        try {
          handler(reply.value as never);
        } catch {
          // A subscriber's own mistake must not end the connection of the others.
        }
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("result" in reply) waiting?.resolve(reply.result);
    else if ("error" in reply) {
      const { code, message, hint } = reply.error;
      waiting?.reject(new NodeError(code as NodeErrorCode, message, hint === undefined ? {} : { hint }));
    } else waiting?.resolve(undefined);
  }

  #end(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.values())
      reject(new NodeError("unreachable", "the connection to the node was lost before it answered"));
    this.#waiting.clear();
  }
}
