import { useState } from "preact/hooks";
import { visible } from "../../common/visible.js";
import type { SpendingAnswer } from "../../server/desk/overview-answers.js";
import type { Json } from "../shell/json.js";
import { Message } from "../shell/message.js";
import { useDesk } from "./desk.js";
import { Table, WithData } from "./parts.js";
import { save } from "./save.js";
import { useAction, useData } from "./use-data.js";

type Report = Json<SpendingAnswer>;

/** Of the drawing, which grows with its place. */
const WIDTH = 1000;
const HEIGHT = 300;

/** Spending by hour and stall: a drawing, and the same as a table. */
export function Spending() {
  const { session, format } = useDesk();
  const { spending, buttons } = session.texts;
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [asked, setAsked] = useState("");
  const [stall, setStall] = useState("all");
  const loaded = useData<Report>(`/v1/spending${asked}`);
  const { isBusy, problem, run } = useAction();
  const days = (): string => {
    const query = new URLSearchParams({ ...(from === "" ? {} : { from }), ...(to === "" ? {} : { to }) });
    return query.size === 0 ? "" : `?${query}`;
  };
  return (
    <>
      <h2>{spending.title}</h2>
      <form
        class="line"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(days());
        }}
      >
        <label class="field">
          <span>{spending.from}</span>
          <input type="date" value={from} onInput={({ currentTarget }) => setFrom(currentTarget.value)} />
        </label>
        <label class="field">
          <span>{spending.to}</span>
          <input type="date" value={to} onInput={({ currentTarget }) => setTo(currentTarget.value)} />
        </label>
        <button type="submit" class="primary">
          {buttons.show}
        </button>
        <button type="button" onClick={loaded.reload}>
          {buttons.refresh}
        </button>
        <button
          type="button"
          disabled={isBusy}
          onClick={() =>
            run(async () => {
              const { csv } = await session.api.get<{ readonly csv: string }>(`/v1/report/csv${days()}`);
              save("report.csv", csv);
            })
          }
        >
          {buttons.report}
        </button>
      </form>
      {problem && <Message text={problem.message} hint={problem.hint} />}
      <WithData loaded={loaded}>
        {(report) => {
          const nameOf = (payee: string): string =>
            payee === ""
              ? spending.others
              : visible(report.stalls.find((one) => one.payee === payee)?.name ?? `${payee.slice(0, 12)}…`);
          const of = (hour: Report["hours"][number]): string =>
            stall === "all" ? hour.amount : (hour.stalls.find(({ payee }) => payee === stall)?.amount ?? "0");
          return (
            <>
              <label class="field">
                <span>{spending.stall}</span>
                <select value={stall} onChange={({ currentTarget }) => setStall(currentTarget.value)}>
                  <option value="all">{spending.all}</option>
                  {report.stalls.map(({ payee }) => (
                    <option key={payee} value={payee}>
                      {nameOf(payee)}
                    </option>
                  ))}
                </select>
              </label>
              <p class="big">
                {spending.total(format.sat(report.total.amount), format.count(report.total.payments))}
              </p>
              <Plot report={report} of={of} />
              <p class="muted">{spending.zone(report.timeZone)}</p>
              {report.stalls.length === 0 ? (
                <p>{spending.empty}</p>
              ) : (
                <section>
                  <h3>{spending.table}</h3>
                  <Table
                    caption={spending.table}
                    head={[spending.hour, spending.all, ...report.stalls.map(({ payee }) => nameOf(payee))]}
                    numbers={report.stalls.map((_, column) => column + 2).concat(1)}
                    rows={report.hours
                      .filter(({ payments }) => payments !== "0")
                      .map((hour) => [
                        format.time(hour.at),
                        format.sat(hour.amount),
                        ...report.stalls.map(({ payee }) =>
                          format.sat(hour.stalls.find((one) => one.payee === payee)?.amount ?? "0"),
                        ),
                      ])}
                  />
                </section>
              )}
            </>
          );
        }}
      </WithData>
    </>
  );
}

/** A bar for each hour; the table beside it has the figures. */
function Plot({
  report,
  of,
}: {
  readonly report: Report;
  readonly of: (hour: Report["hours"][number]) => string;
}) {
  const { session, format } = useDesk();
  const { spending } = session.texts;
  const most = report.hours.reduce((max, hour) => (BigInt(of(hour)) > max ? BigInt(of(hour)) : max), 0n);
  const width = WIDTH / Math.max(report.hours.length, 1);
  const height = (amount: string): number =>
    most === 0n ? 0 : (Number.parseInt(((BigInt(amount) * 1000n) / most).toString(), 10) * HEIGHT) / 1000;
  const every = Math.max(1, Math.ceil(report.hours.length / 8));
  return (
    <figure class="plot">
      <p class="muted scale">{format.sat(most.toString())}</p>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={spending.plot(report.from, report.to)}
      >
        {[0, 1, 2, 3, 4].map((line) => (
          <line key={line} x1="0" x2={WIDTH} y1={(HEIGHT * line) / 4} y2={(HEIGHT * line) / 4} />
        ))}
        {report.hours.map((hour, column) => (
          <rect
            key={hour.at}
            x={column * width + width * 0.1}
            y={HEIGHT - height(of(hour))}
            width={width * 0.8}
            height={height(of(hour))}
          >
            <title>{`${format.time(hour.at)}: ${format.sat(of(hour))}`}</title>
          </rect>
        ))}
      </svg>
      <div class="hours" aria-hidden="true">
        {report.hours
          .filter((_, column) => column % every === 0)
          .map(({ at }) => (
            <span key={at}>{format.hour(at)}</span>
          ))}
      </div>
    </figure>
  );
}
