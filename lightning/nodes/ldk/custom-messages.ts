import * as ldk from "lightningdevkit";
import { bytesToHex, hexToBytes } from "../../../common/index.js";
import { NodeError } from "../errors.js";
import type { PeerMessage } from "../port.js";
import type { CallbackGuard } from "./guard.js";
import { unsigned16 } from "./result.js";

/** The project's range of message types (specs/08 §2): the only ones this node takes and sends. */
export const FIRST_TYPE = 45001;
export const LAST_TYPE = 45099;
/** BOLT 8 carries 65535 bytes, type included. */
export const MAX_PAYLOAD = 65533;
/** Messages that may wait for one turn of the pump. */
const MAX_WAITING = 1000;

interface Outgoing {
  readonly peer: string;
  readonly type: number;
  readonly payload: Uint8Array;
}

export interface CustomMessageEvents {
  message(message: PeerMessage): void;
  connected(peer: string): void;
  disconnected(peer: string): void;
}

const message = (type: number, payload: Uint8Array): ldk.Type =>
  ldk.Type.new_impl({ type_id: () => type, debug_str: () => `custom message ${type}`, write: () => payload });

/** Custom peer messages both ways, and who is connected. Events come from within LDK: only note them there. */
export class CustomMessages {
  /** Node ids as hex of the peers whose `init` was exchanged. */
  readonly connected = new Set<string>();
  readonly handler: ldk.CustomMessageHandler;
  #outgoing: Outgoing[] = [];

  constructor(guard: CallbackGuard, events: CustomMessageEvents) {
    const ok = () => ldk.Result_NoneLightningErrorZ.constructor_ok();
    this.handler = ldk.CustomMessageHandler.new_impl(
      {
        handle_custom_message: (received, from) => {
          guard.run(undefined, () =>
            events.message({
              peer: from,
              type: unsigned16(received.type_id()),
              payload: received.write(),
            }),
          );
          return ok();
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
          return ldk.Result_NoneNoneZ.constructor_ok();
        },
        provided_node_features: () => ldk.NodeFeatures.constructor_empty(),
        provided_init_features: () => ldk.InitFeatures.constructor_empty(),
      },
      {
        read: (signedType, payload) => {
          const type = unsigned16(signedType);
          return ldk.Result_COption_TypeZDecodeErrorZ.constructor_ok(
            type >= FIRST_TYPE && type <= LAST_TYPE
              ? ldk.Option_TypeZ.constructor_some(message(type, payload))
              : ldk.Option_TypeZ.constructor_none(),
          );
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
    if (this.#outgoing.length >= MAX_WAITING)
      throw new NodeError("not-connected", `${MAX_WAITING} messages wait to be sent already`);
    this.#outgoing.push({ peer: id, type, payload: Uint8Array.from(payload) });
  }

  #drain(): ldk.TwoTuple_PublicKeyTypeZ[] {
    const sending = this.#outgoing;
    this.#outgoing = [];
    return sending.map(({ peer, type, payload }) =>
      ldk.TwoTuple_PublicKeyTypeZ.constructor_new(hexToBytes(peer), message(type, payload)),
    );
  }
}
