package chequecard.bolt;

import javacard.framework.APDU;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;
import org.globalplatform.GPSystem;
import org.globalplatform.SecureChannel;

/** What runs through the secure channel of the security domain: STORE DATA and RESET (specs/10 §8.4). */
final class Personalization {
    private static final short DATA = ISO7816.OFFSET_CDATA;
    /** Level 03 (specs/04 §4.2). */
    private static final byte NEEDED = (byte) (SecureChannel.AUTHENTICATED | SecureChannel.C_MAC | SecureChannel.C_DECRYPTION);
    private static final byte RESPONSES = (byte) (SecureChannel.R_MAC | SecureChannel.R_ENCRYPTION);
    private static final short SW_LENGTH = (short) 2;

    private static final byte MORE = (byte) 0x08;
    private static final byte LAST = (byte) 0x88;
    private static final short DGI_UID = (short) 0x0201;
    private static final short DGI_ADDRESS = (short) 0x0202;
    private static final short DGI_PICC_KEY = (short) 0x8201;
    private static final short DGI_MAC_KEY = (short) 0x8202;
    private static final byte NEEDED_GROUPS = (byte) 0x0F;

    private static final short NEXT_BLOCK = (short) 0;
    private static final short GROUPS = (short) 1;

    private final FaceData face;
    private final SunKeys keys;
    /** Next block number, groups that have come: lost with the power and at SELECT. */
    private final byte[] progress = JCSystem.makeTransientByteArray((short) 2, JCSystem.CLEAR_ON_DESELECT);

    Personalization(FaceData face, SunKeys keys) {
        this.face = face;
        this.keys = keys;
    }

    /** CLA 84, but for EXTERNAL AUTHENTICATE. */
    void process(APDU apdu, byte[] buffer, byte ins) {
        if (ins == Constants.INS_STORE_DATA) {
            face.requireBlank();
        } else if (ins != Constants.INS_RESET) {
            ISOException.throwIt(Constants.SW_INS_NOT_SUPPORTED);
        }
        SecureChannel channel = GPSystem.getSecureChannel();
        // A level that is too low leaves the channel open, and the command is no part of it (specs/04 §4.2, §4.4).
        if ((byte) (channel.getSecurityLevel() & NEEDED) != NEEDED) {
            ISOException.throwIt(Constants.SW_SECURITY_NOT_SATISFIED);
        }
        short received = BoltCardApplet.receive(apdu);
        short length = (short) (channel.unwrap(buffer, (short) 0, (short) (DATA + received)) - DATA);
        if (ins == Constants.INS_STORE_DATA) {
            storeData(buffer, length);
        } else {
            reset(buffer, length);
        }
        if ((byte) (channel.getSecurityLevel() & RESPONSES) != 0) {
            Util.setShort(buffer, (short) 0, ISO7816.SW_NO_ERROR);
            short wrapped = (short) (channel.wrap(buffer, (short) 0, SW_LENGTH) - SW_LENGTH);
            apdu.setOutgoingAndSend((short) 0, wrapped);
        }
    }

    void forget() {
        progress[NEXT_BLOCK] = 0;
        progress[GROUPS] = 0;
    }

    private void reset(byte[] buffer, short length) {
        BoltCardApplet.requireParameters(buffer, (short) 0);
        BoltCardApplet.requireLength(length, (short) 0);
        face.lifecycle = Constants.RESETTING;
        finishReset();
    }

    /** Destroys what RESET leaves, keys first. Torn anywhere, it starts over at the next SELECT. */
    void finishReset() {
        if (face.lifecycle != Constants.RESETTING) {
            return;
        }
        keys.clear();
        face.clear();
        forget();
        face.lifecycle = Constants.BLANK;
    }

    /** The application is blank meanwhile, so groups are written in place: they cannot be read. */
    private void storeData(byte[] buffer, short length) {
        byte p1 = buffer[ISO7816.OFFSET_P1];
        byte block = buffer[ISO7816.OFFSET_P2];
        if (p1 != MORE && p1 != LAST || block != 0 && block != progress[NEXT_BLOCK]) {
            ISOException.throwIt(Constants.SW_WRONG_P1P2);
        }
        byte groups = check(buffer, length, block == 0 ? (byte) 0 : progress[GROUPS]);
        if (p1 == LAST && groups != NEEDED_GROUPS) {
            ISOException.throwIt(Constants.SW_CONDITIONS_NOT_SATISFIED);
        }
        forget();
        write(buffer, length);
        if (p1 == LAST) {
            face.lifecycle = Constants.PERSONALIZED;
        } else {
            progress[NEXT_BLOCK] = (byte) (block + 1);
            progress[GROUPS] = groups;
        }
    }

    /** Looks at all groups before any is written. Returns the bits of those that have come with this block. */
    private static byte check(byte[] buffer, short length, byte groups) {
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
            case DGI_UID:
                return (byte) 0x01;
            case DGI_ADDRESS:
                return (byte) 0x02;
            case DGI_PICC_KEY:
                return (byte) 0x04;
            case DGI_MAC_KEY:
                return (byte) 0x08;
            default:
                ISOException.throwIt(Constants.SW_REFERENCE_NOT_FOUND);
                return (byte) 0;
        }
    }

    private static boolean isInRange(short dgi, byte[] buffer, short at, short size) {
        switch (dgi) {
            case DGI_UID:
                return size == Constants.UID;
            case DGI_ADDRESS:
                return size >= 1 && size <= Constants.MAX_ADDRESS && isPrintable(buffer, at, size);
            default:
                return size == Constants.BLOCK;
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
            switch (dgi) {
                case DGI_UID:
                    face.storeUid(buffer, at);
                    break;
                case DGI_ADDRESS:
                    face.storeAddress(buffer, at, size);
                    break;
                case DGI_PICC_KEY:
                    keys.storePicc(buffer, at);
                    break;
                default:
                    keys.storeMac(buffer, at);
            }
            at = (short) (at + size);
        }
    }
}
