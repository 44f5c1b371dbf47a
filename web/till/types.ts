import type { Quoted } from "../../server/till/cart-request.js";
import type {
  ListedProduct,
  TillStanding,
  ToldDay,
  ToldRate,
  ToldSale,
  ToldTotals,
} from "../../server/till/sales-routes.js";
import type { Json } from "../shell/json.js";

/** What the API of a till answers. */
export type Standing = Json<TillStanding>;
export type Product = Json<ListedProduct>;
export type Quote = Json<Quoted>;
export type Sale = Json<ToldSale>;
export type Day = Json<ToldDay>;
export type Totals = Json<ToldTotals>;
export type Rate = Json<ToldRate>;

/** A line of the cart, as the API takes it. */
export interface CartItem {
  readonly product?: string;
  readonly amount?: string;
  readonly quantity: number;
}

/** A tip, as the API takes it. */
export type Tip = { readonly percent: number } | { readonly amount: string };

/** What the merchant has put together and not charged yet. */
export interface Cart {
  readonly items: readonly CartItem[];
  readonly note: string;
}

export const EMPTY_CART: Cart = { items: [], note: "" };
