import { type Card, useDesk } from "./desk.js";
import { Table } from "./parts.js";

type Operation = Card["operations"][number];

/** What was booked for a card, what it paid, and what it signed that cannot be true. */
export function CardTables({
  card,
  onReverse,
}: {
  readonly card: Card;
  /** Asked to book a top-up back. */
  readonly onReverse: (operation: Operation) => void;
}) {
  const { session, format, mayMove } = useDesk();
  const { card: words } = session.texts;
  const kinds: Readonly<Record<string, string>> = words.kinds;
  const states: Readonly<Record<string, string>> = words.authorizationStates;
  const reversed = new Set(
    card.operations.flatMap(({ reverses }) => (reverses === undefined ? [] : [reverses])),
  );
  const mayReverse = ({ kind, operation }: Operation): boolean =>
    mayMove && card.state !== "retired" && kind === "fund" && !reversed.has(operation);
  return (
    <>
      {card.evidence.length > 0 && (
        <section class="bad">
          <h3>{words.evidence}</h3>
          <Table
            caption={words.evidence}
            head={[words.time, words.kind]}
            rows={card.evidence.map(({ at, contradiction }) => [format.time(at), contradiction])}
          />
        </section>
      )}
      {card.operations.length > 0 && (
        <section>
          <h3>{words.bookings}</h3>
          <Table
            caption={words.bookings}
            head={[
              words.time,
              words.kind,
              words.amount,
              words.note,
              ...(mayMove ? [session.texts.buttons.reverse] : []),
            ]}
            numbers={[2]}
            rows={[...card.operations].reverse().map((one) => [
              format.time(one.at),
              kinds[one.kind] ?? one.kind,
              format.sat(one.amount),
              one.note,
              ...(mayMove
                ? [
                    mayReverse(one) && (
                      <button key="reverse" type="button" onClick={() => onReverse(one)}>
                        {session.texts.buttons.reverse}
                      </button>
                    ),
                  ]
                : []),
            ])}
          />
        </section>
      )}
      {card.authorizations.length > 0 && (
        <section>
          <h3>{words.authorizations}</h3>
          <Table
            caption={words.authorizations}
            head={[words.time, words.amount, words.state, words.payee]}
            numbers={[1]}
            rows={card.authorizations.map(({ decidedAt, amount, state, reason, payee }) => [
              format.time(decidedAt),
              format.sat(amount),
              [states[state] ?? state, reason].filter(Boolean).join(": "),
              `${payee.slice(0, 12)}…`,
            ])}
          />
        </section>
      )}
    </>
  );
}
