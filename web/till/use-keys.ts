import { useLayoutEffect, useRef } from "preact/hooks";

/**
 * Takes keys of a keyboard wherever the focus is, but in fields; Enter and space stay with the button that has the focus.
 * While a dialog is open the keys are the dialog's.
 * @param onKey whether it used the key
 * @param isOn false: it takes none
 * @param inDialog whether it is a part of a dialog
 */
export function useKeys(
  onKey: (key: string) => boolean,
  { isOn = true, inDialog = false }: { readonly isOn?: boolean; readonly inDialog?: boolean } = {},
): void {
  const handler = useRef(onKey);
  handler.current = onKey;
  useLayoutEffect(() => {
    if (!isOn) return;
    const down = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if ((document.querySelector("dialog[open]") !== null) !== inDialog) return;
      const { target, key } = event;
      if (target instanceof HTMLElement) {
        if (target.closest("input, textarea, select")) return;
        if ((key === "Enter" || key === " ") && target.closest("button, a, summary")) return;
      }
      if (handler.current(key)) event.preventDefault();
    };
    // A finger leaves no focus behind, to which a dialog would return it: Enter after it charges, and does not press the same
    // product again.
    const clicked = ({ target, detail }: MouseEvent): void => {
      if (detail === 0 || !(target instanceof Element)) return;
      if ((target.closest("dialog") !== null) === inDialog) target.closest("button")?.blur();
    };
    window.addEventListener("keydown", down);
    window.addEventListener("click", clicked, true);
    return () => {
      window.removeEventListener("keydown", down);
      window.removeEventListener("click", clicked, true);
    };
  }, [isOn, inDialog]);
}
