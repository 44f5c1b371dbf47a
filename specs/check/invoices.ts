import { type FileCheck, plain, type Reference, refused, same, unhex, type Words } from "./check.js";

interface InvoiceVector {
  readonly comment: string;
  readonly valid: boolean;
  readonly canonical?: boolean;
  readonly profile: string;
  readonly invoice: string;
  readonly fields: Words;
  readonly error: string;
  readonly now?: number;
  readonly minRemainingSeconds?: number;
}
interface CanonicalVector {
  readonly comment: string;
  readonly valid: boolean;
  readonly text: string;
  readonly canonical: string;
  readonly hash: string;
  readonly problem: string;
}

/** What of an invoice a vector names. */
function named({ invoice: invoices }: Reference, text: string, fields: Words): unknown {
  const invoice = invoices.readInvoice(text);
  const all = plain({ ...invoice, unknownFields: invoices.unknownFields(invoice) }) as Words;
  return Object.fromEntries(Object.keys(fields).map((name) => [name, all[name]]));
}

export const invoices: FileCheck = {
  file: "bolt11-chequecard.json",
  check(
    reference: Reference,
    {
      keys,
      now: usual,
      vectors,
      canonical: texts,
    }: {
      keys: { payee: string };
      now: number;
      vectors: readonly InvoiceVector[];
      canonical: readonly CanonicalVector[];
    },
  ) {
    const { invoice: invoices } = reference;
    for (const {
      comment,
      valid,
      canonical = true,
      profile,
      invoice,
      fields,
      error,
      now = usual,
      minRemainingSeconds = 0,
    } of vectors) {
      const problem = (network: string, allowAmountless: boolean) =>
        invoices.invoiceProblem(invoices.readInvoice(invoice), {
          network,
          now,
          minRemainingSeconds,
          allowAmountless,
          profile,
        });
      if (!valid) {
        const path = refused(() => invoices.readInvoice(invoice));
        same(path === "accepted" ? problem("bc", false) : path, error, comment);
        continue;
      }
      same(named(reference, invoice, fields), fields, comment);
      same(problem(invoices.readInvoice(invoice).network, true), undefined, `${comment}, payable`);
      if (!canonical) continue;
      const written = invoices.writeInvoice(invoices.readInvoice(invoice), unhex(keys.payee));
      same(written, invoice, `${comment}, written`);
    }
    for (const { comment, valid, text, canonical: wanted, hash, problem } of texts) {
      if (!valid) {
        same(
          refused(() => invoices.canonical(text)),
          problem,
          comment,
        );
        continue;
      }
      same(invoices.canonical(text), wanted, comment);
      same(invoices.invoiceHash(invoices.canonical(text)), hash, `${comment}, hash`);
    }
  },
};

interface OfficialFile {
  readonly vectors: readonly {
    readonly comment: string;
    readonly valid: boolean;
    readonly invoice: string;
    readonly fields: Words & { readonly fallbacks?: readonly string[] };
    readonly error: string;
  }[];
}

/** When its examples were made. */
const OFFICIAL_NOW = 1_496_314_658;

/** The examples of BOLT 11: what a reader gets, and what it refuses. */
export const official: FileCheck = {
  file: "bolt11.json",
  check(reference: Reference, { vectors }: OfficialFile) {
    const { invoice: invoices } = reference;
    for (const { comment, valid, invoice, fields, error } of vectors) {
      const problem = () => {
        const read = invoices.readInvoice(invoice);
        return invoices.invoiceProblem(read, { network: "bc", now: OFFICIAL_NOW });
      };
      if (!valid) {
        const path = refused(() => invoices.readInvoice(invoice));
        same(path === "accepted" ? problem() : path, error, comment);
        continue;
      }
      const { fallbacks = [], signature: _, recovery: __, signedData: ___, ...rest } = fields;
      same(named(reference, invoice, rest), rest, comment);
      same(invoices.readInvoice(invoice).fallbacks.length, fallbacks.length, `${comment}, fallbacks`);
    }
  },
};
