/**
 * Where a page says what went wrong and what to do next. It has its place also when it is empty, so that nothing moves,
 * and a screen reader says what appears in it.
 */
export function Message({
  text,
  hint,
  kind = "problem",
}: {
  readonly text?: string | undefined;
  readonly hint?: string | undefined;
  readonly kind?: "problem" | "notice";
}) {
  return (
    <div class={`message ${kind}`} role={kind === "problem" ? "alert" : "status"}>
      {text !== undefined && <p>{text}</p>}
      {text !== undefined && hint !== undefined && <p class="hint">{hint}</p>}
    </div>
  );
}
