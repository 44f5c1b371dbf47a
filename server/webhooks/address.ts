import { isIP } from "node:net";
import { ValueError } from "../../common/errors.js";
import { addressScope } from "../../lightning/address-scope.js";
import { UntrustedUriError } from "../../lightning/untrusted-uri-error.js";
import { type Resolve, resolveHost } from "../../lightning/web/resolve-host.js";

const MAX_URL = 2048;

const bare = (host: string): string => host.replace(/^\[|\]$/g, "");

/** Whether the people who set an address up have named this machine themselves. */
const isNamedLoopback = (host: string): boolean =>
  host === "localhost" || (isIP(bare(host)) !== 0 && addressScope(bare(host)) === "loopback");

/**
 * Holds that the server may ask an address: TLS, but on this machine.
 * @param example for errors
 * @throws ValueError
 */
export function checkHookUrl(text: string, example = "https://shop.example/hook"): URL {
  const problem = (what: string) => new ValueError("url", what);
  if (text.length > MAX_URL || !URL.canParse(text)) throw problem(`need an address such as ${example}`);
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw problem("need an address without user and password");
  const isHere = isNamedLoopback(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isHere))
    throw problem("need https, since the address is not on this machine");
  const literal = bare(url.hostname);
  if (!isHere && isIP(literal) !== 0 && addressScope(literal) !== "public")
    throw problem(`need a public address, have one that is ${addressScope(literal)}`);
  return url;
}

/**
 * The addresses at which a server is reached: all public, or this machine where that was named.
 * @throws ValueError when any of them is not, or there is none
 */
export async function hookAddresses({ hostname }: URL, resolve?: Resolve): Promise<readonly string[]> {
  const host = bare(hostname);
  const found = isIP(host) === 0 ? await resolved(host, resolve) : [host];
  const wanted = isNamedLoopback(hostname) ? "loopback" : "public";
  const wrong = found.find((address) => addressScope(address) !== wanted);
  if (wrong !== undefined)
    throw new ValueError(
      "url",
      `need a name of ${wanted} addresses, have one that is ${addressScope(wrong)}`,
    );
  return found;
}

const resolved = async (host: string, resolve: Resolve | undefined): Promise<readonly string[]> =>
  await resolveHost(host, { resolve }).catch((error) => {
    throw error instanceof UntrustedUriError ? new ValueError("url", error.message) : error;
  });
