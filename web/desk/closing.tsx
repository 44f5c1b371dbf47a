import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ClosingAnswer } from "../../server/desk/job-answers.js";
import type { Json } from "../shell/json.js";
import { Confirm } from "./confirm.js";
import { type Job, useDesk } from "./desk.js";
import { newOrder, type Order, send } from "./order.js";
import { WithData } from "./parts.js";
import { save } from "./save.js";
import { useAction, useData } from "./use-data.js";

type Standing = Json<ClosingAnswer>;

/** Closing an event, one step after the other. */
export function Closing() {
  const { session, job } = useDesk();
  const { closing } = session.texts;
  const loaded = useData<Standing>("/v1/closing", 15_000);
  const { reload } = loaded;
  const state = job?.state;
  useEffect(reload, [reload, state]);
  return (
    <>
      <h2>{closing.title}</h2>
      <p>{closing.intro}</p>
      <WithData loaded={loaded}>{(standing) => <Steps standing={standing} />}</WithData>
    </>
  );
}

function Steps({ standing }: { readonly standing: Standing }) {
  const { session, format, job, mayMove } = useDesk();
  const { texts, api } = session;
  const { closing, buttons } = texts;
  const [isForwarded, setIsForwarded] = useState(standing.active === "0");
  const [asks, setAsks] = useState<"block" | { readonly order: Order; readonly question: string }>();
  const { problem, isBusy, run } = useAction();
  const isFree = job?.state !== "running" && job?.state !== "stopping";
  const { active, due, inFlight, paidOut } = standing;
  const isBlocked = active === "0";
  const isStill = inFlight === "0";
  const isPaid = due.cards === 0;
  // The job's own result is gone once another one runs.
  const [results, setResults] = useState<Readonly<Record<string, Job["result"]>>>({});
  useEffect(() => {
    if (job?.state === "done") setResults((before) => ({ ...before, [job.kind]: job.result }));
  }, [job]);
  const { verify: verified, reconcile: compared } = results;
  const sum = format.sat(due.amount);
  const failed = job?.state === "failed" && job.kind !== "personalize" ? job.problem : undefined;
  return (
    <ol class="steps">
      <Step title={closing.forward} isDone={isForwarded}>
        <p>{closing.forwardHelp}</p>
        {!isForwarded && mayMove && (
          <button type="button" onClick={() => setIsForwarded(true)}>
            {buttons.done}
          </button>
        )}
      </Step>
      <Step title={closing.block} isDone={isBlocked}>
        <p>{isBlocked ? closing.blockedAll : closing.blockHelp(format.count(active))}</p>
        {!isBlocked && mayMove && (
          <button
            type="button"
            class="danger"
            disabled={!isFree || !isForwarded}
            onClick={() => setAsks("block")}
          >
            {buttons.blockAll}
          </button>
        )}
      </Step>
      <Step title={closing.flight} isDone={isBlocked && isStill}>
        <p>{isStill ? closing.noFlight : closing.flightHelp(format.sat(inFlight))}</p>
      </Step>
      <Step title={closing.list} isDone={false}>
        <p>{closing.listHelp(format.count(due.cards), sum)}</p>
        <button
          type="button"
          disabled={isBusy}
          onClick={() =>
            run(async () =>
              save("payouts.csv", (await api.get<{ readonly csv: string }>("/v1/closing/list")).csv),
            )
          }
        >
          {buttons.download}
        </button>
        {problem && <p class="bad">{problem.message}</p>}
      </Step>
      <Step title={closing.payOut} isDone={isBlocked && isPaid}>
        {paidOut && <p>{closing.paidOut(format.count(paidOut.cards), format.sat(paidOut.amount))}</p>}
        {!isPaid && mayMove && (
          <button
            type="button"
            class="danger"
            disabled={!isFree || !isBlocked}
            onClick={() => {
              const question = closing.payOutQuestion(sum, format.count(due.cards));
              setAsks({ order: newOrder("/v1/closing/pay-out", {}, question), question });
            }}
          >
            {buttons.payOutAll}
          </button>
        )}
      </Step>
      <Step title={closing.verify} isDone={verified?.violations === 0}>
        {verified && (
          <p class={verified.violations === 0 ? "good" : "bad"}>
            {verified.violations === 0 ? closing.verified : closing.violations(String(verified.violations))}
          </p>
        )}
        {mayMove && (
          <button
            type="button"
            disabled={!isFree}
            onClick={() => run(async () => void (await api.post("/v1/closing/verify")))}
          >
            {buttons.verify}
          </button>
        )}
      </Step>
      <Step title={closing.compare} isDone={compared?.wrong === 0}>
        {compared && (
          <p class={compared.wrong === 0 ? "good" : "bad"}>
            {compared.wrong === 0
              ? closing.agree(format.count(String(compared.agree)))
              : closing.differences(String(compared.wrong))}
          </p>
        )}
        <div class="buttons">
          {mayMove && (
            <button
              type="button"
              disabled={!isFree}
              onClick={() => run(async () => void (await api.post("/v1/closing/reconcile")))}
            >
              {buttons.reconcile}
            </button>
          )}
          <button
            type="button"
            disabled={isBusy}
            onClick={() =>
              run(async () =>
                save("report.csv", (await api.get<{ readonly csv: string }>("/v1/report/csv")).csv),
              )
            }
          >
            {buttons.report}
          </button>
        </div>
      </Step>
      {failed && <li class="bad">{[failed.detail, failed.hint].filter(Boolean).join(". ")}</li>}
      {asks === "block" && (
        <Confirm
          title={closing.block}
          question={closing.blockQuestion(format.count(active))}
          button={buttons.blockAll}
          isDanger
          onDone={() => setAsks(undefined)}
          work={async () => void (await api.post("/v1/closing/block"))}
        />
      )}
      {typeof asks === "object" && (
        <Confirm
          title={closing.payOut}
          question={asks.question}
          button={buttons.payOutAll}
          isDanger
          onDone={() => setAsks(undefined)}
          work={async () => void (await send(api, asks.order))}
        />
      )}
    </ol>
  );
}

function Step({
  title,
  isDone,
  children,
}: {
  readonly title: string;
  readonly isDone: boolean;
  readonly children: ComponentChildren;
}) {
  const { buttons } = useDesk().session.texts;
  return (
    <li class={isDone ? "step done" : "step"}>
      <h3>
        {title}
        {isDone && <span class="good"> ✓ {buttons.done}</span>}
      </h3>
      {children}
    </li>
  );
}
