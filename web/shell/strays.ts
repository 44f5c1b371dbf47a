/** A second tap of a finger so soon, in milliseconds, and so near, in pixels of CSS, belongs to the first. */
const TAP_MS = 400;
const TAP_PX = 24;

interface Press {
  readonly control: Element;
  readonly at: number;
  readonly x: number;
  readonly y: number;
}

const controlOf = (target: Element): Element =>
  target.closest("label") ?? target.closest("button, a, input, select, textarea, summary") ?? target;

/** Browsers count the clicks of a mouse; taps of a finger most of them do not. */
function isSecond({ detail, pointerType, timeStamp, clientX, clientY }: PointerEvent, first: Press): boolean {
  if (detail > 1) return true;
  if (pointerType !== "touch") return false;
  return timeStamp - first.at < TAP_MS && Math.hypot(clientX - first.x, clientY - first.y) < TAP_PX;
}

/**
 * Drops what was meant for a screen that is gone: the second click of a double click, and the repeats of a held key, would
 * press what the first one has brought to their place.
 */
export function dropStrays(): void {
  let first: Press | undefined;
  const drop = (event: Event): void => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener(
    "click",
    (event) => {
      // Keys and scripts press a button, not a place.
      if (event.detail === 0 || !(event.target instanceof Element)) return;
      const { timeStamp: at, clientX: x, clientY: y } = event;
      const control = controlOf(event.target);
      if (first && isSecond(event, first) && control !== first.control) {
        first = { control: first.control, at, x, y };
        drop(event);
      } else first = { control, at, x, y };
    },
    true,
  );
  window.addEventListener(
    "keydown",
    (event) => {
      if (!event.repeat || event.target instanceof HTMLTextAreaElement) return;
      if (event.key === "Enter" || event.key === "Escape") drop(event);
    },
    true,
  );
}
