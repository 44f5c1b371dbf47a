import { useState } from "preact/hooks";
import { Dialog } from "../shell/dialog.js";
import { Message } from "../shell/message.js";
import { type Card, nameOf, useDesk } from "./desk.js";
import { useAction } from "./use-data.js";

const FIELDS = [
  ["maxPerTransaction", "maxPerTransaction"],
  ["pinThreshold", "pinThreshold"],
  ["budgetWithoutPin", "noPinBudget"],
] as const;

/** New limits of a card, which it enforces itself, and the policy that the issuer enforces. */
export function Limits({ card, onDone }: { readonly card: Card; readonly onDone: () => void }) {
  const { session, settings, say } = useDesk();
  const { texts, api } = session;
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [policy, setPolicy] = useState("");
  const [resetBudget, setResetBudget] = useState(false);
  const { isBusy, problem, run } = useAction();
  const change = {
    ...Object.fromEntries(Object.entries(typed).filter(([, value]) => value.trim() !== "")),
    ...(policy === "" ? {} : { policy }),
    ...(resetBudget ? { resetBudget } : {}),
  };
  const chosen = settings.policies.find(({ name }) => name === policy);
  return (
    <Dialog title={texts.limits.title(nameOf(card))} onClose={onDone}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(async () => {
            await api.post(`/v1/cards/${card.card}/limits`, change);
            say({ kind: "notice", text: texts.limits.saved });
            onDone();
          });
        }}
      >
        <p class="muted">{texts.limits.help}</p>
        {FIELDS.map(([field, word]) => (
          <label key={field} class="field">
            <span>{texts.card[word]}</span>
            <input
              value={typed[field] ?? ""}
              maxLength={30}
              autocomplete="off"
              onInput={({ currentTarget }) => setTyped({ ...typed, [field]: currentTarget.value })}
            />
          </label>
        ))}
        <label class="field">
          <span>{texts.limits.policy}</span>
          <select value={policy} onChange={({ currentTarget }) => setPolicy(currentTarget.value)}>
            <option value="">{texts.limits.keepPolicy}</option>
            {settings.policies.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {chosen && <p class="muted">{chosen.sentences.join(" ")}</p>}
        <label class="field inline">
          <input
            type="checkbox"
            checked={resetBudget}
            onChange={({ currentTarget }) => setResetBudget(currentTarget.checked)}
          />
          <span>{texts.limits.resetBudget}</span>
        </label>
        <Message text={problem?.message} hint={problem?.hint} />
        <div class="buttons">
          <button type="submit" class="primary" disabled={isBusy || Object.keys(change).length === 0}>
            {texts.buttons.save}
          </button>
          <button type="button" onClick={onDone}>
            {texts.buttons.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
