/** BOLT 11 invoices: read, check, write, sign. */
export * from "../lightning/bolt11/index.js";
