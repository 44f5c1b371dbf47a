import { useState } from "preact/hooks";
import { type CardEntry, nameOf, useDesk } from "./desk.js";
import { Table, WithData } from "./parts.js";
import { useData } from "./use-data.js";

interface Found {
  readonly cards: readonly CardEntry[];
  readonly total: number;
  readonly page: number;
  readonly pages: number;
}

const STATES = ["active", "blocked", "pending", "retired"] as const;

/** Cards by what is printed on them, a page at a time. */
export function Search() {
  const { session, format } = useDesk();
  const { texts } = session;
  const { search, states, buttons } = texts;
  const [typed, setTyped] = useState("");
  const [asked, setAsked] = useState({ text: "", state: "", page: 0 });
  const query = new URLSearchParams({
    page: String(asked.page),
    ...(asked.text === "" ? {} : { text: asked.text }),
    ...(asked.state === "" ? {} : { state: asked.state }),
  });
  const loaded = useData<Found>(`/v1/search?${query}`);
  const turn = (by: number) => setAsked({ ...asked, page: asked.page + by });
  return (
    <>
      <h2>{search.title}</h2>
      <form
        class="line"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked({ ...asked, text: typed.trim(), page: 0 });
        }}
      >
        <label class="field">
          <span>{search.field}</span>
          <input
            type="search"
            value={typed}
            maxLength={64}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>{search.state}</span>
          <select
            value={asked.state}
            onChange={({ currentTarget }) => setAsked({ ...asked, state: currentTarget.value, page: 0 })}
          >
            <option value="">{search.anyState}</option>
            {STATES.map((state) => (
              <option key={state} value={state}>
                {states[state]}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary">
          {buttons.search}
        </button>
      </form>
      <WithData loaded={loaded}>
        {({ cards, total, page, pages }) => (
          <>
            <p role="status">
              {total === 0
                ? search.nothing
                : search.found(format.count(total), format.count(page + 1), format.count(Math.max(pages, 1)))}
            </p>
            {cards.length > 0 && (
              <Table
                caption={search.title}
                head={[search.label, search.state, search.left, search.spent]}
                numbers={[2, 3]}
                rows={cards.map((card) => [
                  <a key="card" href={`#card/${card.card}`}>
                    {nameOf(card)}
                  </a>,
                  states[card.state],
                  format.sat(card.left),
                  format.sat(card.spent),
                ])}
              />
            )}
            <div class="buttons">
              <button type="button" disabled={page === 0} onClick={() => turn(-1)}>
                {buttons.previousPage}
              </button>
              <button type="button" disabled={page + 1 >= pages} onClick={() => turn(1)}>
                {buttons.nextPage}
              </button>
            </div>
          </>
        )}
      </WithData>
    </>
  );
}
