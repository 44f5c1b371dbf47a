import { type FileCheck, type Reference, refused, same, unhex, type Words } from "./check.js";

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
