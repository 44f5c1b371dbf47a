import { status } from "@grpc/grpc-js";
import { bytesToHex, hexToBytes } from "../../../common/bytes.js";
import { hostKind } from "../../node-uri.js";
import { NodeError } from "../errors.js";
import type { PeerAddress, PeerMessage } from "../port.js";
import type { LndConnection } from "./connection.js";
import { failureOf } from "./errors.js";
import { Listeners, Subscription } from "./streams.js";

const FIRST_TYPE = 45001;
const LAST_TYPE = 45099;
/** With one byte more lnd answers an error and drops the connection to the peer. */
const LARGEST_PAYLOAD = 65_533;
const CONNECT_MS = 10_000;

/** Peers of this lnd, and the project's messages to and from them. */
export class LndMessages {
  readonly received = new Listeners<PeerMessage>();
  readonly disconnected = new Listeners<Uint8Array>();
  readonly #connection: LndConnection;
  readonly #subscriptions: { end(): void }[] = [];
  #changedAt = performance.now();

  constructor(connection: LndConnection) {
    this.#connection = connection;
  }

  subscribe(): void {
    this.#subscriptions.push(
      new Subscription(
        this.#connection,
        "lnrpc.Lightning/SubscribeCustomMessages",
        () => ({}),
        ({ peer, type, data }) => {
          if (type >= FIRST_TYPE && type <= LAST_TYPE)
            this.received.tell({ peer: new Uint8Array(peer), type, payload: new Uint8Array(data) });
        },
      ),
      new Subscription(
        this.#connection,
        "lnrpc.Lightning/SubscribePeerEvents",
        () => ({}),
        ({ type, pub_key }) => {
          this.#changedAt = performance.now();
          if (type === "PEER_OFFLINE") this.disconnected.tell(hexToBytes(pub_key));
        },
        () => {
          this.#changedAt = performance.now();
        },
      ),
    );
  }

  end(): void {
    for (const subscription of this.#subscriptions) subscription.end();
  }

  /** Milliseconds since a peer came or went, or lnd was connected to. */
  quietMs(): number {
    return performance.now() - this.#changedAt;
  }

  /** As {@link LightningNode.connect}. */
  async connect({ nodeId, host, port }: PeerAddress, timeoutMs = CONNECT_MS): Promise<void> {
    const place = hostKind(host) === "ipv6" ? `[${host}]` : host;
    const addr = { pubkey: bytesToHex(nodeId), host: `${place}:${port}` };
    const timeout = String(Math.max(1, Math.ceil(timeoutMs / 1000)));
    try {
      // With perm it would succeed at once and go on trying.
      await this.#connection.call("lnrpc.Lightning/ConnectPeer", { addr, perm: false, timeout }, timeoutMs);
    } catch (error) {
      const failure = failureOf(error);
      if (failure && /already connected/.test(failure.details)) return;
      if (!(error instanceof NodeError) || error.code === "closed" || error.code === "permission")
        throw error;
      if (failure?.code === status.DEADLINE_EXCEEDED || /timeout|deadline/i.test(failure?.details ?? ""))
        throw new NodeError("timeout", "the peer did not answer in time", { cause: error });
      // Without Tor lnd looks the name up as any other, and finds none.
      if (
        hostKind(host) === "onion" &&
        /\btor\b|no suitable address|no such host/i.test(failure?.details ?? "")
      )
        throw new NodeError("unreachable", "lnd does not use Tor, so it cannot reach an onion address", {
          cause: error,
          hint: "Set tor.active=true in lnd.conf, with a Tor that runs beside lnd.",
        });
      throw new NodeError("unreachable", "the peer cannot be reached", { cause: error });
    }
  }

  /** As {@link LightningNode.sendMessage}. */
  async send(peer: Uint8Array, type: number, payload: Uint8Array): Promise<void> {
    this.#connection.expectOpen();
    if (!(type >= FIRST_TYPE && type <= LAST_TYPE))
      throw new NodeError("bad-request", `type: need ${FIRST_TYPE} to ${LAST_TYPE}, have ${type}`);
    if (payload.length > LARGEST_PAYLOAD)
      throw new NodeError(
        "bad-request",
        `payload: need at most ${LARGEST_PAYLOAD} bytes, have ${payload.length}`,
      );
    try {
      await this.#connection.call("lnrpc.Lightning/SendCustomMessage", { peer, type, data: payload });
    } catch (error) {
      const failure = failureOf(error);
      if (
        failure?.code === status.NOT_FOUND ||
        /peer .*disconnected|not connected|peer exiting/.test(failure?.details ?? "")
      )
        throw new NodeError("not-connected", "the peer is not connected", { cause: error });
      throw error;
    }
  }
}
