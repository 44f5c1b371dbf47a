import { useState } from "preact/hooks";
import type { CardPageTexts } from "../../common/languages/card-page.js";
import { Message } from "../shell/message.js";

/** Something to say, and what to do next. */
export interface Notice {
  readonly text: string;
  readonly hint?: string;
}

/** Asks for the code of a card. */
export function CodeForm({
  texts,
  notice,
  isBusy,
  onCode,
}: {
  readonly texts: CardPageTexts;
  readonly notice: Notice | undefined;
  readonly isBusy: boolean;
  onCode(code: string): Promise<void>;
}) {
  const [code, setCode] = useState("");
  const [problem, setProblem] = useState<string>();
  const submit = (event: Event): void => {
    event.preventDefault();
    const digits = code.replace(/[\s-]/g, "");
    const isCode = /^\d{8}$/.test(digits);
    setProblem(isCode ? undefined : texts.codeForm);
    if (isCode) void onCode(digits);
  };
  return (
    <main class="narrow">
      <h1>{texts.title}</h1>
      <form onSubmit={submit}>
        <label class="field">
          <span>{texts.code}</span>
          <input
            class="code"
            name="code"
            inputMode="numeric"
            autoComplete="off"
            spellcheck={false}
            maxLength={12}
            value={code}
            aria-describedby="code-hint"
            onInput={({ currentTarget }) => setCode(currentTarget.value)}
          />
        </label>
        <p id="code-hint" class="muted">
          {texts.codeHint}
        </p>
        <div class="buttons">
          <button type="submit" class="primary" disabled={isBusy}>
            {texts.buttons.open}
          </button>
        </div>
      </form>
      <p role="status" class="moment">
        {isBusy && texts.opening}
      </p>
      <Message text={problem ?? notice?.text} hint={problem === undefined ? notice?.hint : undefined} />
    </main>
  );
}
