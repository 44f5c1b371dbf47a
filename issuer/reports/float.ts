import { nodeStandings } from "../ledger/nodes.js";
import type { CardState } from "../store/schema.js";
import type { Store } from "../store/types.js";
import { type Books, readBooks } from "./spending.js";

/** What the issuer can pay with, against what it may have to pay: millisatoshi. */
export interface FloatStanding {
  /** Left on cards: may be spent or paid out. */
  readonly left: bigint;
  /** In flight, with what is set aside for its routing fees. */
  readonly inFlight: bigint;
  /** Both together. */
  readonly owed: bigint;
  /** What the channels of the nodes in use could send, as their services last told. */
  readonly outbound: bigint;
  /** What is missing for all cards to spend all they have; 0: nothing. */
  readonly short: bigint;
  /** The oldest of what the nodes told, Unix milliseconds; undefined: a node in use has told nothing. */
  readonly asOf: number | undefined;
}

/** How an issuer stands at one moment. */
export interface Standing {
  readonly books: Books;
  readonly float: FloatStanding;
  readonly nodes: Awaited<ReturnType<typeof nodeStandings>>;
  /** Cards in each state. */
  readonly cards: Readonly<Record<CardState, bigint>>;
  /** Contradictions that cards have signed, and payments without an authorization that nobody has checked. */
  readonly alerts: bigint;
}

/** On one unchanging snapshot. @throws StoreError */
export async function standing(store: Store): Promise<Standing> {
  return await store.read(
    async (tx) => {
      const books = await readBooks(tx);
      const nodes = await nodeStandings(tx);
      const states = await tx
        .selectFrom("accounts")
        .select((eb) => ["state", eb.fn.countAll<bigint>().as("cards")])
        .groupBy("state")
        .execute();
      const count = (state: CardState): bigint =>
        BigInt(states.find((row) => row.state === state)?.cards ?? 0n);
      const { cards: evidence } = await tx
        .selectFrom("evidence")
        .select((eb) => eb.fn.countAll<bigint>().as("cards"))
        .executeTakeFirstOrThrow();
      return {
        books,
        nodes,
        float: floatOf(books, nodes),
        cards: {
          pending: count("pending"),
          active: count("active"),
          blocked: count("blocked"),
          retired: count("retired"),
        },
        alerts: BigInt(evidence) + nodes.reduce((sum, { unmatched }) => sum + unmatched.payments, 0n),
      };
    },
    { long: true },
  );
}

function floatOf(
  { left, reserved, heldForFees }: Pick<Books, "left" | "reserved" | "heldForFees">,
  nodes: Standing["nodes"],
): FloatStanding {
  const active = nodes.filter(({ state }) => state === "active");
  const told = active.flatMap(({ liquidity }) => (liquidity ? [liquidity] : []));
  const outbound = told.reduce((sum, liquidity) => sum + liquidity.outbound, 0n);
  const inFlight = reserved + heldForFees;
  const owed = left + inFlight;
  return {
    left,
    inFlight,
    owed,
    outbound,
    short: owed > outbound ? owed - outbound : 0n,
    asOf:
      told.length < active.length || told.length === 0 ? undefined : Math.min(...told.map(({ at }) => at)),
  };
}
