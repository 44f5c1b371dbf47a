const PLACE = "chequecard.key";
const listeners = new Set<() => void>();

/** Without storage (a browser that forbids it) the key lasts as long as the page. */
let inMemory: string | undefined;

function storage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

/** The key of this device; undefined: it has none. */
export const deviceKey = (): string | undefined => storage()?.getItem(PLACE) ?? inMemory;

/** Keeps the key of this device, for every page of this origin; undefined forgets it. */
export function keepDeviceKey(key: string | undefined): void {
  inMemory = key;
  try {
    if (key === undefined) storage()?.removeItem(PLACE);
    else storage()?.setItem(PLACE, key);
  } catch {
    // Full, or forbidden: it stays in memory.
  }
  for (const listener of [...listeners]) listener();
}

/** Calls back when the key changes, in another tab too. @returns ends that */
export function onDeviceKey(listener: () => void): () => void {
  const ofOtherTab = ({ key }: StorageEvent): void => {
    if (key === PLACE || key === null) {
      inMemory = undefined;
      listener();
    }
  };
  listeners.add(listener);
  window.addEventListener("storage", ofOtherTab);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", ofOtherTab);
  };
}
