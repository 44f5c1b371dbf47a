import type { FuzzTarget } from "../target.js";
import * as boltCards from "./bolt-card.js";
import { cardTarget } from "./card.js";
import * as control from "./control.js";
import * as databases from "./databases.js";
import * as phone from "./exchange.js";
import { faceTarget } from "./face.js";
import * as files from "./files.js";
import { hostTarget, responseTarget } from "./host.js";
import * as invoices from "./invoice.js";
import * as journals from "./journals.js";
import * as lightning from "./lightning.js";
import * as messages from "./messages.js";
import * as offline from "./offline.js";
import { pictureContentTarget } from "./pictures.js";
import { receiverTarget } from "./receiver.js";
import * as records from "./records.js";

/** Everything that reads bytes from outside. */
export async function fuzzTargets(): Promise<readonly FuzzTarget[]> {
  return [
    cardTarget,
    hostTarget,
    responseTarget,
    messages.sealedTarget,
    messages.sealedBodyTarget,
    messages.commandTarget,
    messages.berTarget,
    messages.tlvTarget,
    messages.pinTarget,
    messages.smallTarget,
    invoices.invoiceTextTarget,
    invoices.invoiceWordsTarget,
    invoices.invoiceFieldsTarget,
    invoices.uriTarget,
    lightning.odtTarget,
    lightning.peerTarget,
    lightning.metadataTarget,
    lightning.hopTarget,
    lightning.onionTarget,
    lightning.pictureTarget(),
    pictureContentTarget,
    boltCards.tagTarget,
    boltCards.boltCardTarget,
    boltCards.chipTarget,
    faceTarget,
    offline.carriedTarget,
    offline.packTarget,
    offline.codesTarget,
    files.profileTarget,
    files.serviceTarget,
    files.cardListTarget,
    files.policyTarget,
    files.deputyProfileTarget,
    files.cardFileTarget,
    files.cardImageTarget,
    files.keyFileTarget,
    files.keyMaterialTarget,
    records.issuerRecordTarget,
    records.nodeConfigTarget,
    records.nodeTerminalsTarget,
    records.lockTarget,
    records.optionTarget,
    control.controlRequestTarget,
    control.controlAnswerTarget,
    journals.journalTarget,
    journals.journalLinesTarget,
    await journals.lettersTarget(),
    databases.saleFileTarget,
    databases.saleRowTarget,
    await databases.ledgerTarget(),
    await phone.exchangeAnswerTarget(),
    phone.phoneTarget,
    phone.exchangeCodecTarget,
    phone.frameTarget,
    receiverTarget,
  ];
}
