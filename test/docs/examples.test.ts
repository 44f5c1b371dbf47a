import { follow } from "./follow.js";

const build = { "npm run build && npx tsc -p examples": /tsconfig\.build\.json/ };

follow("examples/beer-tap/README.md", {
  readers: "virtual",
  clone: true,
  given: { "lnbcrt8u1...": /\n(lnbcrt8u1\w+)/, "0000A1B2...": /\n(0000[0-9A-F]{60,})/ },
  expected: {
    ...build,
    "npx chequecard node start shop": /Ctrl-C stops it/,
    "npx chequecard node start wallet": /Ctrl-C stops it/,
    "npx chequecard node fund wallet --peer shop --amount 1000000sat": /Can send +\d/,
    'npx chequecard deputy profile --node shop --name "beer tap" --out tap.json': /tap\.json/,
    "node dist/examples/beer-tap/main.js tap.json tap --price 800sat": /One beer: 800 sat/,
    "npx chequecard node pay wallet lnbcrt8u1... --proof": /Show this to the point of sale:\n0000/,
    "0000A1B2...": /Cheers!/,
  },
});

follow("examples/coffee-machine/README.md", {
  readers: "virtual",
  clone: true,
  expected: { ...build, "node dist/examples/coffee-machine/main.js": /./ },
});

follow("examples/remote-node/README.md", {
  readers: "virtual",
  clone: true,
  expected: { ...build, "node dist/examples/remote-node/main.js": /./ },
});
