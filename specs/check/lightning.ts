import type { Profile } from "../../reference/dpp.js";
import type { DraftProfile, Payer } from "../../reference/draft.js";
import type { Initiation, InitiationEvent } from "../../reference/peer.js";
import { type FileCheck, Mismatch, plain, type Reference, refused, same, unhex } from "./check.js";

type Words = Readonly<Record<string, unknown>>;

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

interface TlvFile {
  readonly bigsize: readonly {
    readonly comment: string;
    readonly hex: string;
    readonly valid: boolean;
    readonly value?: string;
  }[];
  readonly streams: readonly { readonly comment: string; readonly hex: string; readonly valid: boolean }[];
}

/** The examples of BOLT 1. What a stream's records hold is the matter of the namespaces that it names. */
export const tlv: FileCheck = {
  file: "tlv.json",
  check({ peer, bytes }: Reference, { bigsize, streams }: TlvFile) {
    for (const { comment, hex, valid, value } of bigsize) {
      const read = () => peer.readBigSize(new bytes.Fields(unhex(hex)), "bigsize");
      if (!valid) {
        same(refused(read), "bigsize", comment);
        continue;
      }
      same(read(), value, comment);
      same(peer.writeBigSize(BigInt(value ?? "")), hex, `${comment}, written`);
    }
    for (const { comment, hex, valid } of streams)
      if (valid)
        same(
          refused(() => peer.readRecords(unhex(hex), "tlv")),
          "accepted",
          comment,
        );
  },
};

interface OdtVector {
  readonly comment: string;
  readonly valid: boolean;
  readonly typeLength: number;
  readonly hex: string;
  readonly fields: never;
  readonly error: string;
}
interface OdtFile {
  readonly vectors: readonly OdtVector[];
  readonly texts: readonly {
    readonly comment: string;
    readonly valid: boolean;
    readonly text: string;
    readonly hex: string;
    readonly error: string;
  }[];
  readonly uris: readonly {
    readonly comment: string;
    readonly valid: boolean;
    readonly text: string;
    readonly fields: Words;
    readonly canonical: string;
    readonly error: string;
  }[];
  readonly media: readonly {
    readonly comment: string;
    readonly profile: string;
    readonly features: readonly number[];
    readonly own: readonly string[];
    readonly medium: string | null;
    readonly mayPay: boolean;
  }[];
}

export const odt: FileCheck = {
  file: "odt.json",
  check({ odt }: Reference, { vectors, texts, uris, media }: OdtFile) {
    for (const { comment, valid, typeLength, hex, fields, error } of vectors) {
      if (!valid) {
        same(
          refused(() => odt.readOdt(unhex(hex), typeLength)),
          error,
          comment,
        );
        continue;
      }
      same(odt.readOdt(unhex(hex), typeLength), fields, comment);
      same(odt.writeOdt(fields, typeLength), hex, `${comment}, written`);
    }
    for (const { comment, valid, text, hex, error } of texts) {
      const read = () => odt.readOdt(odt.readOdtText(text), 2);
      if (!valid) {
        same(refused(read), error, comment);
        continue;
      }
      same(odt.readOdtText(text), hex, comment);
      same(odt.writeOdtText(unhex(hex)), hex.toUpperCase(), `${comment}, written`);
    }
    for (const { comment, valid, text, fields, canonical, error } of uris) {
      if (!valid) {
        same(
          refused(() => odt.readUri(text)),
          error,
          comment,
        );
        continue;
      }
      same(odt.readUri(text), fields, comment);
      same(odt.writeUri(fields as never), canonical, `${comment}, written`);
    }
    for (const { comment, profile, features, own, medium, mayPay } of media) {
      const found = odt.chooseMedium(features, own, profile);
      same({ medium: found, mayPay: found !== null }, { medium, mayPay }, comment);
    }
  },
};

interface ExchangeFile {
  readonly preimage: string;
  readonly vectors: readonly {
    readonly command: string;
    readonly direction: "request" | "response";
    readonly comment: string;
    readonly valid: boolean;
    readonly hex: readonly string[];
    readonly fields: Words;
    readonly error: string;
  }[];
  readonly sessions: readonly {
    readonly comment: string;
    readonly steps: readonly {
      readonly wallet?: "settles" | "fails";
      readonly command: string;
      readonly sw: string;
      readonly data: string;
    }[];
  }[];
}

