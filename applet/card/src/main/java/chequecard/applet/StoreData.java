package chequecard.applet;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** STORE DATA (specs/04 §6). The card is blank meanwhile, so groups are written in place: they cannot be read. */
final class StoreData {
    private static final short DATA = ISO7816.OFFSET_CDATA;
    private static final byte MORE = (byte) 0x08;
    private static final byte LAST = (byte) 0x88;

    private static final short DGI_IDS = (short) 0x0101;
    private static final short DGI_NODE_URI = (short) 0x0102;
    private static final short DGI_ISSUER = (short) 0x0103;
    private static final short DGI_LIMITS = (short) 0x0104;
    private static final short DGI_CERTIFICATE = (short) 0x0105;
    private static final short DGI_SEAL_KEY = (short) 0x8101;
    private static final short DGI_PIN = (short) 0x8102;
    private static final byte NEEDED = (byte) 0x1F;

    private static final short IDS_LENGTH = (short) 12;
    private static final short LIMITS_LENGTH = (short) (Ledger.LIMITS_LENGTH + 1);
    private static final short KEY_LENGTH = (short) 16;

    private static final short NEXT_BLOCK = (short) 0;
    private static final short GROUPS = (short) 1;

    private final ChequecardApplet applet;
    /** Next block number, groups that have come: lost with the power and at SELECT. */
    private final byte[] progress = JCSystem.makeTransientByteArray((short) 2, JCSystem.CLEAR_ON_DESELECT);

    StoreData(ChequecardApplet applet) {
        this.applet = applet;
    }

    void process(byte[] buffer, short length) {
        byte p1 = buffer[ISO7816.OFFSET_P1];
        byte block = buffer[ISO7816.OFFSET_P2];
        if (p1 != MORE && p1 != LAST || block != 0 && block != progress[NEXT_BLOCK]) {
            ISOException.throwIt(Constants.SW_WRONG_P1P2);
        }
        byte before = block == 0 ? (byte) 0 : progress[GROUPS];
        byte groups = check(buffer, length, before);
        if (p1 == LAST && ((byte) (groups & NEEDED) != NEEDED || !applet.keys.isPresent())) {
            ISOException.throwIt(Constants.SW_CONDITIONS_NOT_SATISFIED);
        }
        forget();
        if (block == 0) {
            applet.ledger.clearHistory();
            applet.pin.clear();
            applet.card.certified = false;
        }
        write(buffer, length);
        if (p1 == LAST) {
            finish();
        } else {
            progress[NEXT_BLOCK] = (byte) (block + 1);
            progress[GROUPS] = groups;
        }
    }

    void forget() {
        progress[NEXT_BLOCK] = 0;
        progress[GROUPS] = 0;
    }

    /** Looks at all groups before any is written. Returns the bits of those that have come with this block. */
    private byte check(byte[] buffer, short length, byte groups) {
        short at = DATA;
        short end = (short) (DATA + length);
        while (at < end) {
            if ((short) (end - at) < (short) 3) {
                ISOException.throwIt(Constants.SW_WRONG_DATA);
            }
            short dgi = Util.getShort(buffer, at);
            short size = (short) (buffer[(short) (at + 2)] & 0x00FF);
            at = (short) (at + 3);
            if ((short) (end - at) < size) {
                ISOException.throwIt(Constants.SW_WRONG_DATA);
            }
            byte bit = bitOf(dgi);
            if ((byte) (groups & bit) != 0 || !isInRange(dgi, buffer, at, size)) {
                ISOException.throwIt(Constants.SW_WRONG_DATA);
            }
            groups |= bit;
            at = (short) (at + size);
        }
        return groups;
    }

    private static byte bitOf(short dgi) {
        switch (dgi) {
            case DGI_IDS:
                return (byte) 0x01;
            case DGI_NODE_URI:
                return (byte) 0x02;
            case DGI_ISSUER:
                return (byte) 0x04;
            case DGI_LIMITS:
                return (byte) 0x08;
            case DGI_SEAL_KEY:
                return (byte) 0x10;
            case DGI_PIN:
                return (byte) 0x20;
            case DGI_CERTIFICATE:
                return (byte) 0x40;
            default:
                ISOException.throwIt(Constants.SW_REFERENCE_NOT_FOUND);
                return (byte) 0;
        }
    }

    private boolean isInRange(short dgi, byte[] buffer, short at, short size) {
        switch (dgi) {
            case DGI_IDS:
                return size == IDS_LENGTH;
            case DGI_NODE_URI:
                return size >= 1 && size <= Constants.MAX_NODE_URI && isPrintable(buffer, at, size);
            case DGI_ISSUER:
                return size == Constants.POINT_LENGTH
                    && buffer[at] == (byte) 4
                    && FieldArithmetic.isOnCurve(buffer, (short) (at + 1), applet.work);
            case DGI_LIMITS:
                return size == LIMITS_LENGTH
                    && Ledger.isAtMostMaximum(buffer, at)
                    && (byte) (buffer[(short) (at + Ledger.LIMITS_LENGTH)] & (byte) ~Constants.PUBLISHED) == 0;
            case DGI_SEAL_KEY:
                return size == KEY_LENGTH;
            case DGI_CERTIFICATE:
                return size == SealedMessages.BODY_LENGTH;
            default:
                return size == PinBlock.LENGTH && PinBlock.isWellFormed(buffer, at);
        }
    }

    private static boolean isPrintable(byte[] buffer, short at, short size) {
        for (short i = 0; i < size; i++) {
            byte c = buffer[(short) (at + i)];
            if (c <= (byte) 0x20 || c >= (byte) 0x7F) {
                return false;
            }
        }
        return true;
    }

    private void write(byte[] buffer, short length) {
        short at = DATA;
        short end = (short) (DATA + length);
        while (at < end) {
            short dgi = Util.getShort(buffer, at);
            short size = (short) (buffer[(short) (at + 2)] & 0x00FF);
            at = (short) (at + 3);
            writeGroup(dgi, buffer, at, size);
            at = (short) (at + size);
        }
    }

    private void writeGroup(short dgi, byte[] buffer, short at, short size) {
        CardData card = applet.card;
        switch (dgi) {
            case DGI_IDS:
                card.storeIds(buffer, at);
                break;
            case DGI_NODE_URI:
                card.storeNodeUri(buffer, at, size);
                break;
            case DGI_ISSUER:
                applet.keys.storeIssuer(buffer, at);
                break;
            case DGI_LIMITS:
                applet.ledger.storeLimits(buffer, at);
                card.published = buffer[(short) (at + Ledger.LIMITS_LENGTH)];
                break;
            case DGI_SEAL_KEY:
                applet.keys.storeSeal(buffer, at);
                break;
            case DGI_CERTIFICATE:
                card.storeCertificate(buffer, at);
                break;
            default:
                applet.pin.store(buffer, at);
        }
    }

    /** The last write of a personalization is that of one byte. */
    private void finish() {
        applet.keys.point.getW(applet.work, (short) 0);
        applet.card.storeKeyCheck(applet.work);
        applet.card.lifecycle = Constants.PERSONALIZED;
    }
}
