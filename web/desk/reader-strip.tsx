import { nameOf, useDesk } from "./desk.js";

/** What lies on the reader, always in sight. */
export function ReaderStrip() {
  const { session, lying, mayMove } = useDesk();
  const { reader } = session.texts;
  const state = lying?.state ?? "no-reader";
  const { card, simulated } = lying ?? {};
  const isHere = state === "card" && card !== undefined;
  return (
    <section class="reader" aria-label={reader.title}>
      <div role="status" class="lying">
        <p class="what">
          <span class={`sign ${state}`} aria-hidden="true" />
          {isHere ? (
            <a href={`#card/${card.card}`}>{reader.card(nameOf(card))}</a>
          ) : (
            reader[state as Exclude<typeof state, "card">]
          )}
        </p>
        <p class="muted detail">
          {isHere
            ? lying?.update === "waiting"
              ? [reader.waiting, lying.problem?.detail].filter(Boolean).join(" ")
              : lying?.update === "given"
                ? reader.given
                : lying?.reader
            : (lying?.problem?.detail ?? lying?.reader ?? "")}
        </p>
      </div>
      {simulated && mayMove && (
        <label class="field inline">
          <span>{reader.simulated}</span>
          <select
            value={simulated.lying ?? ""}
            onChange={({ currentTarget: { value } }) =>
              void session.api
                .post("/v1/reader/lay", value === "" ? {} : { file: value })
                .catch(() => undefined)
            }
          >
            <option value="">{reader.nothing}</option>
            {simulated.cards.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
    </section>
  );
}
