import type { TillTexts } from "../../common/languages/till.js";
import { type Api, connectApi } from "../shell/api.js";
import type { Session } from "../shell/start.js";
import type { Standing } from "./types.js";

/** Whether this device may do what a shift lead does. */
export const isLead = ({ key }: Standing): boolean => key.role === "shift-lead";

/** The API as a shift lead's key opens it; the key of this device where none was typed. The key is not kept. */
export function leadApi({ api, shell }: Session<TillTexts>, typed: string): Api {
  const key = typed.trim();
  if (key === "") return api;
  return connectApi(
    () => undefined,
    () => ({ detail: shell.unreachable, hint: shell.unreachableHint }),
    () => key,
  );
}

/** Where a shift lead types their key on a device that may not do it. */
export function LeadField({
  texts,
  hint,
  value,
  onValue,
}: {
  readonly texts: TillTexts;
  readonly hint: string;
  readonly value: string;
  onValue(value: string): void;
}) {
  return (
    <label class="field">
      <span>{texts.refund.leadField}</span>
      <input
        type="password"
        value={value}
        required
        autocomplete="off"
        onInput={({ currentTarget }) => onValue(currentTarget.value)}
      />
      <span class="muted">{hint}</span>
    </label>
  );
}
