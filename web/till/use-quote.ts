import { useEffect, useState } from "preact/hooks";
import { type Api, ApiProblem } from "../shell/api.js";
import type { Quote } from "./types.js";

/** A quote, or why there is none. */
interface Quoted {
  readonly quote?: Quote;
  readonly problem?: ApiProblem;
}

/**
 * What a cart comes to, by the engine: asked at every change; the last answer stays until the next.
 * @param body the request as JSON; undefined: the cart is empty
 * @param version of the rate and of the products: another one is another quote
 */
export function useQuote(api: Api, body: string | undefined, version: string): Quoted {
  const [found, setFound] = useState<Quoted>({});
  useEffect(() => {
    if (body === undefined) {
      setFound({});
      return;
    }
    const stop = new AbortController();
    api.post<Quote>("/v1/quotes", JSON.parse(body), stop.signal).then(
      (quote) => {
        if (!stop.signal.aborted) setFound({ quote });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof ApiProblem)) throw error;
        setFound({ problem: error });
      },
    );
    return () => stop.abort();
  }, [api, body, version]);
  return found;
}