export const exchange: FileCheck = {
  file: "exchange.json",
  check({ exchange }: Reference, { preimage, vectors, sessions }: ExchangeFile) {
    for (const { command, direction, comment, valid, hex, fields, error } of vectors) {
      const where = `${command} ${direction}, ${comment}`;
      const read = () =>
        direction === "request"
          ? exchange.readRequest(command, hex.map(unhex))
          : exchange.readResponse(command, unhex(hex[0] ?? ""));
      if (!valid) {
        same(refused(read), error, where);
        continue;
      }
      same(read(), fields, where);
      const written =
        direction === "request"
          ? exchange.writeRequest(command, fields)
          : [exchange.writeResponse(command, fields)];
      same(written, hex, `${where}, written`);
    }
    for (const { comment, steps } of sessions) {
      let wallet = exchange.newWallet;
      for (const { wallet: event, command, sw, data } of steps) {
        if (event) {
          wallet = exchange.endPayments(wallet, event === "settles" ? "settled" : "failed");
          continue;
        }
        const answer = exchange.walletAnswer(wallet, unhex(command), preimage);
        wallet = answer.wallet;
        same([answer.sw, answer.data], [sw, data], `${comment}, ${command.slice(0, 8)}`);
      }
    }
  },
};

interface ModernFile {
  readonly keys: { readonly master: string };
  readonly terminalKeys: readonly { readonly keyId: string; readonly terminalKey: string }[];
  readonly vectors: readonly {
    readonly comment: string;
    readonly profile: Profile;
    readonly request: {
      readonly amountMsat: string | null;
      readonly description: string;
      readonly expirySeconds: number;
    };
    readonly now: number;
    readonly nonce: string;
    readonly fields: Words;
    readonly invoice: string;
  }[];
  readonly metadata: readonly {
    readonly comment: string;
    readonly valid: boolean;
    readonly hex: string;
    readonly fields: Words;
    readonly error: string;
  }[];
  readonly profiles: readonly {
    readonly comment: string;
    readonly valid: boolean;
    readonly profile: unknown;
    readonly error: string;
  }[];
  readonly recipient: {
    readonly time: number;
    readonly terminals: readonly string[];
    readonly sessions: readonly {
      readonly comment: string;
      readonly allowAmountless: boolean;
      readonly othersHeld?: number;
      readonly steps: readonly {
        readonly at: number;
        readonly htlc: Words | null;
        readonly repeat?: number;
        readonly actions: unknown;
      }[];
    }[];
  };
}

const request = ({ amountMsat, ...rest }: ModernFile["vectors"][number]["request"]) => ({
  ...rest,
  amountMsat: amountMsat === null ? null : BigInt(amountMsat),
});

export const modern: FileCheck = {
  file: "dpp-modern.json",
  check(
    { dpp, recipient: recipients }: Reference,
    { keys, terminalKeys, vectors, metadata, profiles, recipient }: ModernFile,
  ) {
    for (const { keyId, terminalKey } of terminalKeys)
      same(dpp.terminalKey(unhex(keys.master), unhex(keyId)), terminalKey, `terminal ${keyId}`);
    for (const { comment, profile, request: asked, now, nonce, fields, invoice } of vectors) {
      same(dpp.readProfile(profile), profile, comment);
      same(dpp.makeSale(profile, request(asked), now, nonce), { ...fields, invoice }, comment);
    }
    for (const { comment, valid, hex, fields, error } of metadata) {
      if (!valid) {
        same(
          refused(() => dpp.readMetadata(unhex(hex))),
          error,
          comment,
        );
        continue;
      }
      same(dpp.readMetadata(unhex(hex)), fields, comment);
      same(
        dpp.writeMetadata({ ...fields, amountMsat: BigInt(String(fields.amountMsat)) } as never),
        hex,
        comment,
      );
    }
    for (const { comment, valid, profile, error } of profiles) {
      const found = refused(() => dpp.readProfile(profile));
      same(found, valid ? "accepted" : error, comment);
    }
    for (const { comment, allowAmountless, othersHeld = 0, steps } of recipient.sessions) {
      const held = Array.from({ length: othersHeld }, (_, i) => ({
        paymentHash: `other ${i}`,
        total: 2n,
        since: recipient.time,
        parts: [],
      }));
      let state = {
        master: keys.master,
        terminals: recipient.terminals,
        allowAmountless,
        held,
        paid: [],
      } as never;
      for (const [at, { at: seconds, htlc, repeat = 1, actions }] of steps.entries())
        for (let time = 1; time <= repeat; time++) {
          const now = recipient.time + seconds;
          const told = htlc && {
            ...htlc,
            id: repeat > 1 ? `${htlc.id}${time}` : htlc.id,
            amountMsat: BigInt(String(htlc.amountMsat)),
            totalMsat: BigInt(String(htlc.totalMsat)),
          };
          const decided = told
            ? recipients.htlcArrives(state, told as never, now)
            : recipients.timePasses(state, now);
          state = decided.recipient as never;
          same(decided.actions, actions, `${comment}, step ${at + 1}`);
        }
    }
  },
};

