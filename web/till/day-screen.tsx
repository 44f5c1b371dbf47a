import { useCallback, useEffect, useState } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import { ApiProblem, newRequestKey } from "../shell/api.js";
import { Dialog } from "../shell/dialog.js";
import { Message } from "../shell/message.js";
import { showSat, showSum } from "../shell/money.js";
import type { Session } from "../shell/start.js";
import { isLead, LeadField, leadApi } from "./lead.js";
import { told } from "./refusal.js";
import { midnight } from "./sales-screen.js";
import type { Day, Standing, Totals } from "./types.js";

type Row = readonly [name: string, value: string];
type Sums = NonNullable<Day["open"]>;

/** Totals of today, of what is in no closed day yet, and the closing itself. */
export function DayScreen({
  session,
  standing,
  onDone,
}: {
  readonly session: Session<TillTexts>;
  readonly standing: Standing;
  onDone(): void;
}) {
  const { api, texts, shell, language } = session;
  const [totals, setTotals] = useState<Totals>();
  const [day, setDay] = useState<Day>();
  const [closed, setClosed] = useState<Day>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [isAsking, setIsAsking] = useState(false);
  const [lead, setLead] = useState("");
  const [key] = useState(newRequestKey);
  const failed = useCallback((error: unknown): void => {
    if (!(error instanceof ApiProblem)) throw error;
    setProblem(error);
  }, []);
  const load = useCallback((): void => {
    Promise.all([api.get<Totals>(`/v1/totals?from=${midnight()}`), api.get<Day>("/v1/day")]).then(
      ([sums, open]) => {
        setTotals(sums);
        setDay(open);
      },
      failed,
    );
  }, [api, failed]);
  useEffect(load, [load]);
  async function close(): Promise<void> {
    setProblem(undefined);
    try {
      setClosed(
        await leadApi(session, lead).move<Day>("/v1/days", {}, { key: closed ? newRequestKey() : key }),
      );
      setIsAsking(false);
      setLead("");
      load();
      onDone();
    } catch (error) {
      failed(error);
    }
  }
  const sat = (amount: string) => showSat(amount, language);
  const rowsOf = (sums: Sums): readonly Row[] => [
    [texts.day.paid, String(sums.paid)],
    [texts.day.received, sat(sums.received)],
    ...sums.currencies.map(
      ({ currency, amount, sales }): Row => [
        texts.day.inSales(String(sales)),
        showSum(`${amount} ${currency}`, language),
      ],
    ),
    ...(sums.refunds === 0
      ? []
      : ([
          [texts.day.refunds, String(sums.refunds)],
          [texts.day.refunded, sat(sums.refunded)],
        ] as const)),
    ...(sums.refused === 0 ? [] : [[texts.day.refusedSum, sat(sums.refusedAmount)] as const]),
    ...(sums.cancelled === 0 ? [] : [[texts.day.cancelled, String(sums.cancelled)] as const]),
    ...(sums.first === undefined || sums.last === undefined
      ? []
      : [[texts.day.numbers, texts.day.span(String(sums.first), String(sums.last))] as const]),
  ];
  const today: readonly Row[] = totals
    ? [
        [texts.day.paid, String(totals.paid)],
        [texts.day.received, sat(totals.received)],
        [texts.day.refunded, sat(totals.refunded)],
        [texts.day.unfinished, String(totals.unfinished)],
        ...(totals.accepted.sales === 0
          ? []
          : [[texts.day.acceptedOpen, sat(totals.accepted.open)] as const]),
      ]
    : [];
  return (
    <>
      <Message {...told(texts, isAsking ? undefined : problem)} />
      <div class="cards">
        <Sheet title={texts.day.today} rows={today} />
        {day?.open && <Sheet title={texts.day.open} rows={rowsOf(day.open)} />}
        {closed?.closed && (
          <Sheet
            title={texts.day.closed(String(closed.closed.z))}
            rows={rowsOf(closed.closed)}
            note={closed.isNew ? undefined : texts.day.nothingNew}
            isPaper
          />
        )}
      </div>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => setIsAsking(true)}>
          {texts.buttons.closeDay}
        </button>
        {closed?.closed && (
          <button type="button" onClick={() => window.print()}>
            {texts.buttons.printHere}
          </button>
        )}
      </div>
      {isAsking && (
        <Dialog title={texts.buttons.closeDay} onClose={() => setIsAsking(false)}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void close();
            }}
          >
            <p class="big">{texts.day.ask}</p>
            {!isLead(standing) && (
              <LeadField texts={texts} hint={texts.rate.needs} value={lead} onValue={setLead} />
            )}
            <Message {...told(texts, problem)} />
            <div class="buttons">
              <button type="button" onClick={() => setIsAsking(false)}>
                {shell.buttons.back}
              </button>
              <button type="submit" class="primary">
                {texts.buttons.closeDay}
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}

function Sheet({
  title,
  rows,
  note,
  isPaper = false,
}: {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly note?: string | undefined;
  readonly isPaper?: boolean;
}) {
  return (
    <section class={isPaper ? "sheet paper-sheet" : "sheet"}>
      <h2>{title}</h2>
      {note !== undefined && <p class="muted">{note}</p>}
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
