import * as ldk from "lightningdevkit";
import { hexToBytes } from "../../../common/index.js";
import { withoutTrace } from "./free.js";

/** A custom message on its way to LDK. */
export interface OutgoingMessage {
  /** Node id as hex. */
  readonly peer: string;
  readonly type: number;
  readonly payload: Uint8Array;
}

type Decoded = ldk.Result_COption_TypeZDecodeErrorZ;

/** Messages that LDK takes over in one go. */
export const MAX_HANDED_OVER = 64;

const decoded = (message: ldk.Option_TypeZ): Decoded =>
  ldk.Result_COption_TypeZDecodeErrorZ.constructor_ok(message);

/**
 * LDK's objects for custom messages, used again and again: the bindings enter every implementation in a table that
 * they search from its start and never shorten. LDK reads a message and hands it on before it reads the next, so
 * that one object stands for every message that arrives, and it writes those that leave before it asks for more.
 */
export class MessageTypes {
  readonly #unknown = decoded(ldk.Option_TypeZ.constructor_none());
  readonly #arriving: Decoded;
  readonly #kept: ldk.Type;
  readonly #leaving: { readonly type: ldk.Type; message: OutgoingMessage | undefined }[] = [];
  #arrived: { readonly type: number; readonly payload: Uint8Array } | undefined;

  constructor() {
    this.#kept = ldk.Type.new_impl({
      type_id: () => this.#arrived?.type ?? 0,
      debug_str: () => "custom message",
      write: () => this.#arrived?.payload ?? new Uint8Array(0),
    });
    this.#arriving = decoded(ldk.Option_TypeZ.constructor_some(this.#kept));
  }

  /** LDK's answer for a message of a type that this node does not know. */
  unknown(): Decoded {
    return this.#unknown;
  }

  /** LDK's answer for a message that {@link arrived} hands over next. */
  arriving(type: number, payload: Uint8Array): Decoded {
    this.#arrived = { type, payload };
    return this.#arriving;
  }

  /** The message that LDK has just read. */
  arrived(): { readonly type: number; readonly payload: Uint8Array } | undefined {
    const arrived = this.#arrived;
    this.#arrived = undefined;
    return arrived;
  }

  /** At most {@link MAX_HANDED_OVER} messages for LDK, which are those of the call before no longer. */
  leaving(messages: readonly OutgoingMessage[]): ldk.TwoTuple_PublicKeyTypeZ[] {
    return messages.map((message, i) => {
      const slot = this.#leaving[i] ?? this.#slot();
      slot.message = message;
      return withoutTrace(slot.type, () =>
        ldk.TwoTuple_PublicKeyTypeZ.constructor_new(hexToBytes(message.peer), slot.type),
      );
    });
  }

  #slot() {
    const slot: { readonly type: ldk.Type; message: OutgoingMessage | undefined } = {
      type: ldk.Type.new_impl({
        type_id: () => slot.message?.type ?? 0,
        debug_str: () => "custom message",
        write: () => slot.message?.payload ?? new Uint8Array(0),
      }),
      message: undefined,
    };
    this.#leaving.push(slot);
    return slot;
  }
}