interface DraftFile {
  readonly keys: Readonly<Record<"deputy" | "recipient" | "router" | "session" | "sharedSecret", string>>;
  readonly payment: {
    readonly htlc: { readonly onion: string };
    readonly payloads: readonly string[];
    readonly preimage: string;
  };
  readonly preimages: readonly {
    readonly nonce: string;
    readonly amountMsat: string;
    readonly preimage: string;
  }[];
  readonly vectors: readonly {
    readonly comment: string;
    readonly profile: DraftProfile;
    readonly request: {
      readonly amountMsat: string | null;
      readonly description: string;
      readonly expirySeconds: number;
    };
    readonly now: number;
    readonly nonce: string;
    readonly paymentSecret: string;
    readonly fields: { readonly preimage: string; readonly paymentHash: string };
    readonly invoice: string;
  }[];
  readonly plans: readonly {
    readonly comment: string;
    readonly invoice: string;
    readonly payer: Payer;
    readonly plan: unknown;
  }[];
  readonly records: readonly {
    readonly comment: string;
    readonly valid: boolean;
    readonly hex: string;
    readonly fields: { readonly nonce: string; readonly invoiceAmountMsat: string };
    readonly error: string;
  }[];
}

export const draft: FileCheck = {
  file: "dpp-draft-819.json",
  check(
    { draft, invoice: invoices, onion, crypto }: Reference,
    { keys, preimages, vectors, plans, records, payment }: DraftFile,
  ) {
    const hops = [keys.router, keys.recipient, keys.deputy].map((secretKey, i) => ({
      secretKey: unhex(secretKey),
      payload: unhex(payment.payloads[i] ?? ""),
    }));
    const paymentHash = crypto.sha256(unhex(payment.preimage));
    same(onion.writeOnion(hops, unhex(keys.session), paymentHash), payment.htlc.onion, "onion");
    for (const { nonce, amountMsat, preimage } of preimages)
      same(
        draft.draftPreimage(keys.sharedSecret, nonce, BigInt(amountMsat)),
        preimage,
        `preimage, ${amountMsat}`,
      );
    for (const { comment, profile, request: asked, now, nonce, paymentSecret, fields, invoice } of vectors) {
      const { preimage, paymentHash } = fields;
      same(
        draft.makeDraftSale(profile, request(asked), now, nonce, paymentSecret),
        { preimage, paymentHash, invoice },
        comment,
      );
    }
    for (const { comment, invoice, payer, plan } of plans)
      same(draft.plan(invoices.readInvoice(invoice), payer), plan, comment);
    for (const { comment, valid, hex, fields, error } of records) {
      if (!valid) {
        same(
          refused(() => draft.readDppRecord(unhex(hex))),
          error,
          comment,
        );
        continue;
      }
      same(draft.readDppRecord(unhex(hex)), fields, comment);
      const record = draft.writeDppRecord(fields.nonce, BigInt(fields.invoiceAmountMsat));
      if (!hex.endsWith(record.toString("hex"))) throw new Mismatch(`${comment}, written`);
    }
  },
};

interface PeerFile {
  readonly vectors: readonly {
    readonly comment: string;
    readonly type: number;
    readonly hex: string;
    readonly valid: boolean;
    readonly canonical: boolean;
    readonly fields: Words;
    readonly error: string;
  }[];
  readonly challenges: readonly {
    readonly comment: string;
    readonly nodeId: string;
    readonly time: string;
    readonly nonce: string;
    readonly challenge: string;
  }[];
  readonly addresses: readonly { readonly address: string; readonly scope: string }[];
  readonly initiations: readonly {
    readonly comment: string;
    readonly from: Initiation;
    readonly events: readonly InitiationEvent[];
    readonly state?: Initiation;
    readonly error?: string;
  }[];
  readonly refundInvoices: readonly {
    readonly comment: string;
    readonly paymentHash: string;
    readonly refundId: string;
    readonly description: string;
  }[];
}

export const peer: FileCheck = {
  file: "api.json",
  check({ peer }: Reference, { vectors, challenges, addresses, initiations, refundInvoices }: PeerFile) {
    for (const { comment, type, hex, valid, canonical, fields, error } of vectors) {
      const where = `${type}, ${comment}`;
      if (!valid) {
        same(
          refused(() => peer.readMessage(type, unhex(hex))),
          error,
          where,
        );
        continue;
      }
      same(peer.readMessage(type, unhex(hex)), fields, where);
      if (canonical) same(peer.writeMessage(type, fields), hex, `${where}, written`);
    }
    for (const { comment, nodeId, time, nonce, challenge } of challenges)
      same(peer.statusChallenge(unhex(nodeId), BigInt(time), unhex(nonce)), challenge, comment);
    for (const { comment, paymentHash, refundId, description } of refundInvoices)
      same(peer.refundDescription(paymentHash, refundId), description, comment);
    for (const { address, scope } of addresses) same(peer.scopeOf(address), scope, address);
    for (const { comment, from, events, state, error } of initiations)
      if (error)
        same(
          refused(() => peer.initiationAfter(from, events)),
          error,
          comment,
        );
      else same(peer.initiationAfter(from, events), state, comment);
  },
};
