import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import { ApiProblem, newRequestKey } from "../shell/api.js";
import { type Charge, isOver } from "../shell/sale-state.js";
import type { Session } from "../shell/start.js";
import { keepCart, keepPending, pendingCharge } from "./kept.js";
import { EMPTY_CART, type Product, type Standing } from "./types.js";

/** The till asks how it stands so often, in milliseconds. */
const ASK_MS = 5000;

/** What the page knows of the till, from the API alone. */
export interface Till {
  readonly standing: Standing | undefined;
  readonly products: readonly Product[];
  /** Mistakes in the file of products, and why the till cannot be asked. */
  readonly problem: ApiProblem | undefined;
  readonly isConnected: boolean;
  /** The charge that is shown: open, or over and not put away yet. */
  readonly charge: Charge | undefined;
  /** A request for a charge has been sent. */
  readonly isOpening: boolean;
  /** Opens a charge. @returns the refusal; undefined: it is open, or it is not known */
  open(body: object): Promise<ApiProblem | undefined>;
  cancel(): Promise<void>;
  /** @param pin undefined gives it up */
  givePin(pin: string | undefined): Promise<void>;
  /** Puts a charge away that is over. */
  putAway(): void;
  refresh(): void;
}

/** Follows the till: how it stands, what it sells, and the charge at its reader, whichever device opened it. */
export function useTill({ api, watch, setLanguage }: Session<TillTexts>): Till {
  const [standing, setStanding] = useState<Standing>();
  const [products, setProducts] = useState<readonly Product[]>([]);
  const [problem, setProblem] = useState<ApiProblem>();
  const [isConnected, setConnected] = useState(true);
  const [charge, setCharge] = useState<Charge>();
  const [isOpening, setOpening] = useState(false);
  const shown = useRef<Charge | undefined>(undefined);
  const version = useRef("");
  /** Number of the last charge that was put away: an answer about it that comes late does not bring it back. */
  const away = useRef(0);

  const show = useCallback((next: Charge | undefined): void => {
    shown.current = next;
    setCharge(next);
  }, []);
  /** What a charge has become; one that is over is not replaced by an older state of it. */
  const took = useCallback(
    (next: Charge): void => {
      const now = shown.current;
      if (next.number <= away.current) return;
      if (now?.number === next.number && isOver(now) && !isOver(next)) return;
      // A charge of before, which changes after its end (a refund, an accepted sale), is nothing for this screen.
      if (now?.number !== next.number && isOver(next)) return;
      show(next);
    },
    [show],
  );
  /** An answer may be older than the events that came meanwhile: only what is new for certain is taken from it. */
  const answered = useCallback(
    (next: Charge): void => {
      if (isOver(next) || shown.current?.number !== next.number) took(next);
    },
    [took],
  );
  const failed = useCallback((error: unknown): void => {
    if (!(error instanceof ApiProblem)) throw error;
    setProblem(error);
  }, []);

  const refresh = useCallback((): void => {
    const ask = async (): Promise<void> => {
      const state = await api.get<Standing>("/v1/state");
      let fault: ApiProblem | undefined;
      if (state.products !== version.current)
        try {
          const listed = await api.get<{ readonly products: readonly Product[] }>("/v1/products");
          version.current = state.products;
          setProducts(listed.products);
        } catch (error) {
          if (!(error instanceof ApiProblem)) throw error;
          fault = error;
        }
      // After the products: they would move a screen that is drawn already.
      setStanding(state);
      setLanguage(state.language);
      setProblem(fault);
      const now = shown.current;
      const number = now && !isOver(now) ? now.number : now ? undefined : state.open;
      if (number !== undefined) answered(await api.get<Charge>(`/v1/charges/${number}`));
    };
    ask().catch(failed);
  }, [answered, api, failed, setLanguage]);

  const send = useCallback(
    async (key: string, body: object): Promise<ApiProblem | undefined> => {
      keepPending({ key, body, at: Date.now() });
      setOpening(true);
      try {
        const next = await api.move<Charge>("/v1/charges", body, { key });
        // A card that lay there already may have made events of it meanwhile, which are newer.
        if (next.number > away.current && (isOver(next) || shown.current?.number !== next.number)) show(next);
        keepPending(undefined);
        // After a reload nobody else empties it.
        keepCart(EMPTY_CART);
        return undefined;
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error;
        // Whether it was carried out is not known: it stays, and is sent again at the next load.
        if (!error.isUncertain) keepPending(undefined);
        return error;
      } finally {
        setOpening(false);
      }
    },
    [api, show],
  );

  useEffect(() => {
    const pending = pendingCharge(Date.now());
    if (pending) void send(pending.key, pending.body);
    refresh();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") refresh();
    }, ASK_MS);
    const stop = watch<Charge>("/v1/events", {
      onEvent: took,
      onConnected(is) {
        setConnected(is);
        if (is) refresh();
      },
    });
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [refresh, send, took, watch]);

  const about = async (path: string, body: object = {}): Promise<void> => {
    if (!charge) return;
    try {
      answered(await api.post<Charge>(`/v1/charges/${charge.number}/${path}`, body));
    } catch (error) {
      failed(error);
    }
  };
  return {
    standing,
    products,
    problem,
    isConnected,
    charge,
    isOpening,
    open: (body) => {
      // One that was sent and not answered is sent again as it was: two sales of one wish would be charged twice.
      const pending = pendingCharge(Date.now());
      const isSame = pending && JSON.stringify(pending.body) === JSON.stringify(body);
      return send(isSame ? pending.key : newRequestKey(), body);
    },
    cancel: () => about("cancel"),
    givePin: (pin) => about("pin", pin === undefined ? {} : { pin }),
    putAway() {
      away.current = shown.current?.number ?? 0;
      show(undefined);
      refresh();
    },
    refresh,
  };
}
