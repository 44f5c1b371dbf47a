import { useState } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import { ApiProblem } from "../shell/api.js";
import { Dialog } from "../shell/dialog.js";
import { Message } from "../shell/message.js";
import { showRate } from "../shell/money.js";
import type { Session } from "../shell/start.js";
import { isLead, LeadField, leadApi } from "./lead.js";
import { told } from "./refusal.js";
import type { Rate, Standing } from "./types.js";

/** Since when a rate is known, and from where. */
function origin({ texts, language }: Session<TillTexts>, { at, from }: NonNullable<Rate["last"]>): string {
  const time = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short" }).format(
    at * 1000,
  );
  const name = from === "hand" ? texts.rate.byHand : from === "option" ? texts.rate.byOption : from;
  return texts.rate.since(time, name);
}

/** The rate in one line, below every screen; pressed it can be set. */
export function RateLine({
  session,
  rate: { last, held },
  onOpen,
}: {
  readonly session: Session<TillTexts>;
  readonly rate: Rate;
  onOpen(): void;
}) {
  const { texts, language } = session;
  const isBad = !last || last.isTooOld || held !== undefined;
  return (
    <button type="button" class={isBad ? "rate bad" : "rate"} onClick={onOpen}>
      {isBad && "⚠ "}
      {last
        ? `${texts.rate.one(showRate(last.price, language))} · ${origin(session, last)}`
        : texts.rate.none}
    </button>
  );
}

/** How the rate stands, and a shift lead's place to set it. */
export function RateDialog({
  session,
  standing,
  onClose,
}: {
  readonly session: Session<TillTexts>;
  readonly standing: Standing;
  onClose(): void;
}) {
  const { texts, shell, language } = session;
  const { rate, currency = "" } = standing;
  const [price, setPrice] = useState("");
  const [lead, setLead] = useState("");
  const [problem, setProblem] = useState<ApiProblem>();
  const [question, setQuestion] = useState<{ readonly text: string; readonly rate: string }>();
  async function set(text: string, confirmed: boolean): Promise<void> {
    setProblem(undefined);
    setQuestion(undefined);
    try {
      await leadApi(session, lead).post("/v1/rate", { rate: text, ...(confirmed ? { confirmed } : {}) });
      onClose();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.code === "confirm") setQuestion({ text: error.message, rate: text });
      else setProblem(error);
    }
  }
  const { last, held, source, problem: fault } = rate;
  return (
    <Dialog title={texts.rate.title} onClose={onClose}>
      {last ? (
        <>
          <p class="big">{texts.rate.one(showRate(last.price, language))}</p>
          <p class="muted">{origin(session, last)}</p>
        </>
      ) : (
        <p>{texts.rate.none}</p>
      )}
      {last?.isTooOld && <p class="bad">⚠ {texts.rate.tooOld}</p>}
      {source !== undefined && fault !== undefined && (
        <p class="bad">⚠ {texts.rate.problem(source, fault)}</p>
      )}
      {!isLead(standing) && (
        <LeadField texts={texts} hint={texts.rate.needs} value={lead} onValue={setLead} />
      )}
      {held && (
        <>
          <p class="bad">⚠ {texts.rate.held(showRate(held.price, language), held.from)}</p>
          <button type="button" onClick={() => void set(held.price, true)}>
            {texts.buttons.useRate}
          </button>
        </>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void set(price.trim().replace(",", "."), false);
        }}
      >
        <label class="field">
          <span>{texts.rate.field(currency)}</span>
          <input
            inputMode="decimal"
            value={price}
            required
            autocomplete="off"
            onInput={({ currentTarget }) => setPrice(currentTarget.value)}
          />
        </label>
        <Message
          {...(question ? { text: question.text } : told(texts, problem, { notRead: texts.rate.notPrice }))}
        />
        <div class="buttons">
          <button type="button" onClick={onClose}>
            {shell.buttons.back}
          </button>
          {question ? (
            <button key="confirm" type="button" class="primary" onClick={() => void set(question.rate, true)}>
              {texts.buttons.confirm}
            </button>
          ) : (
            <button key="set" type="submit" class="primary">
              {texts.buttons.setRate}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
