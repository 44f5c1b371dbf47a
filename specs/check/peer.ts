import type { Initiation, InitiationEvent } from "../../reference/peer.js";
import { type FileCheck, type Reference, refused, same, unhex, type Words } from "./check.js";

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
