import { bug, bugsOf, type PlantedBug } from "./bug.js";

const VERIFY = "offline/verify.ts";
const FLOOR = "offline/floor-limits.ts";
const ACCEPTED = "host/terminal/accepted-sales.ts";
const FORWARDER = "host/terminal/forwarder.ts";
const FORWARDED = "host/terminal/forwarded-file.ts";
const LIST = "offline/sealed-list.ts";

const verify = (named: string) => ({ tests: "test/offline/verify.test.ts", named });
const accepted = (named: string) => ({ tests: "test/terminal/accepted-sales.test.ts", named });
const sale = (named: string) => ({ tests: "test/terminal/offline-sale.test.ts", named });
const festival = { campaign: "offline-festival" } as const;
const forwarder = (named: string) => ({ tests: "test/terminal/forwarder.test.ts", named });
const command = { tests: "test/cli/terminal-offline.test.ts", named: "." };

/** In the checks of a terminal that accepts offline, and in each step of forwarding. */
export const OFFLINE_TERMINAL_BUGS: readonly PlantedBug[] = bugsOf("terminal", [
  bug(
    "a pack of tomorrow is used",
    [verify("a pack of eleven minutes after the clock")],
    [VERIFY, "if (now < pack.madeAt - CLOCK_TOLERANCE) throw", "if (now < 0) throw"],
  ),
  bug(
    "a pack is used after its last day",
    [verify("a pack after its last day")],
    [VERIFY, "now >= pack.validUntil || ", ""],
  ),
  bug(
    "a pack never gets too old",
    [verify("a pack that is older than")],
    [VERIFY, " || now - pack.madeAt > maxPackAgeSeconds", ""],
  ),
  bug(
    "a certificate is believed unsigned",
    [verify("a certificate of another issuer")],
    ["apdu/sealed/certificate.ts", "!opened || !verifySignature(opened, issuerPoint)", "!opened"],
  ),
  bug(
    "neither date nor limit of a certificate is checked before the card signs",
    [verify("a certificate after its last second|more than the certificate allows")],
    [VERIFY, "  expectCertified(certificate, { ...certificate, amount }, now);\n", ""],
    [
      VERIFY,
      "  expectCertified(certificate, { ...fields, keySetId: opened.keySetId }, now);\n",
      '  if (!samePublicBytes(certificate.cardId, fields.cardId)) throw new OfflineRefusal("other-card");\n',
    ],
  ),
  bug(
    "a denied card is accepted",
    [verify("a card on the deny list")],
    [VERIFY, "if (pack.denied.has(certificate.cardId)) throw", "if (pack.denied.length < 0) throw"],
  ),
  bug(
    "a token of another card is accepted with a certificate",
    [verify("a certificate of another card")],
    [VERIFY, "  expectCertified(certificate, { ...fields, keySetId: opened.keySetId }, now);\n", ""],
  ),
  bug(
    "a token is accepted without its signature",
    [verify("a token of which one bit was changed|by a certificate for another key")],
    [VERIFY, "if (!verifySignature(opened, certificate.cardKey)) throw", "if (fields.counter < 0) throw"],
  ),
  bug(
    "a token for another sale is accepted",
    [verify("a token for another (invoice|amount)")],
    [VERIFY, "  if (other) throw", '  if (other === ("" as typeof other)) throw'],
  ),
  bug(
    "the higher of two floor limits counts",
    [verify("the terminal's limit for one sale|the pack's limit for one sale"), festival],
    [FLOOR, "one < other ? one : other", "one > other ? one : other"],
  ),
  bug(
    "a floor limit does not count the sale itself",
    [verify("more than one card may"), festival],
    [FLOOR, "above(held.card + amount, limits.perCard)", "above(held.card, limits.perCard)"],
  ),
  bug(
    "the limit of all sales is not checked",
    [verify("more than the terminal may")],
    [FLOOR, "above(held.total + amount, limits.perTerminal)", "above(0n, limits.perTerminal)"],
  ),
  bug(
    "one sale too many is held",
    [verify("one sale more than it may hold")],
    [FLOOR, "held.sales >= limits.maxSales", "held.sales > limits.maxSales"],
  ),
  bug(
    "the number of sales that the pack allows does not count",
    [verify("the pack lets it hold")],
    [FLOOR, "Math.min(one.maxSales, other.maxSales)", "one.maxSales"],
  ),
  bug(
    "a forwarder asks as often as it can",
    [forwarder("no more in a second")],
    [FORWARDER, "await pause(this.#rate.take(1, performance.now()),", "await pause(0,"],
  ),
  bug(
    "a forwarder's pauses do not grow",
    [forwarder("pauses that grow")],
    [FORWARDER, "isAway ? Math.min(2 * pauseMs, LONGEST_PAUSE_MS) : firstPauseMs", "firstPauseMs"],
  ),
  bug(
    "a sale is given up as soon as its invoice has expired",
    [forwarder("expired for a day")],
    [FORWARDER, "this.#seconds() > invoiceUntil + EXPIRED_SECONDS", "this.#seconds() > invoiceUntil"],
  ),
  bug(
    "a forwarder asks for more than an issuer takes",
    [forwarder("what an issuer takes")],
    [FORWARDER, "maxPerSecond = 200", "maxPerSecond = 500"],
  ),
  bug(
    "a card that contradicted is admitted again",
    [sale("that has signed here what contradicts")],
    [
      "host/terminal/offline-desk.ts",
      "if (store.accepted.isDenied(card.certificate.cardId)) throw",
      "if (store.accepted.isDenied(pack.issuer)) throw",
    ],
  ),
  bug(
    "a clone pays twice at one terminal",
    [accepted("the same counter for two invoices|remember a card")],
    ["offline/contradiction.ts", "  if (held.same) return", "  if (held.same && counter < 0n) return"],
  ),
  bug(
    "totals of a card's tokens are not compared",
    [accepted("a total that")],
    [ACCEPTED, "      if (contradiction !== undefined) {", '      if (contradiction?.startsWith("two")) {'],
  ),
  bug(
    "what is paid still counts against the floor limits",
    [accepted("count until they are paid or refused")],
    [ACCEPTED, `this.#sums("state = 'accepted'", [])`, `this.#sums("accepted_at is not null", [])`],
  ),
  bug(
    "a card is charged before it is admitted",
    [sale("without a certificate|a card that may not pay offline")],
    [
      "host/terminal/taking.ts",
      'if (!("pack" in admitted)) throw admitted;',
      'if (!("pack" in admitted)) return undefined;',
    ],
  ),
  bug(
    "a sale that could not be kept as accepted can still be paid",
    [{ tests: "test/terminal/accept-full-disk.test.ts", named: "its invoice is cancelled" }],
    ["host/terminal/sale-invoice.ts", "    await node.cancelInvoice(paymentHash);\n", ""],
  ),
  bug(
    "the next start has a sale paid that could not be kept as accepted",
    [{ tests: "test/terminal/accept-full-disk.test.ts", named: "the next start cancels" }],
    ["host/terminal/terminal.ts", 'initiation.phase !== "idle" || !this.#parts.offline', "true"],
  ),
  bug(
    "a till that went offline never finds its way back",
    [{ tests: "test/cli/terminal-outage.test.ts", named: "goes offline and online by itself" }],
    [
      "cli/offline/selling-offline.ts",
      "if (outages.none || signal.aborted) continue;",
      "if (!signal.aborted) continue;",
    ],
  ),
  bug(
    "a sale is forwarded to whatever node a newer pack names",
    [accepted("the address that a newer pack has")],
    [
      "host/terminal/accepted-log.ts",
      "known.filter((uri) => uri.slice(0, NODE_ID_DIGITS) === nodeUri.slice(0, NODE_ID_DIGITS))",
      "[...known]",
    ],
  ),
  bug(
    "a start waits for a payer that cannot be reached",
    [{ tests: "test/cli/terminal.test.ts", named: "finished beside the next one" }],
    ["cli/leftovers.ts", "await Promise.race([all, pause(PATIENCE_MS, signal)])", "await all"],
  ),
  bug(
    "an accepted sale is given up when its issuer only says not now",
    [sale("is refused with the issuer's reason"), festival],
    [FORWARDER, "&& !isTemporaryReason(answer.reason)", ""],
  ),
  bug(
    "a paid sale that comes in another bundle is forwarded as a new one",
    [sale("once, however often")],
    [
      FORWARDED,
      "on conflict (payment_hash) do nothing",
      "on conflict (payment_hash) do update set state = 'open', received = null",
    ],
  ),
  bug(
    "a bundle is believed without its MAC",
    [command],
    [
      LIST,
      "if (!equalBytes(macOf(key, form.tag, signed), bytes.subarray(bytes.length - MAC_LENGTH)))",
      "if (signed.length < 0)",
    ],
  ),
  bug(
    "results of another file of sales are taken",
    [{ tests: "test/offline/bundle.test.ts", named: "another file of sales" }],
    ["offline/results.ts", "!equalBytes(head.fileId, of.fileId)", "head.fileId.length < 0"],
  ),
  bug(
    "older results open a paid sale again",
    [{ tests: "test/offline/bundle.test.ts", named: "older results" }],
    [
      "cli/offline/carrying.ts",
      'if (sale.state === "paid" || (isFinal(sale) && result.state !== "paid")) return "known";',
      'if (sale.state === "paid") return "known";',
    ],
  ),
  bug(
    "QR codes are put together without their digest",
    [{ tests: "test/offline/codes.test.ts", named: "another share with a right check" }],
    [
      "offline/codes.ts",
      "if (!equalBytes(digestOf(this.#kind, file), this.#first.digest))",
      "if (file.length < 0)",
    ],
  ),
  bug(
    "a QR code of another file is taken among the others",
    [{ tests: "test/offline/codes.test.ts", named: "a code of another bundle" }],
    [
      "offline/codes.ts",
      "if (code.count !== first.count || !equalBytes(code.digest, first.digest))",
      "if (code.count !== first.count)",
    ],
  ),
  bug(
    "what a stick said of a sale ends the till that forwards it",
    [{ tests: "test/terminal/accepted-sales.test.ts", named: "keep what a stick said" }],
    [
      "host/terminal/accepted-log.ts",
      "if (!isFinal(sale)) store.refused",
      "if (sale.number > 0) store.refused",
    ],
  ),
]);
