import type { Connection } from "./connection.js";
import type { KnownPeers } from "./known-peers.js";
import type { PeerLimits, Standing } from "./peer-limits.js";
import { Places } from "./places.js";

/** Addresses of known peers and nodes cut off that are remembered. */
const MAX_REMEMBERED = 1024;

export interface AdmissionOptions {
  readonly limits: PeerLimits;
  readonly known: KnownPeers;
  /** True for a peer with a channel that is ready. Must not be called from within LDK. */
  readonly hasChannel: (peer: string) => boolean;
  /** Ends a connection that has lost its place. */
  readonly evict: (connection: Connection) => void;
}

/** Decides who may stay connected. Nothing here calls into LDK but for {@link AdmissionOptions.hasChannel}. */
export class Admission {
  readonly #o: AdmissionOptions;
  readonly #silent: Places<Connection>;
  readonly #handshakes: Places<Connection>;
  readonly #kept: Places<Connection>;
  readonly #peers: Readonly<Record<Standing, Places<Connection> | undefined>>;
  readonly #placeOf = new Map<Connection, Places<Connection>>();
  /** Addresses of peers that are known or have a channel, the one seen longest ago first. */
  readonly #keptAddresses = new Set<string>();
  /** Nodes that were cut off, by id as hex, with the time until which they are shunned. */
  readonly #shunned = new Map<string, number>();

  constructor(options: AdmissionOptions) {
    this.#o = options;
    const { silent, handshakes, kept, strangers, dialed, known } = options.limits;
    this.#silent = new Places(silent);
    this.#handshakes = new Places(handshakes);
    this.#kept = new Places(kept);
    this.#peers = {
      new: undefined,
      stranger: new Places(strangers),
      dialed: new Places(dialed),
      known: new Places(known),
      channel: undefined,
    };
  }

  /** Somebody has connected. */
  opened(connection: Connection): void {
    this.#move(connection, this.#keptAddresses.has(connection.address) ? this.#kept : this.#silent);
  }

  /** Its handshake has begun. */
  spoke(connection: Connection): void {
    if (this.#placeOf.get(connection) === this.#kept) this.#kept.touch(connection);
    else this.#move(connection, this.#handshakes);
  }

  /** `init` was exchanged, so it is known who the peer is. */
  introduced(connection: Connection, now: number): void {
    const { peer = "", isOutbound, address } = connection;
    const { known, hasChannel } = this.#o;
    const unknown = isOutbound ? "dialed" : "stranger";
    this.#become(connection, hasChannel(peer) ? "channel" : known.has(peer) ? "known" : unknown, now);
    if (connection.standing !== "channel" && connection.standing !== "known") return;
    this.#keptAddresses.delete(address);
    this.#keptAddresses.add(address);
    forgetOldest(this.#keptAddresses);
  }

  /** It has sent a message of the project. */
  active(connection: Connection, now: number): void {
    connection.activeAt = now;
    this.#placeOf.get(connection)?.touch(connection);
  }

  /** It has asked successfully. */
  succeeded(connection: Connection, now: number): void {
    if (connection.standing === "stranger" || connection.standing === "dialed")
      this.#become(connection, "known", now);
  }

  left(connection: Connection): void {
    this.#move(connection, undefined);
  }

  /** Looks again whether the peer has a channel by now. @returns true when it has */
  hasChannel(connection: Connection, now: number): boolean {
    if (connection.standing !== "channel" && connection.peer && this.#o.hasChannel(connection.peer))
      this.#become(connection, "channel", now);
    return connection.standing === "channel";
  }

  shun(peer: string, now: number): void {
    this.#shunned.delete(peer);
    this.#shunned.set(peer, now + this.#o.limits.shunMs);
    forgetOldest(this.#shunned);
  }

  /** Milliseconds for which the node is neither dialed nor let in. */
  shunnedFor(peer: string, now: number): number {
    const left = (this.#shunned.get(peer) ?? 0) - now;
    if (left <= 0) this.#shunned.delete(peer);
    return Math.max(0, left);
  }

  #become(connection: Connection, standing: Standing, now: number): void {
    connection.standing = standing;
    connection.allowance.become(this.#o.limits.flow[standing], now);
    this.#move(connection, this.#peers[standing], now);
  }

  #move(connection: Connection, places: Places<Connection> | undefined, now = 0): void {
    this.#placeOf.get(connection)?.delete(connection);
    this.#placeOf.delete(connection);
    if (!places) return;
    this.#placeOf.set(connection, places);
    const loser = places.add(connection);
    if (!loser) return;
    this.#placeOf.delete(loser);
    if (!this.hasChannel(loser, now)) this.#o.evict(loser);
  }
}

function forgetOldest(remembered: Set<string> | Map<string, unknown>): void {
  for (const oldest of remembered.keys()) {
    if (remembered.size <= MAX_REMEMBERED) return;
    remembered.delete(oldest);
  }
}
