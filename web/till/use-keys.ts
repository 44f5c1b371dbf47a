import { useLayoutEffect, useRef } from "preact/hooks";

/**
 * Takes keys of a keyboard wherever the focus is, but in fields; Enter and space stay with the button that has the focus.
 * @param isOn false while a dialog is open
 * @param onKey whether it used the key
 */
export function useKeys(isOn: boolean, onKey: (key: string) => boolean): void {
  const handler = useRef(onKey);
  handler.current = onKey;
  useLayoutEffect(() => {
    if (!isOn) return;
    const down = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      const { target, key } = event;
      if (target instanceof HTMLElement) {
        if (target.closest("input, textarea, select, dialog")) return;
        if ((key === "Enter" || key === " ") && target.closest("button, a, summary")) return;
      }
      if (handler.current(key)) event.preventDefault();
    };
    // A finger leaves no focus behind: Enter after it charges, and does not press the same product again.
    const clicked = ({ target, detail }: MouseEvent): void => {
      if (detail > 0 && target instanceof Element) target.closest("button")?.blur();
    };
    window.addEventListener("keydown", down);
    window.addEventListener("click", clicked);
    return () => {
      window.removeEventListener("keydown", down);
      window.removeEventListener("click", clicked);
    };
  }, [isOn]);
}
