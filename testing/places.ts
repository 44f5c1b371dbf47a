import type { Page } from "playwright-core";

/** Where parts of a page lay, however short they lay there. */
interface WatchedPlaces {
  /** What lay elsewhere since the last call, from where to where; parts that came or went do not count. */
  moved(): Promise<readonly string[]>;
  /** Whether something was there at any moment since the page is watched. */
  wasThere(selector: string): Promise<boolean>;
}

/**
 * Notes after every change of a page where its parts lie: a state that lasts a millisecond is seen like one that lasts
 * a minute, so that the load of the machine decides nothing.
 * @param parts selectors of what must not move
 * @param wanted selectors of what comes and goes
 */
export async function watchPlaces(
  page: Page,
  parts: readonly string[],
  wanted: readonly string[] = [],
): Promise<WatchedPlaces> {
  await page.evaluate(`{
    const places = new Map();
    globalThis.moved = [];
    globalThis.there = new Set();
    const look = () => {
      for (const selector of ${JSON.stringify(wanted)})
        if (document.querySelector(selector)) there.add(selector);
      for (const selector of ${JSON.stringify(parts)})
        document.querySelectorAll(selector).forEach((part, number) => {
          const { x, y, width } = part.getBoundingClientRect();
          if (width === 0 || part.closest("dialog")) return;
          const name = selector + " " + number;
          const at = Math.round(x + scrollX) + "," + Math.round(y + scrollY);
          const before = places.get(name);
          if (before !== undefined && before !== at)
            moved.push(name + ": " + before + " to " + at + " (" + part.textContent.slice(0, 40) + ")");
          places.set(name, at);
        });
    };
    look();
    globalThis.watchedPlaces?.disconnect();
    globalThis.watchedPlaces = new MutationObserver(look);
    watchedPlaces.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  }`);
  return {
    moved: () => page.evaluate<string[]>("moved.splice(0)"),
    wasThere: (selector) => page.evaluate<boolean>(`there.has(${JSON.stringify(selector)})`),
  };
}
