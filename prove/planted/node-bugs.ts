import { bug, bugsOf, type PlantedBug } from "./bug.js";

const SOCKETS = "lightning/nodes/ldk/sockets.ts";
const CONNECTION = "lightning/nodes/ldk/connection.ts";
const ADMISSION = "lightning/nodes/ldk/admission.ts";
const FLOODS = { campaign: "floods" } as const;
const floods = (named: string) => ({ tests: "test/security/flooding-peer.test.ts", named });

/** In the embedded Lightning node, where strangers reach it. */
export const NODE_BUGS: readonly PlantedBug[] = bugsOf("node", [
  bug(
    "every connection leaves an object in the bindings",
    [floods("does not grow")],
    ["lightning/nodes/ldk/descriptors.ts", "this.#free.pop() ?? this.#make()", "this.#make()"],
  ),
  bug(
    "every message that is sent leaves an object in the bindings",
    [floods("does not grow")],
    ["lightning/nodes/ldk/message-types.ts", "this.#leaving[i] ?? this.#slot()", "this.#slot()"],
  ),
  bug(
    "every message that arrives leaves an object in the bindings",
    [floods("does not grow")],
    [
      "lightning/nodes/ldk/message-types.ts",
      "    return this.#arriving;\n",
      "    const made = ldk.Type.new_impl({ type_id: () => type, debug_str: () => '', write: () => payload });\n" +
        "    return decoded(ldk.Option_TypeZ.constructor_some(made));\n",
    ],
  ),
  bug(
    "a flooding peer is heard to its end",
    [
      floods("with empty answers is cut off"),
      floods("with channel updates is cut off"),
      floods("is cut off when it floods the merchant's node"),
      FLOODS,
    ],
    [SOCKETS, "    if (wait === 0 || connection.isCut) return;\n", "    if (wait >= 0) return;\n"],
  ),
  bug(
    "a connection that ends before its handshake is never forgotten",
    [floods("ends after its time")],
    [SOCKETS, 'const isOver = stage === "silent" || ', "const isOver = "],
  ),
  bug(
    "a flood whose sender has left is never forgotten",
    [floods("leaves at once is cut off and forgotten")],
    [
      SOCKETS,
      "    if (connection.socket.closed) this.#forget(connection);\n    else connection.socket.destroy();\n",
      "    connection.socket.destroy();\n",
    ],
  ),
  bug(
    "what the node itself does for a peer costs the peer nothing",
    [floods("pays for the long answers")],
    [SOCKETS, "    else connection.debt += MESSAGE_COST + data.length;\n", ""],
  ),
  bug(
    "small messages cost a peer only their bytes",
    [floods("with small messages is cut off")],
    [SOCKETS, "this.#reading.debt += MESSAGE_COST", "this.#reading.debt += 0 * MESSAGE_COST"],
  ),
  bug(
    "a node that was cut off is dialed again at once",
    [floods("is cut off when it floods the merchant's node")],
    ["lightning/nodes/ldk/peer-keeper.ts", "    this.#o.sockets.expectWelcome(peer);\n", ""],
  ),
  bug(
    "a peer with a channel is cut off like a stranger",
    [floods("neither pushed out nor cut off")],
    [SOCKETS, "    if (this.#admission.hasChannel(connection, now)) return;\n", ""],
  ),
  bug(
    "a peer that does not read is kept for ever",
    [floods("and never reads is cut off")],
    [CONNECTION, "now - congestedAt > unreadMs", "now - congestedAt > 1000 * unreadMs"],
  ),
  bug(
    "answers that a peer does not read are kept without end",
    [floods("cannot make the node keep answers")],
    ["lightning/nodes/ldk/custom-messages.ts", "if (!this.#events.takes(id))", "if (id.length === 0)"],
  ),
  bug(
    "a connection may be silent for ever",
    [floods("ends after its time")],
    [CONNECTION, "now - openedAt > silentMs", "now - openedAt > 1e9 * silentMs"],
  ),
  bug(
    "those who come last are turned away",
    [
      floods("keep no other peer out"),
      { tests: "test/lightning/peer-places.test.ts", named: "places for connections" },
    ],
    [
      "lightning/nodes/ldk/places.ts",
      "    if (loser) this.delete(loser);\n    return loser;\n",
      "    if (loser) this.delete(guest);\n    return guest;\n",
    ],
  ),
  bug(
    "a peer that has asked successfully is a stranger when it comes again",
    [floods("throw-away peers from many addresses")],
    [ADMISSION, 'known.has(peer) ? "known"', 'known.has("") ? "known"'],
  ),
  bug(
    "the node does not learn who has asked successfully",
    [
      {
        tests: "test/lightning/api-receiver.test.ts",
        named: "keep a place for the peer whose request was accepted",
      },
    ],
    ["lightning/api/receiver.ts", "    if (reason === undefined) await this.keepPlace(peer);\n", ""],
  ),
]);
