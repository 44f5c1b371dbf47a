import { HttpProblem } from "./problem.js";

/** Names under which a server may be asked for. */
export interface HostRule {
  /** `http` or `https`. */
  readonly scheme: "http" | "https";
  /** Lower case, without port; IPv6 in brackets. */
  readonly hosts: ReadonlySet<string>;
}

/** What a request says of where it goes and where it comes from. */
interface Headers {
  get(name: string): string | null;
}

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+?)(?::(\d{1,5}))?$/i;

/** Whether a `Host` header has its form: a name or an address, and a port. */
export const isHostHeader = (text: string): boolean => {
  const [, , port = "0"] = HOST.exec(text) ?? [];
  return HOST.test(text) && Number.parseInt(port, 10) <= 65535 && URL.canParse(`http://${text}/`);
};

/**
 * Whether somebody follows a link to a page of ours, in a window of its own. The page is the same for everybody: the
 * navigation brings no key, the site that linked to it reads nothing of it, and no frame shows it.
 */
const isVisit = (headers: Headers): boolean =>
  headers.get("origin") === null &&
  headers.get("sec-fetch-mode") === "navigate" &&
  headers.get("sec-fetch-dest") === "document";

/**
 * Holds that a request was meant for this server: a name that a stranger's DNS points at this machine is not ours, and
 * no page of another origin gets an answer, but links to our pages may be followed from anywhere.
 * @param isPage whether a page is asked for by GET
 * @throws HttpProblem `other-host`, `other-origin`
 */
export function expectOwn(headers: Headers, { scheme, hosts }: HostRule, isPage: boolean): void {
  const host = headers.get("host") ?? "";
  const name = HOST.exec(host)?.[1]?.toLowerCase();
  if (name === undefined || !hosts.has(name))
    throw new HttpProblem(421, "other-host", "Host: this server does not answer under that name", {
      hint: "Use its address, or name it when the server is started: --http-name <name>.",
    });
  if (isPage && isVisit(headers)) return;
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  const isForeign = origin !== null && origin.toLowerCase() !== `${scheme}://${host.toLowerCase()}`;
  if (isForeign || (site !== null && site !== "same-origin" && site !== "none"))
    throw new HttpProblem(403, "other-origin", "Origin: pages of other sites get no answers here");
}
