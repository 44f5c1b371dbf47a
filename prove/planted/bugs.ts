import { API_BUGS } from "./api-bugs.js";
import { APPLET_BUGS } from "./applet-bugs.js";
import { AUDIT_BUGS } from "./audit-bugs.js";
import { BOLT_CARD_BUGS } from "./bolt-card-bugs.js";
import { BOLT_ISSUER_BUGS } from "./bolt-issuer-bugs.js";
import type { PlantedBug } from "./bug.js";
import { CARD_BUGS, CODEC_BUGS } from "./card-bugs.js";
import { CARD_PAGE_BUGS } from "./card-page-bugs.js";
import { CERTIFICATE_BUGS } from "./certificate-bugs.js";
import { DESK_API_BUGS } from "./desk-api-bugs.js";
import { DESK_BUGS } from "./desk-bugs.js";
import { FACE_BUGS } from "./face-bugs.js";
import { ISSUER_BUGS, LEDGER_BUGS, RECONCILER_BUGS } from "./issuer-bugs.js";
import { LANGUAGE_BUGS } from "./language-bugs.js";
import { LND_ANSWER_BUGS } from "./lnd-answer-bugs.js";
import { LND_BUGS } from "./lnd-bugs.js";
import { LND_CLI_BUGS } from "./lnd-cli-bugs.js";
import { LND_PAYMENT_BUGS } from "./lnd-payment-bugs.js";
import {
  FILE_BUGS,
  KEYBOARD_BUGS,
  PERSONALIZATION_BUGS,
  POINT_OF_SALE_BUGS,
  TERMINAL_BUGS,
} from "./merchant-bugs.js";
import { NODE_BUGS } from "./node-bugs.js";
import { OFFLINE_FESTIVAL_BUGS } from "./offline-festival-bugs.js";
import { OFFLINE_ISSUER_BUGS } from "./offline-issuer-bugs.js";
import { OFFLINE_TERMINAL_BUGS } from "./offline-terminal-bugs.js";
import { PAGE_BUGS } from "./page-bugs.js";
import { READER_BUGS } from "./reader-bugs.js";
import { REFUND_BUGS } from "./refund-bugs.js";
import { SEVERAL_NODES_BUGS } from "./several-nodes-bugs.js";
import { SQLITE_FILE_BUGS } from "./sqlite-file-bugs.js";
import { STATEMENT_BUGS } from "./statement-bugs.js";
import { STORE_BUGS } from "./store-bugs.js";
import { TILL_PAGE_BUGS } from "./till-page-bugs.js";
import { ONE_CARD_BUGS, REJECT_BUGS, UNMATCHED_BUGS } from "./unmatched-bugs.js";
import { VECTOR_BUGS } from "./vector-bugs.js";

/** Bugs of the kinds that cost money, one at a time, in every layer. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...CARD_BUGS,
  ...APPLET_BUGS,
  ...FACE_BUGS,
  ...CODEC_BUGS,
  ...CERTIFICATE_BUGS,
  ...ISSUER_BUGS,
  ...RECONCILER_BUGS,
  ...UNMATCHED_BUGS,
  ...SEVERAL_NODES_BUGS,
  ...REJECT_BUGS,
  ...ONE_CARD_BUGS,
  ...LEDGER_BUGS,
  ...DESK_BUGS,
  ...BOLT_CARD_BUGS,
  ...BOLT_ISSUER_BUGS,
  ...DESK_API_BUGS,
  ...AUDIT_BUGS,
  ...OFFLINE_ISSUER_BUGS,
  ...REFUND_BUGS,
  ...STORE_BUGS,
  ...STATEMENT_BUGS,
  ...TERMINAL_BUGS,
  ...API_BUGS,
  ...PAGE_BUGS,
  ...READER_BUGS,
  ...TILL_PAGE_BUGS,
  ...LANGUAGE_BUGS,
  ...CARD_PAGE_BUGS,
  ...KEYBOARD_BUGS,
  ...POINT_OF_SALE_BUGS,
  ...FILE_BUGS,
  ...SQLITE_FILE_BUGS,
  ...PERSONALIZATION_BUGS,
  ...NODE_BUGS,
  ...LND_BUGS,
  ...LND_PAYMENT_BUGS,
  ...LND_ANSWER_BUGS,
  ...LND_CLI_BUGS,
  ...OFFLINE_TERMINAL_BUGS,
  ...OFFLINE_FESTIVAL_BUGS,
  ...VECTOR_BUGS,
];
