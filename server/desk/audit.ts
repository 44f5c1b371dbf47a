import type { AuditLog } from "../../cli/desk/audit-log.js";
import type { Audit } from "../app.js";

/** Fields of an answer that the log keeps: what came of it, and nothing that opens anything. */
const TOLD = ["amount", "left", "repeated", "replacedBy", "state", "id", "name", "role", "total"] as const;
/** Longer texts, such as lists of cards, are not kept. */
const MAX_TEXT = 200;

const pick = (answer: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(TOLD.flatMap((name) => (answer[name] === undefined ? [] : [[name, answer[name]]])));

const brief = (fields: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "string" && value.length > MAX_TEXT ? `(${value.length} characters)` : value,
    ]),
  );

/** Codes for pairing open something. */
const SECRET_BODIES: readonly string[] = ["pairDevice"];

/** Every change that clients of an API ask for has a line in the audit log. */
export const auditedBy =
  (log: AuditLog): Audit =>
  ({ caller, action, params, body, key }, run) => {
    const { card, ...rest } = params;
    return log.around(
      { who: caller?.name ?? "(pairing)", key: caller?.id ?? "" },
      {
        action,
        card: typeof card === "string" ? card : undefined,
        asked: SECRET_BODIES.includes(action) ? {} : { ...rest, ...brief(body) },
        reference: key === "" ? undefined : key,
      },
      run,
      (answer) => {
        const fields = (answer ?? {}) as Readonly<Record<string, unknown>>;
        return {
          ...(typeof fields.card === "string" ? { card: fields.card } : {}),
          told: pick(fields),
        };
      },
    );
  };
