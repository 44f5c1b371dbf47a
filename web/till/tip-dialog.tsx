import { useEffect, useState } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import { ApiProblem } from "../shell/api.js";
import { Dialog } from "../shell/dialog.js";
import { NBSP, showSum } from "../shell/money.js";
import type { Session } from "../shell/start.js";
import { deleteKey, entryDigits, entryText, typeKey } from "./entry.js";
import { Pad } from "./pad.js";
import type { Quote, Standing, Tip } from "./types.js";
import { useKeys } from "./use-keys.js";

/** Asks for the tip. What each comes to says the engine. */
export function TipDialog({
  session,
  tips,
  unit,
  decimals,
  request,
  onTip,
  onClose,
}: {
  readonly session: Session<TillTexts>;
  readonly tips: NonNullable<Standing["tips"]>;
  readonly unit: string;
  readonly decimals: number;
  request(tip?: Tip): object;
  onTip(tip: Tip | undefined): void;
  onClose(): void;
}) {
  const { api, texts, shell, language } = session;
  const [sums, setSums] = useState<Readonly<Record<string, string>>>({});
  const [goods, setGoods] = useState<string>();
  const [isOther, setIsOther] = useState(false);
  const [entry, setEntry] = useState({ typed: "", decimals });
  const choices: readonly { readonly name: string; readonly tip: Tip }[] = [
    ...tips.percents.map((percent) => ({ name: `${percent} %`, tip: { percent } })),
    ...tips.amounts.map((amount) => ({ name: amount, tip: { amount } })),
  ];
  useEffect(() => {
    const stop = new AbortController();
    for (const { name, tip } of choices)
      api.post<Quote>("/v1/quotes", request(tip), stop.signal).then(
        (quote) => {
          setGoods(quote.goods.fiat ?? undefined);
          setSums((now) => ({ ...now, [name]: quote.tip?.total ?? "" }));
        },
        (error: unknown) => {
          if (!(stop.signal.aborted || error instanceof ApiProblem)) throw error;
        },
      );
    return () => stop.abort();
  }, [api]);
  const typed = entryText(entry);
  const press = (key: string): void => setEntry((now) => typeKey(now, key));
  const charge = (): void => {
    if (typed !== undefined) onTip({ amount: `${typed}${unit.toLowerCase()}` });
  };
  useKeys(
    (key) => {
      if (/^\d$/.test(key)) press(key);
      else if (key === "." || key === ",") press(".");
      else if (key === "Backspace") setEntry(deleteKey);
      else if (key === "Enter") charge();
      else return false;
      return true;
    },
    { isOn: isOther, inDialog: true },
  );
  if (isOther) {
    return (
      <Dialog title={texts.tip.other} onClose={onClose}>
        <output class="entry" aria-label={texts.tip.other}>
          {unit === "sat" ? `${entryDigits(entry)} sat` : showSum(`${entryDigits(entry)} ${unit}`, language)}
        </output>
        <Pad
          session={session}
          unit={unit}
          otherUnit={undefined}
          onKey={press}
          onBack={() => setEntry(deleteKey)}
        />
        <div class="buttons">
          <button type="button" onClick={() => setIsOther(false)}>
            {shell.buttons.back}
          </button>
          <button type="button" class="primary" disabled={typed === undefined} onClick={charge}>
            {texts.buttons.charge}
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={texts.tip.title} onClose={onClose}>
      <p class="muted">{goods === undefined ? NBSP : texts.tip.of(showSum(goods, language))}</p>
      <div class="tips">
        <button type="button" class="tip wide" onClick={() => onTip(undefined)}>
          <span class="name">{texts.buttons.noTip}</span>
        </button>
        {choices.map(({ name, tip }) => {
          const sum = sums[name];
          const shown = sum === undefined ? NBSP : showSum(sum, language);
          return (
            <button key={name} type="button" class="tip" onClick={() => onTip(tip)}>
              <span class="name">{"percent" in tip ? name : shown}</span>
              <span class="price">{"percent" in tip ? shown : NBSP}</span>
            </button>
          );
        })}
        <button type="button" class="tip wide" onClick={() => setIsOther(true)}>
          <span class="name">{texts.buttons.otherTip}</span>
        </button>
      </div>
      <div class="buttons">
        <button type="button" onClick={onClose}>
          {shell.buttons.back}
        </button>
      </div>
    </Dialog>
  );
}
