import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import { NBSP } from "../shell/money.js";
import type { Session } from "../shell/start.js";
import { useKeys } from "./use-keys.js";

const MIN_DIGITS = 4;
const MAX_DIGITS = 12;

/** The ten digits in an order that nobody knows before, so that fingers tell nothing. */
function shuffled(): readonly string[] {
  const digits = "0123456789".split("");
  for (let left = digits.length; left > 1; left--) {
    // Without the last numbers that would favour some places.
    const bound = 256 - (256 % left);
    let random = 256;
    while (random >= bound) random = crypto.getRandomValues(new Uint8Array(1))[0] ?? 256;
    const at = random % left;
    const [last = "", other = ""] = [digits[left - 1], digits[at]];
    digits[left - 1] = other;
    digits[at] = last;
  }
  return digits;
}

/**
 * Takes the PIN of the card. The digits are in this object alone, never in the document or in a storage, and are forgotten
 * when they are sent; shown is how many there are.
 */
export function PinPad({
  session: { texts },
  triesLeft,
  onPin,
}: {
  readonly session: Session<TillTexts>;
  readonly triesLeft: number | undefined;
  /** @param pin undefined: it is given up */
  onPin(pin: string | undefined): void;
}) {
  const [keys] = useState(shuffled);
  const pin = useRef("");
  const pad = useRef<HTMLDivElement>(null);
  const [count, setCount] = useState(0);
  const set = (next: string): void => {
    pin.current = next;
    setCount(next.length);
  };
  useLayoutEffect(() => {
    // On a phone it may lie below what is seen; moved later, it would move under the finger.
    pad.current?.scrollIntoView({ block: "nearest" });
    return () => {
      pin.current = "";
    };
  }, []);
  const type = (digit: string): void => {
    if (pin.current.length < MAX_DIGITS) set(pin.current + digit);
  };
  const back = (): void => set(pin.current.slice(0, -1));
  const done = (): void => {
    if (pin.current.length < MIN_DIGITS) return;
    const given = pin.current;
    set("");
    onPin(given);
  };
  useKeys((key) => {
    if (/^\d$/.test(key)) type(key);
    else if (key === "Backspace") back();
    else if (key === "Enter") done();
    else if (key === "Escape") onPin(undefined);
    else return false;
    return true;
  });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is laid out in its own way by browsers
    <div ref={pad} class="pin" role="group" aria-label={texts.pin.title}>
      <p class="tries">{triesLeft === undefined ? NBSP : texts.pin.tries(String(triesLeft))}</p>
      <output class="dots" aria-label={texts.pin.typed(String(count))}>
        {"●".repeat(count) || NBSP}
      </output>
      <div class="pad">
        {keys.slice(0, 9).map((digit) => (
          <button key={digit} type="button" class="key" onClick={() => type(digit)}>
            {digit}
          </button>
        ))}
        <button type="button" class="key" aria-label={texts.keys.back} onClick={back}>
          ⌫
        </button>
        {keys.slice(9).map((digit) => (
          <button key={digit} type="button" class="key" onClick={() => type(digit)}>
            {digit}
          </button>
        ))}
        <button type="button" class="key primary" disabled={count < MIN_DIGITS} onClick={done}>
          {texts.buttons.pinDone}
        </button>
      </div>
      <button type="button" class="give-up" onClick={() => onPin(undefined)}>
        {texts.buttons.pinGiveUp}
      </button>
    </div>
  );
}
