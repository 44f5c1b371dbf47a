import type { TillTexts } from "../../common/languages/till.js";
import type { Session } from "../shell/start.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "00", "0"] as const;

/** Keys for an amount, for fingers. */
export function Pad({
  session: { texts },
  unit,
  otherUnit,
  onKey,
  onBack,
  onAdd,
  canAdd,
  onUnit,
}: {
  readonly session: Session<TillTexts>;
  readonly unit: string;
  /** That amounts can be typed in instead. */
  readonly otherUnit: string | undefined;
  onKey(key: string): void;
  onBack(): void;
  readonly onAdd?: (() => void) | undefined;
  readonly canAdd?: boolean;
  readonly onUnit?: () => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is laid out in its own way by browsers
    <div class="pad" role="group" aria-label={texts.keys.pad}>
      {KEYS.map((key) => (
        <button key={key} type="button" class="key" onClick={() => onKey(key)}>
          {key}
        </button>
      ))}
      <button type="button" class="key" aria-label={texts.keys.back} onClick={onBack}>
        ⌫
      </button>
      {onAdd && (
        <>
          <button
            type="button"
            class="key small"
            disabled={otherUnit === undefined}
            title={otherUnit === undefined ? unit : texts.keys.unit(otherUnit)}
            onClick={onUnit}
          >
            {otherUnit === undefined ? unit : `${unit} ⇄ ${otherUnit}`}
          </button>
          <button type="button" class="key small wide" disabled={!canAdd} onClick={onAdd}>
            + {texts.buttons.add}
          </button>
        </>
      )}
    </div>
  );
}
