import * as ldk from "lightningdevkit";
import { bytesToHex } from "../../../common/index.js";
import { NodeError } from "../errors.js";
import type { PeerMessage } from "../port.js";
import type { CallbackGuard } from "./guard.js";
import { MAX_HANDED_OVER, MessageTypes, type OutgoingMessage } from "./message-types.js";
import { unsigned16 } from "./result.js";

/** The project's range of message types (specs/08 §2): the only ones this node takes and sends. */
const FIRST_TYPE = 45001;
const LAST_TYPE = 45099;
/** BOLT 8 carries 65535 bytes, type included. */
const MAX_PAYLOAD = 65533;
/** Messages that may wait for one turn of the pump. */
const MAX_WAITING = 1000;

export interface CustomMessageEvents {
  /** LDK has decrypted a message of a type that it does not know itself. */
  read(): void;
  /** LDK is handed a message to the peer. */
  sending(peer: string): void;
  /** False when the peer leaves unread what it was sent before. */
  takes(peer: string): boolean;
  message(message: PeerMessage): void;
  connected(peer: string): void;
  disconnected(peer: string): void;
}

/** Custom peer messages both ways, and who is connected. Events come from within LDK: only note them there. */
export class CustomMessages {
  /** Node ids as hex of the peers whose `init` was exchanged. */
  readonly connected = new Set<string>();
  readonly handler: ldk.CustomMessageHandler;
  readonly #types = new MessageTypes();
  readonly #events: CustomMessageEvents;
  readonly #outgoing: OutgoingMessage[] = [];

  constructor(guard: CallbackGuard, events: CustomMessageEvents) {
    this.#events = events;
    const handled = ldk.Result_NoneLightningErrorZ.constructor_ok();
    const welcome = ldk.Result_NoneNoneZ.constructor_ok();
    const nodeFeatures = ldk.NodeFeatures.constructor_empty();
    const initFeatures = ldk.InitFeatures.constructor_empty();
    this.handler = ldk.CustomMessageHandler.new_impl(
      {
        handle_custom_message: (_, from) => {
          guard.run(undefined, () => {
            const arrived = this.#types.arrived();
            if (arrived) events.message({ peer: from, ...arrived });
          });
          return handled;
        },
        get_and_clear_pending_msg: () => guard.run([], () => this.#drain()),
        peer_disconnected: (peer) =>
          guard.run(undefined, () => {
            const id = bytesToHex(peer);
            this.connected.delete(id);
            events.disconnected(id);
          }),
        peer_connected: (peer) => {
          guard.run(undefined, () => {
            const id = bytesToHex(peer);
            this.connected.add(id);
            events.connected(id);
          });
          return welcome;
        },
        provided_node_features: () => nodeFeatures,
        provided_init_features: () => initFeatures,
      },
      {
        read: (signedType, payload) => {
          const type = unsigned16(signedType);
          guard.run(undefined, () => events.read());
          return type >= FIRST_TYPE && type <= LAST_TYPE
            ? this.#types.arriving(type, payload)
            : this.#types.unknown();
        },
      },
    );
  }

  /**
   * Queues a message for the next turn of the pump.
   * @throws NodeError `not-connected`; `bad-request` for a type or a length that cannot be sent
   */
  send(peer: Uint8Array, type: number, payload: Uint8Array): void {
    if (!Number.isInteger(type) || type < FIRST_TYPE || type > LAST_TYPE)
      throw new NodeError("bad-request", `message type: need ${FIRST_TYPE} to ${LAST_TYPE}, have ${type}`);
    if (payload.length > MAX_PAYLOAD)
      throw new NodeError(
        "bad-request",
        `message: need at most ${MAX_PAYLOAD} bytes, have ${payload.length}`,
      );
    const id = bytesToHex(peer);
    if (!this.connected.has(id)) throw new NodeError("not-connected", `no connection to the peer ${id}`);
    if (!this.#events.takes(id))
      throw new NodeError("not-connected", `the peer ${id} does not read what it was sent`);
    if (this.#outgoing.length >= MAX_WAITING)
      throw new NodeError("not-connected", `${MAX_WAITING} messages wait to be sent already`);
    this.#outgoing.push({ peer: id, type, payload: Uint8Array.from(payload) });
  }

  /** True while messages wait that LDK has not been handed. */
  get waiting(): boolean {
    return this.#outgoing.length > 0;
  }

  #drain(): ldk.TwoTuple_PublicKeyTypeZ[] {
    const leaving = this.#outgoing.splice(0, MAX_HANDED_OVER);
    for (const { peer } of leaving) this.#events.sending(peer);
    return this.#types.leaving(leaving);
  }
}
