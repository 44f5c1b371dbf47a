import type { OverviewAnswer } from "../../server/desk/overview-answers.js";
import type { Json } from "../shell/json.js";
import { useDesk } from "./desk.js";
import { Facts, Table, WithData } from "./parts.js";
import { useData } from "./use-data.js";

type Standing = Json<OverviewAnswer>;

/** Between two looks, in milliseconds. */
const AGAIN_MS = 15_000;

/** Parts of a thousand that a sum has of another: for drawing alone. */
const permille = (part: string, whole: bigint): number =>
  whole === 0n ? 0 : Number.parseInt(((BigInt(part) * 1000n) / whole).toString(), 10);

/** Two bars of one scale: what the nodes can send, and what is owed. */
function FloatBars({ float }: { readonly float: Standing["float"] }) {
  const { session, format } = useDesk();
  const { overview } = session.texts;
  const [owed, outbound] = [BigInt(float.owed), BigInt(float.outbound)];
  const scale = owed > outbound ? owed : outbound;
  const isShort = BigInt(float.short) > 0n;
  const bar = (name: string, amount: string, sign: string) => (
    <div class="float-row">
      <span class="name">{name}</span>
      <svg class={`float ${sign}`} viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true">
        <rect class="ground" width="1000" height="40" />
        <rect class="sum" width={permille(amount, scale)} height="40" />
      </svg>
      <strong>{format.sat(amount)}</strong>
    </div>
  );
  return (
    <>
      {bar(overview.outbound, float.outbound, isShort ? "short" : "enough")}
      {bar(overview.owed, float.owed, "owed")}
      <p class={isShort ? "bad conclusion" : "good conclusion"}>
        <span aria-hidden="true">{isShort ? "⚠ " : "✓ "}</span>
        {isShort ? overview.short(format.sat(float.short)) : overview.enough}
      </p>
      <p class="muted">
        {float.asOf === undefined ? overview.notTold : overview.asOf(format.time(float.asOf))}
      </p>
      <Facts
        rows={[
          [overview.left, format.sat(float.left)],
          [overview.inFlight, format.sat(float.inFlight)],
        ]}
      />
    </>
  );
}

interface NodeFields {
  readonly node: string;
  readonly label: string;
  readonly state: string;
  readonly inFlight: { readonly amount: string };
  readonly liquidity?: { readonly outbound: string; readonly inbound: string };
}

/** How the issuer stands now. */
export function Overview() {
  const { session, format } = useDesk();
  const { overview, states } = session.texts;
  const loaded = useData<Standing>("/v1/overview", AGAIN_MS);
  return (
    <WithData loaded={loaded}>
      {({ today, day, float, nodes, cards, alerts, healthy }) => (
        <>
          <h2>{overview.title}</h2>
          <div class="tiles">
            <section class="tile">
              <h3>{overview.today(day)}</h3>
              <p class="big">{format.sat(today.amount)}</p>
              <p>
                <a href="#spending">{overview.payments(format.count(today.payments))}</a>
              </p>
            </section>
            <section class={alerts === "0" && healthy ? "tile" : "tile bad"}>
              <h3>{session.texts.nav.alerts}</h3>
              <p class="big">
                <a href="#alerts">
                  {alerts === "0" ? overview.noAlerts : overview.alerts(format.count(alerts))}
                </a>
              </p>
              <p>{healthy ? overview.healthy : overview.unhealthy}</p>
            </section>
            <section class="tile">
              <h3>{overview.cards}</h3>
              <Facts
                rows={(["active", "blocked", "pending", "retired"] as const).map((state) => [
                  states[state],
                  format.count(cards[state]),
                ])}
              />
            </section>
            <section class="tile wide">
              <h3>{overview.float}</h3>
              <FloatBars float={float} />
            </section>
            <section class="tile wide">
              <h3>{overview.nodes}</h3>
              <Table
                caption={overview.nodes}
                head={[overview.node, overview.canSend, overview.canReceive, overview.inFlightOf]}
                numbers={[1, 2, 3]}
                rows={(nodes as unknown as readonly NodeFields[]).map(
                  ({ node, label, liquidity, inFlight }) => [
                    label === "" ? `${node.slice(0, 16)}…` : label,
                    liquidity ? format.sat(liquidity.outbound) : "–",
                    liquidity ? format.sat(liquidity.inbound) : "–",
                    format.sat(inFlight.amount),
                  ],
                )}
              />
            </section>
          </div>
        </>
      )}
    </WithData>
  );
}
