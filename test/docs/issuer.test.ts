import { INIT_ANSWERS } from "./answers.js";
import { follow } from "./follow.js";

follow("docs/issuer.md", {
  readers: "ACR1252",
  given: { "festival/new-pins/0123456789abcdef.journal": /--journal (\S+new-pins\/[0-9a-f]{16}\.journal)/ },
  expected: {
    "chequecard issuer init festival --label festival --port 9735": {
      shows: /chequecard issuer serve festival/,
      typed: [
        ...INIT_ANSWERS.slice(0, 2),
        [/A PIN[^\n]*\[y\/N\] /, "y\r"],
        [/Keys of the blank cards[^\n]*: /, "test\r"],
      ],
    },
    "export CHEQUECARD_ISSUER=festival": /^$/,
    "chequecard profiles check festival/profile.yaml": /A new card can spend 20,000 sat/,
    "chequecard simulate blank blank.json --test-key --count 20": /20 blank cards/,
    "chequecard personalize batch --issuer festival --test-key --letters letters --prefix A --count 20 --card blank-*.json":
      /Done +20 of 20/,
    "chequecard personalize pins letters --html letters.html": /letters\.html/,
    "chequecard simulate blank late.json --test-key": /A blank card/,
    "chequecard personalize batch --issuer festival --test-key --letters late.letters --journal late.journal --prefix B --count 1 --all-readers":
      /Done +1 of 1/,
    "chequecard issuer serve festival": /"event":"started"/,
    "chequecard node start shop": /Ctrl-C stops it/,
    "chequecard node fund festival/node --peer shop --amount 1000000sat": /Can send +\d/,
    "chequecard cards list --state blocked": /No such card/,
    "chequecard cards show A17": /A0017/,
    "chequecard cards top-up A17 --amount 5000sat": /5,000 sat paid in/,
    "chequecard cards top-up A17 --amount 5eur --rate 61500eur": /8,131 sat paid in/,
    "chequecard cards top-up --amount 5000sat --reader ACR1252": /On the card +25,000 sat/,
    "chequecard authorizations list --card A17": /No/,
    "chequecard report --from 2026-11-20 --csv weekend.csv": /weekend\.csv/,
    "chequecard report --csv weekend.csv --separator semicolon --bom --fiat-rate 61500eur": /weekend\.csv/,
    "chequecard report --reconcile": /No difference/,
    "chequecard cards reverse A17": /8,131 sat of the top-up/,
    "chequecard cards limits A17 --policy staff": /./,
    "chequecard cards block A17": /blocked/,
    "chequecard cards replace A17 B1": /25,000 sat moved/,
    "chequecard cards new-pin --test-key --reader ACR1252": /The card has 25,000 sat/,
    "chequecard personalize pins festival/new-pins/letters --journal festival/new-pins/0123456789abcdef.journal --html letter.html":
      /letter\.html/,
    "chequecard issuer close-event festival --csv due.csv": /due\.csv/,
    "chequecard issuer close-event festival --cash-out-all --yes": /./,
    "chequecard report --reconcile --csv festival.csv": /Left on cards +0 sat/,
    "chequecard ledger verify": /./,
    "chequecard ledger backup ledger-$(date +%F).db": /./,
    "chequecard ledger restore ledger-$(date +%F).db --force": /./,
    "chequecard ledger unmatched": /./,
  },
});
