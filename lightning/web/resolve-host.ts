import { lookup } from "node:dns/promises";
import { UntrustedUriError } from "../untrusted-uri-error.js";

/** Every address of a host name, as text. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Most addresses of one host name that are checked, and that are handed out. */
const MAX_ADDRESSES = 16;

const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * The addresses of a name, to be judged one by one. A name with too many is refused rather than cut short.
 * @param timeoutMs longest wait for the name service in milliseconds, default 3,000
 * @throws UntrustedUriError `unresolved`
 */
export async function resolveHost(
  host: string,
  {
    resolve = systemResolve,
    timeoutMs = 3_000,
  }: { readonly resolve?: Resolve | undefined; readonly timeoutMs?: number | undefined } = {},
): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unresolved(host)), timeoutMs);
  });
  try {
    const found = await Promise.race([resolve(host), late]);
    if (found.length > MAX_ADDRESSES)
      throw new UntrustedUriError("unresolved", `${host} has more than ${MAX_ADDRESSES} addresses`);
    if (found.length === 0) throw unresolved(host);
    return found;
  } catch (cause) {
    throw cause instanceof UntrustedUriError ? cause : unresolved(host, cause);
  } finally {
    clearTimeout(timer);
  }
}

const unresolved = (host: string, cause?: unknown): UntrustedUriError =>
  new UntrustedUriError("unresolved", `the name ${host} could not be resolved`, {
    cause,
    hint: "Check the terminal's network connection and try again.",
  });
