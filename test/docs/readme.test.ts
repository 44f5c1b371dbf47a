import { INIT_ANSWERS } from "./answers.js";
import { follow } from "./follow.js";

follow("README.md", {
  readers: "ACR1252",
  given: { "lnbcrt25u1...": /\n(lnbcrt25u1\w+)/ },
  expected: {
    "chequecard node start shop": /Ctrl-C stops it/,
    "chequecard simulate new card.json": /Issuer record: card\.issuer\.json/,
    "chequecard node invoice shop --amount 2500sat": /^lnbcrt25u1/m,
    "chequecard card authorize lnbcrt25u1... --card card.json --issuer-record card.issuer.json":
      /Verified +the card signed exactly this invoice and amount/,
    "chequecard readers": /PICC\] 00 00 .*card/,
    "chequecard conformance --reader ACR1252": /passed/,
    "chequecard issuer init festival --factory-keys test": {
      shows: /chequecard issuer serve festival/,
      typed: INIT_ANSWERS,
    },
    "chequecard simulate blank blank.json --test-key": /A blank card: blank\.json/,
    "chequecard personalize one --issuer festival --test-key --reader ACR1252": /Result +made and read back/,
    "chequecard issuer serve festival": /"event":"started"/,
    "chequecard node fund festival/node --peer shop --amount 1000000sat": /Can send +\d/,
    "chequecard card info --reader ACR1252": /Most at once +10,000 sat/,
    "chequecard terminal charge --node shop --amount 3.50eur --rate 61500eur --reader ACR1252": /^PAID$/m,
  },
});
