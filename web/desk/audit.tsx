import { useEffect, useState } from "preact/hooks";
import type { AuditAnswer } from "../../server/desk/overview-answers.js";
import type { Json } from "../shell/json.js";
import { useDesk } from "./desk.js";
import type { Format } from "./format.js";
import { Table, WithData } from "./parts.js";
import { useData } from "./use-data.js";

type Lines = Json<AuditAnswer>;

/** Fields that are amounts in millisatoshi, where they are digits. */
const AMOUNTS: readonly string[] = ["amount", "left", "fee", "moved"];

/** Fields of a line, for people. */
const brief = (fields: unknown, { sat }: Pick<Format, "sat">): string =>
  Object.entries(fields ?? {})
    .map(([name, value]) => {
      const isAmount = AMOUNTS.includes(name) && /^\d{1,20}$/.test(String(value));
      return `${name}: ${isAmount ? sat(String(value)) : typeof value === "object" ? JSON.stringify(value) : value}`;
    })
    .join(", ");

/** Who did what. @param card only what was done to it; empty: all */
export function Audit({ card }: { readonly card: string }) {
  const { session, format } = useDesk();
  const { audit, buttons } = session.texts;
  const [before, setBefore] = useState<number>();
  const [shown, setShown] = useState<Lines["lines"]>([]);
  const query = new URLSearchParams({
    ...(card === "" ? {} : { card }),
    ...(before === undefined ? {} : { before: String(before) }),
  });
  const loaded = useData<Lines>(`/v1/audit?${query}`);
  const { data } = loaded;
  useEffect(() => {
    if (data)
      setShown((earlier) => [
        ...earlier.filter(({ number }) => number > (data.lines[0]?.number ?? 0)),
        ...data.lines,
      ]);
  }, [data]);
  return (
    <>
      <h2>{audit.title}</h2>
      <p>{card === "" ? audit.help : audit.ofCard(card)}</p>
      <WithData loaded={loaded}>
        {({ more }) => (
          <>
            {shown.length === 0 ? (
              <p class="muted">{audit.nothing}</p>
            ) : (
              <Table
                caption={audit.title}
                head={[audit.time, audit.who, audit.action, audit.card, audit.asked, audit.result]}
                rows={shown.map((line) => [
                  format.time(line.at),
                  line.key === undefined ? `${line.who} (${audit.byCommand})` : line.who,
                  line.action,
                  line.card === undefined ? (
                    ""
                  ) : (
                    <a key="card" href={`#card/${encodeURIComponent(line.card)}`}>
                      {line.card}
                    </a>
                  ),
                  brief(line.asked, format),
                  [audit.outcomes[line.outcome], brief(line.told, format)].filter(Boolean).join(": "),
                ])}
              />
            )}
            <div class="buttons">
              <button type="button" disabled={!more} onClick={() => setBefore(shown.at(-1)?.number)}>
                {buttons.more}
              </button>
            </div>
          </>
        )}
      </WithData>
    </>
  );
}
