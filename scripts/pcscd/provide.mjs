// A pcscd with the virtual reader, from wherever it can be had.
import { hasNativeReaders } from "../setup/dependencies.mjs";
import { isInstalled, isRunning, startPcscd, virtualReaderAppears } from "./service.mjs";

/**
 * One that runs already is used and never stopped; else ours is started.
 * @returns {Promise<{ own: boolean, stop: () => Promise<void> } | { reason: string }>}
 */
export async function providePcscd() {
  if (!hasNativeReaders()) return { reason: "nfc-pcsc is not built" };
  if (await isRunning()) {
    if (await virtualReaderAppears()) return { own: false, stop: async () => {} };
    return {
      reason: "the pcscd that runs has no virtual reader (install vsmartcard-vpcd, then restart pcscd)",
    };
  }
  if (!isInstalled()) return { reason: "pcscd or vsmartcard-vpcd is not installed" };
  if (process.getuid?.() !== 0) return { reason: "pcscd is not running, and only root can start it" };
  const own = await startPcscd();
  return own ? { own: true, stop: own.stop } : { reason: "pcscd did not come up (see .setup/log/pcscd.log)" };
}
