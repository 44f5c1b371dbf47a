import { follow } from "./follow.js";

follow("docs/conformance.md", {
  readers: "ACR1252",
  prepare: ["chequecard simulate new card.json"],
  expected: {
    "chequecard conformance --reader ACR1252": /0 failed/,
    'chequecard conformance --reader ACR1252 --provision "python3 provision.py"':
      /not written yet: personalized[\s\S]*0 failed/,
    'chequecard conformance --reader ACR1252 --provision "python3 provision.py" --only update/': /0 failed/,
  },
});

follow("docs/pcsc.md", {
  readers: "virtual",
  clone: true,
  prepare: ["chequecard simulate new card.json"],
  expected: {
    "chequecard simulate insert card.json": /lies on the virtual reader/,
    'opensc-tool --reader "Virtual PCD 00 00" --atr': /^3b:/m,
    'chequecard card info --reader "Virtual PCD 00 00"': /Node/,
    "ip route change local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 quickack 1":
      /^$/,
    "unshare --net --mount node scripts/pcscd/inside.mjs npx vitest run --config test/vitest.pcsc.config.ts test/personalize/two-readers":
      /Tests +\d+ passed/,
  },
});
