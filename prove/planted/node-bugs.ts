import { bugsOf, type PlantedBug } from "./bug.js";

const SOCKETS = "lightning/nodes/ldk/sockets.ts";
const ADMISSION = "lightning/nodes/ldk/admission.ts";
const FLOODS = { campaign: "floods" } as const;
const floods = (named: string) => ({ tests: "test/security/flooding-peer.test.ts", named });

/** In the embedded Lightning node, where strangers reach it. */
export const NODE_BUGS: readonly PlantedBug[] = bugsOf("node", [
  {
    name: "every connection leaves an object in the bindings",
    edits: {
      "lightning/nodes/ldk/descriptors.ts": [["this.#free.pop() ?? this.#make()", "this.#make()"]],
    },
    caughtBy: [floods("does not grow")],
  },
  {
    name: "every message that is sent leaves an object in the bindings",
    edits: {
      "lightning/nodes/ldk/message-types.ts": [["this.#leaving[i] ?? this.#slot()", "this.#slot()"]],
    },
    caughtBy: [floods("does not grow")],
  },
  {
    name: "every message that arrives leaves an object in the bindings",
    edits: {
      "lightning/nodes/ldk/message-types.ts": [
        [
          "    return this.#arriving;\n",
          "    const made = ldk.Type.new_impl({ type_id: () => type, debug_str: () => '', write: () => payload });\n" +
            "    return decoded(ldk.Option_TypeZ.constructor_some(made));\n",
        ],
      ],
    },
    caughtBy: [floods("does not grow")],
  },
  {
    name: "a flooding peer is heard to its end",
    edits: {
      [SOCKETS]: [["    if (wait === 0 || connection.isCut) return;\n", "    if (wait >= 0) return;\n"]],
    },
    caughtBy: [
      floods("with empty answers is cut off"),
      floods("with channel updates is cut off"),
      floods("is cut off when it floods the merchant's node"),
      FLOODS,
    ],
  },
  {
    name: "a connection that ends before its handshake is never forgotten",
    edits: { [SOCKETS]: [['const isOver = stage === "silent" || ', "const isOver = "]] },
    caughtBy: [floods("ends after its time")],
  },
  {
    name: "a flood whose sender has left is never forgotten",
    edits: {
      [SOCKETS]: [
        [
          "    if (connection.socket.closed) this.#forget(connection);\n    else connection.socket.destroy();\n",
          "    connection.socket.destroy();\n",
        ],
      ],
    },
    caughtBy: [floods("leaves at once is cut off and forgotten")],
  },
  {
    name: "what the node itself does for a peer costs the peer nothing",
    edits: { [SOCKETS]: [["    else connection.debt += MESSAGE_COST + data.length;\n", ""]] },
    caughtBy: [floods("with pings for long answers is cut off")],
  },
  {
    name: "small messages cost a peer only their bytes",
    edits: { [SOCKETS]: [["this.#reading.debt += MESSAGE_COST", "this.#reading.debt += 0 * MESSAGE_COST"]] },
    caughtBy: [floods("with small messages is cut off")],
  },
  {
    name: "a node that was cut off is dialed again at once",
    edits: { "lightning/nodes/ldk/peer-keeper.ts": [["    this.#o.sockets.expectWelcome(peer);\n", ""]] },
    caughtBy: [floods("is cut off when it floods the merchant's node")],
  },
  {
    name: "a peer with a channel is cut off like a stranger",
    edits: {
      [SOCKETS]: [["    if (this.#admission.hasChannel(connection, now)) return;\n", ""]],
    },
    caughtBy: [floods("neither pushed out nor cut off")],
  },
  {
    name: "a peer that does not read is kept for ever",
    edits: { [SOCKETS]: [["now - congestedAt > unreadMs", "now - congestedAt > 1000 * unreadMs"]] },
    caughtBy: [floods("and never reads is cut off")],
  },
  {
    name: "answers that a peer does not read are kept without end",
    edits: {
      "lightning/nodes/ldk/custom-messages.ts": [["if (!this.#events.takes(id))", "if (id.length === 0)"]],
    },
    caughtBy: [floods("cannot make the node keep answers")],
  },
  {
    name: "a connection may be silent for ever",
    edits: { [SOCKETS]: [["now - openedAt > silentMs", "now - openedAt > 1000 * silentMs"]] },
    caughtBy: [floods("ends after its time")],
  },
  {
    name: "those who come last are turned away",
    edits: {
      "lightning/nodes/ldk/places.ts": [
        [
          "    if (loser) this.delete(loser);\n    return loser;\n",
          "    if (loser) this.delete(guest);\n    return guest;\n",
        ],
      ],
    },
    caughtBy: [
      floods("keep no other peer out"),
      { tests: "test/lightning/peer-places.test.ts", named: "places for connections" },
    ],
  },
  {
    name: "a peer that has asked successfully is a stranger when it comes again",
    edits: { [ADMISSION]: [['known.has(peer) ? "known"', 'known.has("") ? "known"']] },
    caughtBy: [floods("throw-away peers from many addresses")],
  },
  {
    name: "nobody tells the node who has asked successfully",
    edits: {
      "lightning/api/receiver.ts": [["    if (reason === undefined) await this.keepPlace(peer);\n", ""]],
    },
    caughtBy: [
      {
        tests: "test/lightning/api-receiver.test.ts",
        named: "keep a place for the peer whose request was accepted",
      },
    ],
  },
]);
