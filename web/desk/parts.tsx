import type { ComponentChildren } from "preact";
import { visible } from "../../common/visible.js";
import type { ApiProblem } from "../shell/api.js";
import { Message } from "../shell/message.js";
import { useDesk } from "./desk.js";
import type { Loaded } from "./use-data.js";

/** A part of the page whose data comes from the API. */
export function WithData<Data>({
  loaded: { data, problem },
  children,
}: {
  readonly loaded: Loaded<Data>;
  readonly children: (data: Data) => ComponentChildren;
}) {
  const { texts } = useDesk().session;
  return (
    <>
      {problem && <Problem problem={problem} />}
      {data === undefined ? !problem && <p class="muted loading">{texts.loading}</p> : children(data)}
    </>
  );
}

/** Why something did not go, and what to do. */
const Problem = ({ problem }: { readonly problem: Pick<ApiProblem, "message" | "hint"> | undefined }) => (
  <Message text={problem?.message} hint={problem?.hint} />
);

/** Names and values, one below the other. */
export function Facts({
  rows,
}: {
  readonly rows: readonly (readonly [string, ComponentChildren | undefined])[];
}) {
  return (
    <dl class="facts">
      {rows
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{shown(value)}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Of others, with what turns a line around or is not seen as `\u202e`. Markup is a text like any other here. */
const shown = (value: ComponentChildren): ComponentChildren =>
  typeof value === "string" ? visible(value) : value;

/** A table that scrolls by itself where the screen is narrow. */
export function Table({
  caption,
  head,
  rows,
  numbers = [],
}: {
  readonly caption: string;
  readonly head: readonly string[];
  /** The first cell heads its row. */
  readonly rows: readonly (readonly ComponentChildren[])[];
  /** Columns that are aligned as numbers. */
  readonly numbers?: readonly number[];
}) {
  const side = (column: number) => (numbers.includes(column) ? "number" : undefined);
  return (
    // Keyboards scroll it, too.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls needs the focus (WCAG 2.1.1)
    <section class="scroll" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {head.map((name, column) => (
              <th key={name} scope="col" class={side(column)}>
                {shown(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, column) =>
                column === 0 ? (
                  <th key={head[column]} scope="row" class={side(column)}>
                    {shown(cell)}
                  </th>
                ) : (
                  <td key={head[column]} class={side(column)}>
                    {shown(cell)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** How far something is, said in words beside it. */
export const Progress = ({
  done,
  total,
  text,
}: {
  readonly done: number;
  readonly total: number;
  readonly text: string;
}) => (
  <div class="progress">
    <progress max={Math.max(total, 1)} value={done} aria-label={text} />
    <span>{text}</span>
  </div>
);
