import { existsSync } from "node:fs";
import { z } from "zod";
import { writeDurableFile } from "../../common/durable-file.js";
import { ParseError, parsePrice, readTextFile } from "../../common/index.js";

/** What one bitcoin costs, and since when that is known. */
export interface KnownRate {
  /** `61500eur` */
  readonly price: string;
  /** Unix seconds. */
  readonly at: number;
  /** `option`: given at the start; `hand`: set by a shift lead; else the name of the source. */
  readonly from: string;
}

/** When a rate is used. */
export interface RateRules {
  /** A source's rate that differs by more from the last one has to be confirmed, in percent. */
  readonly bandPercent: number;
  /** Older ones are not used, in seconds; one that was given at the start never is too old. */
  readonly maxAgeSeconds: number;
}

/** A rate and how it stands. */
export interface RateStanding extends KnownRate {
  readonly isTooOld: boolean;
}

const MAX_BYTES = 4096;
const fileSchema = z.strictObject({ price: z.string().max(40), at: z.int(), from: z.string().max(64) });

/** A rate that was kept by an earlier run. @throws ParseError; FileError */
function readKept(path: string): KnownRate | undefined {
  if (!existsSync(path)) return undefined;
  const text = readTextFile(path, MAX_BYTES);
  try {
    const read = fileSchema.parse(JSON.parse(text));
    parsePrice(read.price, "price");
    return read;
  } catch (cause) {
    throw new ParseError(path, "need a rate as the till keeps it", {
      cause,
      hint: "Delete the file; the till then takes the next rate.",
    });
  }
}

/** The rate of a till: set by hand or by a source, held to what is plausible, and kept over a restart. */
export class RateBook {
  readonly #path: string;
  readonly #rules: RateRules;
  readonly #currency: string | undefined;
  readonly #now: () => number;
  #last: KnownRate | undefined;
  #held: KnownRate | undefined;

  /**
   * @param path file in which the last rate is kept
   * @param given at the start, `61500eur`
   * @param currency ISO 4217, of every rate; undefined: that of the first one
   * @param now Unix milliseconds
   * @throws ParseError; FileError
   */
  constructor(
    path: string,
    rules: RateRules,
    {
      given,
      currency,
      now = Date.now,
    }: {
      readonly given?: string | undefined;
      readonly currency?: string | undefined;
      readonly now?: () => number;
    },
  ) {
    this.#path = path;
    this.#rules = rules;
    this.#currency = currency?.toUpperCase();
    this.#now = now;
    if (given === undefined) {
      const kept = readKept(path);
      const isOurs = kept && (!this.#currency || parsePrice(kept.price, "price").currency === this.#currency);
      this.#last = isOurs ? kept : undefined;
    } else this.#last = { price: this.#read(given), at: this.#seconds(), from: "option" };
  }

  /** The last rate; undefined before there is one. */
  get last(): RateStanding | undefined {
    return this.#last && { ...this.#last, isTooOld: this.#isTooOld(this.#last) };
  }

  /** What a source said that is not plausible, until a shift lead takes it or the source says something else. */
  get held(): KnownRate | undefined {
    return this.#held;
  }

  /**
   * A rate that a source says now: used where it is plausible, otherwise held for a shift lead.
   * @throws ParseError for what is no price in the till's currency; FileError where it cannot be kept: it is used
   */
  offer(price: string, from: string): "used" | "held" {
    const rate: KnownRate = { price: this.#read(price), at: this.#seconds(), from };
    if (this.#isFar(rate.price)) {
      this.#held = rate;
      return "held";
    }
    this.#use(rate);
    return "used";
  }

  /** Whether a price differs from the last one by more than is plausible. @throws ParseError */
  isFar(price: string): boolean {
    return this.#isFar(this.#read(price));
  }

  /** A shift lead sets the rate, or takes the one that is held. @throws ParseError; FileError: it is used, and not kept */
  set(price: string): RateStanding {
    const read = this.#read(price);
    const held = this.#held?.price === read ? this.#held : undefined;
    const rate = held ?? { price: read, at: this.#seconds(), from: "hand" };
    this.#use(rate);
    return { ...rate, isTooOld: this.#isTooOld(rate) };
  }

  #use(rate: KnownRate): void {
    this.#last = rate;
    this.#held = undefined;
    writeDurableFile(this.#path, `${JSON.stringify(rate)}\n`);
  }

  #isFar(price: string): boolean {
    if (!this.#last) return false;
    const before = parsePrice(this.#last.price, "price").perBitcoin;
    const now = parsePrice(price, "price").perBitcoin;
    const difference = now > before ? now - before : before - now;
    return difference * 100n > before * BigInt(this.#rules.bandPercent);
  }

  #isTooOld({ at, from }: KnownRate): boolean {
    return from !== "option" && this.#seconds() - at > this.#rules.maxAgeSeconds;
  }

  /** In the one currency of the till. */
  #read(text: string): string {
    const own = this.#currency ?? (this.#last && parsePrice(this.#last.price, "rate").currency);
    const isBare = own !== undefined && /^\d+(\.\d+)?$/.test(text);
    const { currency } = parsePrice(isBare ? text + own : text, "rate");
    if (own !== undefined && currency !== own)
      throw new ParseError(
        "rate",
        `need a price in ${own}, the currency of the till, have "${text.slice(0, 40)}"`,
      );
    return `${text.replace(/ ?[a-z]+$/i, "")}${currency.toLowerCase()}`;
  }

  #seconds(): number {
    return Math.floor(this.#now() / 1000);
  }
}
