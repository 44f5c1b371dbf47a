import * as ldk from "lightningdevkit";

/** What LDK wants of one connection. Called from within LDK: must not throw. */
export interface ConnectionCallbacks {
  /** Takes bytes to be sent. @returns how many were taken */
  send(data: Uint8Array, resume: boolean): number;
  /** LDK has forgotten the connection, which must end. */
  disconnect(): void;
}

/** A socket descriptor of LDK's that serves one connection after the other. */
export interface Descriptor {
  readonly socket: ldk.SocketDescriptor;
  readonly number: bigint;
}

/**
 * LDK's names for connections. The bindings enter every implementation in a table that they search from its start
 * and never shorten, so there are only as many as connections were ever open at once.
 */
export class Descriptors {
  readonly #callbacks = new Map<bigint, ConnectionCallbacks>();
  /** Every descriptor: the bindings hold implementations weakly. */
  readonly #all: Descriptor[] = [];
  readonly #free: Descriptor[] = [];

  /** A descriptor that nothing else uses. */
  take(callbacks: ConnectionCallbacks): Descriptor {
    const descriptor = this.#free.pop() ?? this.#make();
    this.#callbacks.set(descriptor.number, callbacks);
    return descriptor;
  }

  /** Returns a descriptor. LDK must have forgotten its connection. */
  release(descriptor: Descriptor): void {
    if (this.#callbacks.delete(descriptor.number)) this.#free.push(descriptor);
  }

  #make(): Descriptor {
    const number = BigInt(this.#all.length);
    const socket = ldk.SocketDescriptor.new_impl({
      send_data: (data, resume) => this.#callbacks.get(number)?.send(data, resume) ?? 0,
      disconnect_socket: () => this.#callbacks.get(number)?.disconnect(),
      eq: (other) => other.hash() === number,
      hash: () => number,
    });
    const descriptor = { socket, number };
    this.#all.push(descriptor);
    return descriptor;
  }
}
