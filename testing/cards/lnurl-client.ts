// A till that knows only LUD-03 and LUD-17, written from them alone: nothing of this package's own clients.

/** What a till has to know of an offer (LUD-03). */
export interface WithdrawRequest {
  readonly callback: string;
  readonly k1: string;
  readonly minWithdrawable: number;
  readonly maxWithdrawable: number;
  readonly defaultDescription: string;
  readonly pinLimit?: number;
}

/** The service said no. */
export class Refusal extends Error {}

async function getJson(url: URL): Promise<Record<string, unknown>> {
  const response = await fetch(url, { headers: { accept: "application/json" } });
  const value = (await response.json()) as Record<string, unknown>;
  if (value.status === "ERROR") throw new Refusal(String(value.reason));
  return value;
}

/** Asks what an address of a tag offers. @param address `lnurlw://`, LUD-17 @param reach where that host is reached */
export async function askOffer(address: string, reach: (url: URL) => URL): Promise<WithdrawRequest> {
  const match = /^lnurlw:\/\/(.+)$/.exec(address);
  if (!match) throw new Error(`no address of LUD-17: ${address}`);
  const value = await getJson(reach(new URL(`https://${match[1]}`)));
  if (value.tag !== "withdrawRequest") throw new Error(`another tag: ${String(value.tag)}`);
  for (const name of ["callback", "k1", "defaultDescription"])
    if (typeof value[name] !== "string") throw new Error(`${name}: no text`);
  for (const name of ["minWithdrawable", "maxWithdrawable"])
    if (!Number.isSafeInteger(value[name])) throw new Error(`${name}: no integer`);
  return value as unknown as WithdrawRequest;
}

/** Hands an invoice in. @throws Refusal */
export async function handIn(
  { callback, k1 }: WithdrawRequest,
  pr: string,
  reach: (url: URL) => URL,
  pin?: string,
): Promise<void> {
  const url = new URL(callback);
  url.searchParams.append("k1", k1);
  url.searchParams.append("pr", pr);
  if (pin !== undefined) url.searchParams.append("pin", pin);
  const value = await getJson(reach(url));
  if (value.status !== "OK") throw new Error(`neither OK nor ERROR: ${JSON.stringify(value)}`);
}
