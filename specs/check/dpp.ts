import type { Profile } from "../../reference/dpp.js";
import type { DraftProfile, Payer } from "../../reference/draft.js";
import { type FileCheck, Mismatch, type Reference, refused, same, unhex, type Words } from "./check.js";

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
