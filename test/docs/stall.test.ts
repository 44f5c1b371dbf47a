import { INIT_ANSWERS } from "./answers.js";
import { follow } from "./follow.js";
import { TAKE_CARD } from "./session.js";

follow("docs/stall.md", {
  readers: "ACR1252",
  prepare: ["chequecard simulate new trial.json"],
  given: { "lnbcrt8u1...": /\n(lnbcrt8u1\w+)/, "0000A1B2...": /\n(0000[0-9A-F]{60,})/ },
  expected: {
    "chequecard readers": /PICC\] 00 00 .*card/,
    "chequecard issuer init festival --factory-keys test": {
      shows: /chequecard issuer serve festival/,
      typed: INIT_ANSWERS,
    },
    "chequecard simulate blank card.json --test-key": /A blank card: card\.json/,
    "chequecard personalize one --issuer festival --test-key --card card.json": /Result +made and read back/,
    "chequecard issuer serve festival": /"event":"started"/,
    "chequecard node start shop": /Ctrl-C stops it/,
    "chequecard node info festival/node": /Runs +in process \d/,
    "chequecard node fund festival/node --peer shop --amount 1000000sat": /Can send +\d/,
    "chequecard terminal charge --node shop --amount 2500sat --reader PICC": /^PAID$/m,
    "chequecard terminal serve --node shop --reader PICC --rate 61500": {
      shows: /My stall[\s\S]*1\.50 EUR[\s\S]*PAID[\s\S]*Paid +1 sale/,
      typed: [
        [/> /, "1.50\r"],
        [/card away\.\r\n/, TAKE_CARD],
        [/> /, "\x03"],
      ],
      exit: 130,
    },
    "chequecard terminal report --node shop --csv sales.csv": /2 sales written to sales\.csv/,
    "chequecard terminal balance --node shop": /Today +2 sales/,
    'chequecard deputy profile --node shop --name "beer tap" --out tap.json': /tap\.json/,
    "chequecard deputy invoice --profile tap.json --amount 800sat --description beer": /^lnbcrt8u1/m,
    "chequecard node start wallet": /Ctrl-C stops it/,
    "chequecard node fund wallet --peer shop --amount 1000000sat": /Can send +\d/,
    "chequecard node pay wallet lnbcrt8u1... --proof": /Show this to the point of sale:\n0000/,
    "chequecard deputy verify --profile tap.json 0000A1B2...": /800 sat, beer/,
    "chequecard deputy list --node shop": /beer tap/,
    'chequecard deputy revoke "beer tap" --node shop': /beer tap/,
  },
});
