import { useRef, useState } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import { ApiProblem, newRequestKey } from "../shell/api.js";
import { Dialog } from "../shell/dialog.js";
import { Message } from "../shell/message.js";
import { showSat } from "../shell/money.js";
import type { Session } from "../shell/start.js";
import { isLead, LeadField, leadApi } from "./lead.js";
import { told } from "./refusal.js";
import type { Sale, Standing } from "./types.js";

interface Refunded {
  readonly refund: { readonly amount: string; readonly state: "pending" | "paid" };
}

/** Pays money of a sale back: to the card that paid, whole or a part, or to an invoice of the customer. */
export function RefundDialog({
  session,
  standing,
  sale,
  onClose,
}: {
  readonly session: Session<TillTexts>;
  readonly standing: Standing;
  readonly sale: Sale;
  onClose(): void;
}) {
  const { texts, shell, language } = session;
  const [to, setTo] = useState<"card" | "invoice">("card");
  const [isPart, setIsPart] = useState(false);
  const [sat, setSat] = useState("");
  const [invoice, setInvoice] = useState("");
  const [lead, setLead] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | string>();
  const [done, setDone] = useState<Refunded["refund"]>();
  const sent = useRef<{ readonly body: string; readonly key: string } | undefined>(undefined);

  async function refund(): Promise<void> {
    const whole = sat.trim();
    if (to === "card" && isPart && !/^[1-9]\d{0,15}$/.test(whole)) return setProblem(texts.refund.notWhole);
    const body =
      to === "invoice"
        ? { invoice: invoice.trim().replace(/^lightning:/i, "") }
        : isPart
          ? { amount: `${whole}000` }
          : {};
    // The same refund again goes on with the one whose answer was lost.
    const text = JSON.stringify(body);
    const key = sent.current?.body === text ? sent.current.key : newRequestKey();
    sent.current = { body: text, key };
    setIsBusy(true);
    setProblem(undefined);
    try {
      const path = `/v1/charges/${sale.number}/refund`;
      setDone((await leadApi(session, lead).move<Refunded>(path, body, { key })).refund);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (!error.isUncertain) sent.current = undefined;
      setProblem(error);
    } finally {
      setIsBusy(false);
    }
  }
  const title = texts.refund.title(String(sale.number));
  if (done) {
    const sum = showSat(done.amount, language);
    return (
      <Dialog title={title} onClose={onClose}>
        <p class={done.state === "paid" ? "big good" : "big"}>
          {done.state === "paid" ? `✓ ${texts.refund.done(sum)}` : texts.refund.pending(sum)}
        </p>
        <div class="buttons">
          <button type="button" class="primary" onClick={onClose}>
            {shell.buttons.close}
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void refund();
        }}
      >
        <fieldset>
          <legend>{texts.refund.to}</legend>
          <Choice
            name="to"
            checked={to === "card"}
            onChoose={() => setTo("card")}
            text={texts.refund.toCard}
          />
          <Choice
            name="to"
            checked={to === "invoice"}
            onChoose={() => setTo("invoice")}
            text={texts.refund.toInvoice}
          />
        </fieldset>
        {to === "card" ? (
          <fieldset>
            <legend>{texts.refund.howMuch}</legend>
            <Choice
              name="part"
              checked={!isPart}
              onChoose={() => setIsPart(false)}
              text={texts.refund.whole(showSat(sale.received ?? sale.amount, language))}
            />
            <Choice name="part" checked={isPart} onChoose={() => setIsPart(true)} text={texts.refund.part} />
            {isPart && (
              <label class="field">
                <span>{texts.refund.partField}</span>
                <input
                  inputMode="numeric"
                  value={sat}
                  autocomplete="off"
                  onInput={({ currentTarget }) => setSat(currentTarget.value)}
                />
              </label>
            )}
          </fieldset>
        ) : (
          <label class="field">
            <span>{texts.refund.invoiceField}</span>
            <textarea
              rows={3}
              value={invoice}
              required
              spellcheck={false}
              autocomplete="off"
              onInput={({ currentTarget }) => setInvoice(currentTarget.value)}
            />
          </label>
        )}
        {!isLead(standing) && (
          <LeadField texts={texts} hint={texts.refund.leadHint} value={lead} onValue={setLead} />
        )}
        <Message
          {...(typeof problem === "string"
            ? { text: problem }
            : told(texts, problem, { notRead: texts.refund.notInvoice, again: texts.refund.again }))}
        />
        <div class="buttons">
          <button type="button" onClick={onClose}>
            {shell.buttons.back}
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {texts.buttons.refundNow}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Choice({
  name,
  checked,
  text,
  onChoose,
}: {
  readonly name: string;
  readonly checked: boolean;
  readonly text: string;
  onChoose(): void;
}) {
  return (
    <label class="choice">
      <input type="radio" name={name} checked={checked} onChange={onChoose} />
      <span>{text}</span>
    </label>
  );
}
