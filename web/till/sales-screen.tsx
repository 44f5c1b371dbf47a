import { useCallback, useEffect, useState } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import { ApiProblem } from "../shell/api.js";
import { Message } from "../shell/message.js";
import { showSat, showSum } from "../shell/money.js";
import type { Session } from "../shell/start.js";
import { ReceiptButton } from "./receipt.js";
import { RefundDialog } from "./refund-dialog.js";
import { told } from "./refusal.js";
import type { Sale, Standing } from "./types.js";

/** Begin of today where the till's page is, Unix seconds. */
export const midnight = (): number => Math.floor(new Date().setHours(0, 0, 0, 0) / 1000);

interface Lists {
  readonly today: readonly Sale[];
  readonly unfinished: readonly Sale[];
  readonly accepted: readonly Sale[];
}

const SIGNS: Readonly<Record<Sale["state"], string>> = {
  open: "…",
  cancelling: "…",
  accepted: "⧗",
  paid: "✓",
  cancelled: "✕",
  refused: "✕",
};

/** Sales of today, those that are not finished, and those that are accepted and not paid yet. */
export function SalesScreen({
  session,
  standing,
}: {
  readonly session: Session<TillTexts>;
  readonly standing: Standing;
}) {
  const { api, texts } = session;
  const [lists, setLists] = useState<Lists>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [refund, setRefund] = useState<Sale>();
  const load = useCallback((): void => {
    const pages = async (query: string): Promise<readonly Sale[]> => {
      const all: Sale[] = [];
      for (let more = true; more; ) {
        const after = all.at(-1)?.number ?? 0;
        const page = await api.get<{ readonly sales: readonly Sale[]; readonly more: boolean }>(
          `/v1/sales?after=${after}&${query}`,
        );
        all.push(...page.sales);
        more = page.more;
      }
      return all;
    };
    Promise.all([pages(`from=${midnight()}`), pages("state=unfinished"), pages("state=accepted")]).then(
      ([today, unfinished, accepted]) => setLists({ today: today.toReversed(), unfinished, accepted }),
      (error: unknown) => {
        if (error instanceof ApiProblem) setProblem(error);
        else throw error;
      },
    );
  }, [api]);
  useEffect(load, [load]);
  const list = (title: string, sales: readonly Sale[], none: string) => (
    <section class="list">
      <h2>{title}</h2>
      {sales.length === 0 ? (
        <p class="muted">{none}</p>
      ) : (
        <ul>
          {sales.map((sale) => (
            <SaleLine
              key={sale.number}
              session={session}
              standing={standing}
              sale={sale}
              onRefund={setRefund}
            />
          ))}
        </ul>
      )}
    </section>
  );
  return (
    <>
      <Message {...told(texts, problem)} />
      {lists && (
        <div class="lists">
          {lists.accepted.length > 0 && list(texts.sales.accepted, lists.accepted, "")}
          {list(texts.sales.unfinished, lists.unfinished, texts.sales.noneUnfinished)}
          {list(texts.sales.title, lists.today, texts.sales.none)}
        </div>
      )}
      {refund && (
        <RefundDialog
          session={session}
          standing={standing}
          sale={refund}
          onClose={() => {
            setRefund(undefined);
            load();
          }}
        />
      )}
    </>
  );
}

function SaleLine({
  session,
  standing,
  sale,
  onRefund,
}: {
  readonly session: Session<TillTexts>;
  readonly standing: Standing;
  readonly sale: Sale;
  onRefund(sale: Sale): void;
}) {
  const { texts, language } = session;
  const { number, state, fiat, amount, received, description, createdAt, refund } = sale;
  const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(
    createdAt * 1000,
  );
  const sat = showSat(received ?? amount, language);
  const refunded =
    refund &&
    (refund.state === "paid" ? texts.sales.refunded : texts.sales.refundPending)(
      showSat(refund.amount, language),
    );
  const kind =
    state === "paid" ? "good" : state === "accepted" ? "later" : state === "open" ? "muted" : "bad";
  return (
    <li class="sale">
      <span class="what">
        <strong>
          {texts.sale(String(number))} · {time}
        </strong>
        <span class="muted">{description}</span>
      </span>
      <span class="money">
        <strong>{fiat === undefined ? sat : showSum(fiat, language)}</strong>
        <span class="muted">{fiat === undefined ? "" : sat}</span>
      </span>
      <span class={`how ${kind}`}>
        {SIGNS[state]} {texts.sales.states[state]}
        {refunded !== undefined && <span class="refunded">↩ {refunded}</span>}
      </span>
      <span class="do">
        <ReceiptButton session={session} number={number} hasPrinter={standing.printer} />
        {state === "paid" && refund?.state !== "paid" && (
          <button type="button" onClick={() => onRefund(sale)}>
            {texts.buttons.refund}
          </button>
        )}
      </span>
    </li>
  );
}
