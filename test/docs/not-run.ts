/** Why a block of commands is not run: the reasons that `no-run=` may name. */
export const REASONS = {
  ci: ".ci/run runs these two themselves",
  applet: "the part `applet` of `npm test` is the first three; the last needs the card vendor's licensed kit",
  system: "installs packages, users and services on the machine, as root",
  machines:
    "needs three machines with PostgreSQL, etcd and Patroni, as root; `npm run prove -- --only failover` runs these blocks",
  disk: "needs another disk, and runs until it is ended; test/issuer/ledger-rotation.test.ts and test/issuer/ledger.litestream.test.ts do it",
  minutes: "takes minutes; a smaller share of the same code is in `npm test`",
  lnd: "needs an lnd of one's own; test/cli/lnd-document.lnd.test.ts runs these blocks on real ones",
  stick: "needs a pack and a stick; test/cli/terminal-offline.test.ts runs these commands",
  page: "serves a page until Ctrl-C; test/server/page-commands.test.ts, card-page-commands.test.ts beside it and test/pages run these commands",
  loss: "needs a payment without an authorization; test/cli/issuer-unmatched.test.ts makes one and writes it off",
} as const;

/** Every block of commands that is not run: its document, and its first command. */
export const NOT_RUN: readonly (readonly [document: string, reason: keyof typeof REASONS, first: string])[] =
  [
    ["README.md", "ci", "npm start"],
    ["applet/README.md", "applet", "npm test -- --part applet"],
    ["docs/issuer.md", "page", "chequecard desk --issuer festival --reader ACR1252 --pin-letters"],
    [
      "docs/issuer.md",
      "page",
      "chequecard issuer serve festival --card-page --card-page-name card.festival.example --card-page-proxy",
    ],
    ["docs/issuer.md", "minutes", "npm run -s build && node dist/prove/festival/index.js"],
    [
      "docs/issuer.md",
      "loss",
      'chequecard ledger write-off <payment-hash> --note "paid by hand to the caterer"',
    ],
    [
      "docs/nodes.md",
      "lnd",
      "chequecard node check --address 127.0.0.1:10009 --certificate tls.cert --macaroon chequecard.macaroon --role issuer",
    ],
    [
      "docs/nodes.md",
      "lnd",
      "chequecard issuer init festival --factory-keys test --lnd 127.0.0.1:10009 --certificate tls.cert --macaroon chequecard.macaroon --address pay.festival.example:9735",
    ],
    ["docs/nodes.md", "lnd", "chequecard simulate blank card.json --test-key"],
    ["docs/nodes.md", "lnd", "chequecard issuer serve festival"],
    ["docs/nodes.md", "lnd", "chequecard ledger nodes --issuer festival"],
    ["docs/nodes.md", "lnd", "chequecard node check bar"],
    ["docs/nodes.md", "lnd", "chequecard node check taps"],
    ["docs/nodes.md", "lnd", "chequecard node start taps"],
    ["docs/nodes.md", "lnd", 'chequecard deputy profile --node taps --name "beer tap" --out tap.json'],
    ["docs/pages.md", "page", "chequecard till --node shop --currency eur --rate 61500"],
    ["docs/pages.md", "page", "chequecard desk --issuer festival"],
    [
      "docs/pages.md",
      "page",
      "chequecard till --node shop --http 0.0.0.0:9750 --http-certificate till.crt --http-key till.key",
    ],
    ["docs/proof.md", "minutes", "npm run prove"],
    [
      "docs/scale.md",
      "disk",
      "chequecard ledger backup /mnt/backup --every 5m --keep 288 --issuer /var/lib/chequecard/issuer",
    ],
    [
      "docs/scale.md",
      "disk",
      "GOBIN=/usr/local/bin go install github.com/benbjohnson/litestream/cmd/litestream@v0.5.18",
    ],
    ["docs/scale.md", "disk", "cat > /etc/litestream.yml <<END"],
    ["docs/scale.md", "disk", "litestream replicate -config /etc/litestream.yml"],
    [
      "docs/scale.md",
      "disk",
      "litestream restore -config /etc/litestream.yml -o /var/lib/chequecard/restored.db /var/lib/chequecard/issuer/ledger.db",
    ],
    ["docs/scale.md", "machines", "apt-get install --yes etcd-server etcd-client patroni postgresql"],
    ["docs/scale.md", "machines", "export NAME=db1 ADDRESS=10.0.0.11"],
    ["docs/scale.md", "machines", "cat > /etc/default/etcd <<END"],
    ["docs/scale.md", "machines", "systemctl enable --now etcd"],
    ["docs/scale.md", "machines", "install -m 600 -o postgres -g postgres /dev/null /etc/patroni/config.yml"],
    ["docs/scale.md", "machines", "systemctl enable --now patroni"],
    [
      "docs/scale.md",
      "machines",
      'PRIMARY=$(curl --silent http://$ADDRESS:8008/cluster | grep --only-matching \'"name": "[^"]*", "role": "leader"[^}]*"host": "[^"]*"\' | sed \'s/.*"host": "//; s/"//\')',
    ],
    ["docs/scale.md", "machines", "apt-get install --yes haproxy"],
    ["docs/scale.md", "machines", "cat > /etc/haproxy/haproxy.cfg <<END"],
    ["docs/scale.md", "machines", "systemctl reload-or-restart haproxy"],
    ["docs/scale.md", "machines", "chequecard issuer init /var/lib/chequecard/issuer --label festival \\"],
    ["docs/scale.md", "machines", "patronictl --config-file /etc/patroni/config.yml switchover"],
    [
      "docs/stall.md",
      "system",
      "apt-get install nodejs npm git g++ make python3 libpcsclite-dev pcscd libccid",
    ],
    [
      "docs/stall.md",
      "system",
      "useradd --system --create-home --home-dir /var/lib/chequecard --shell /usr/sbin/nologin chequecard",
    ],
    [
      "docs/stall.md",
      "system",
      "cp /opt/chequecard/docs/systemd/chequecard-terminal.service /etc/systemd/system/",
    ],
    ["docs/stall.md", "system", "apt-get install chromium cage curl"],
    ["docs/stall.md", "stick", "chequecard terminal pack key --node shop"],
    [
      "docs/stall.md",
      "stick",
      "chequecard deputy profile --node shop --name field --out field/deputy-profile.json",
    ],
    ["docs/stall.md", "stick", "chequecard terminal bundle --node field --out /media/stick/field.bundle"],
  ];
