import { useState } from "preact/hooks";
import type { ShellTexts } from "../../common/languages/shell.js";

const THEMES = ["auto", "light", "dark", "sunlight"] as const;
export type Theme = (typeof THEMES)[number];

const PLACE = "chequecard.theme";
const isTheme = (text: string | null): text is Theme => THEMES.some((theme) => theme === text);

function kept(): Theme {
  try {
    const text = localStorage.getItem(PLACE);
    return isTheme(text) ? text : "auto";
  } catch {
    return "auto";
  }
}

/** Shows the theme that was chosen on this device. Called before anything is drawn. */
export const applyTheme = (theme: Theme = kept()): void => {
  document.documentElement.dataset.theme = theme;
};

/** Choice of the theme: light, a dark room, sunlight, or as the device. */
export function ThemeChoice({ texts }: { readonly texts: ShellTexts }) {
  const [theme, setTheme] = useState(kept);
  const choose = (chosen: string): void => {
    if (!isTheme(chosen)) return;
    try {
      localStorage.setItem(PLACE, chosen);
    } catch {
      // It holds until the page is closed.
    }
    applyTheme(chosen);
    setTheme(chosen);
  };
  return (
    <label class="field inline">
      <span>{texts.theme}</span>
      <select value={theme} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {texts.themes[name]}
          </option>
        ))}
      </select>
    </label>
  );
}
