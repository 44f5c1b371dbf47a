package chequecard.applet;

import javacard.framework.JCSystem;
import javacard.framework.Util;

/** The answer to SELECT and its parts (specs/01 §4.1 to §4.3), written into an array. Each returns the offset behind it. */
final class DataObjects {
    static final short PROFILE = (short) 0x00C1;
    static final short NODE_URI = (short) 0x5F50;
    static final short CERTIFICATE = (short) 0x00C2;
    private static final short PROFILE_LENGTH = (short) 32;
    private static final short PROFILE_OBJECT_LENGTH = (short) 34;
    private static final short AID_OBJECT_LENGTH = (short) 10;

    private DataObjects() {
    }

    static short writeFci(ChequecardApplet applet, byte[] out, short at) {
        short uri = applet.card.nodeUriLength;
        short inner = PROFILE_OBJECT_LENGTH;
        if (!applet.card.isBlank()) {
            inner = (short) (inner + 2 + lengthOfLength(uri) + uri);
        }
        out[at++] = (byte) 0x6F;
        at = writeLength(out, at, (short) (AID_OBJECT_LENGTH + 1 + lengthOfLength(inner) + inner));
        out[at++] = (byte) 0x84;
        byte aidLength = JCSystem.getAID().getBytes(out, (short) (at + 1));
        out[at] = aidLength;
        at = (short) (at + 1 + aidLength);
        out[at++] = (byte) 0xA5;
        at = writeLength(out, at, inner);
        at = writeProfile(applet, out, at);
        return applet.card.isBlank() ? at : writeNodeUri(applet.card, out, at);
    }

    static short writeProfile(ChequecardApplet applet, byte[] out, short at) {
        CardData card = applet.card;
        Ledger ledger = applet.ledger;
        out[at++] = (byte) 0xC1;
        out[at++] = (byte) PROFILE_LENGTH;
        Util.arrayFillNonAtomic(out, at, PROFILE_LENGTH, (byte) 0);
        out[at] = (byte) 1;
        out[(short) (at + 2)] = card.lifecycle;
        if (!card.isBlank()) {
            byte published = card.published;
            out[(short) (at + 3)] = (byte) (published | (applet.pin.isSet() ? Constants.CAPABILITY_PIN : 0));
            if ((published & Constants.CAPABILITY_AVAILABLE) != 0) {
                ledger.available(out, (short) (at + 8));
            }
            if ((published & Constants.CAPABILITY_MAX_PER_TRANSACTION) != 0) {
                Util.arrayCopyNonAtomic(ledger.limits, Ledger.MAX_PER_TRANSACTION, out, (short) (at + 16), (short) 8);
            }
            if ((published & Constants.CAPABILITY_PIN_THRESHOLD) != 0) {
                Util.arrayCopyNonAtomic(ledger.limits, Ledger.PIN_THRESHOLD, out, (short) (at + 24), (short) 8);
            }
        }
        return (short) (at + PROFILE_LENGTH);
    }

    static short writeNodeUri(CardData card, byte[] out, short at) {
        out[at++] = (byte) 0x5F;
        out[at++] = (byte) 0x50;
        at = writeLength(out, at, card.nodeUriLength);
        return Util.arrayCopyNonAtomic(card.nodeUri, (short) 0, out, at, card.nodeUriLength);
    }

    /** The certificate as a sealed message (specs/01 §6.2). */
    static short writeCertificate(ChequecardApplet applet, byte[] out, short at) {
        out[at++] = (byte) 0xC2;
        at = writeLength(out, at, SealedMessages.LENGTH);
        applet.messages.sealCertificate(out, at);
        return (short) (at + SealedMessages.LENGTH);
    }

    private static short lengthOfLength(short length) {
        return length < (short) 128 ? (short) 1 : (short) 2;
    }

    private static short writeLength(byte[] out, short at, short length) {
        if (length >= (short) 128) {
            out[at++] = (byte) 0x81;
        }
        out[at++] = (byte) length;
        return at;
    }
}
