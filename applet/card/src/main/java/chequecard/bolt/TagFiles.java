package chequecard.bolt;

import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** The two files of a Type 4 tag (specs/10 §8.2), and the address that is made at the first read of a session. */
final class TagFiles {
    private static final short CC = (short) 0xE103;
    private static final short NDEF = (short) 0xE104;
    private static final byte NONE = (byte) 0;
    private static final byte SELECTED_CC = (byte) 1;
    private static final byte SELECTED_NDEF = (byte) 2;

    /** Version 2.0, at most 255 bytes a read; NDEF file E104 of 256 bytes, read by all, written by none. */
    private static final byte[] CC_FILE = {
        (byte) 0x00, (byte) 0x0F, (byte) 0x20, (byte) 0x00, (byte) 0xFF, (byte) 0x00, (byte) 0xFF, (byte) 0x04,
        (byte) 0x06, (byte) 0xE1, (byte) 0x04, (byte) 0x01, (byte) 0x00, (byte) 0x00, (byte) 0xFF};
    private static final short CC_LENGTH = (short) 15;
    private static final short NDEF_LENGTH = (short) 256;
    private static final short MAX_READ = (short) 255;

    /** One short record: well known type U, and the URI as it stands behind its first byte, 00. */
    private static final byte[] RECORD = {
        (byte) 0x00, (byte) 0x00, (byte) 0xD1, (byte) 0x01, (byte) 0x00, (byte) 0x55, (byte) 0x00};
    private static final short RECORD_LENGTH = (short) 7;
    private static final short PAYLOAD_LENGTH_AT = (short) 4;
    /** Bytes of the record before its payload. */
    private static final short HEADER = (short) 4;
    private static final byte[] BETWEEN = {(byte) '&', (byte) 'c', (byte) '='};
    private static final short BETWEEN_LENGTH = (short) 3;
    private static final short MAC = (short) 8;

    private static final short SELECTED = (short) 0;
    private static final short MADE = (short) 1;

    private final FaceData face;
    private final SunKeys keys;
    /** Selected file, and whether this session has its address. */
    private final byte[] session = JCSystem.makeTransientByteArray((short) 2, JCSystem.CLEAR_ON_DESELECT);
    private final byte[] ndef = JCSystem.makeTransientByteArray(NDEF_LENGTH, JCSystem.CLEAR_ON_DESELECT);
    private final byte[] work = JCSystem.makeTransientByteArray((short) (2 * Constants.BLOCK), JCSystem.CLEAR_ON_DESELECT);

    TagFiles(FaceData face, SunKeys keys) {
        this.face = face;
        this.keys = keys;
    }

    void select(short file) {
        if (!face.isPersonalized() || file != CC && file != NDEF) {
            ISOException.throwIt(Constants.SW_NOT_FOUND);
        }
        session[SELECTED] = file == CC ? SELECTED_CC : SELECTED_NDEF;
    }

    /** Bytes of the selected file to the start of the buffer. Returns how many. */
    short read(short offset, short wanted, byte[] buffer) {
        byte selected = session[SELECTED];
        if (selected == NONE || !face.isPersonalized()) {
            ISOException.throwIt(Constants.SW_CONDITIONS_NOT_SATISFIED);
        }
        short length = selected == SELECTED_CC ? CC_LENGTH : NDEF_LENGTH;
        if (offset >= length) {
            ISOException.throwIt(Constants.SW_WRONG_OFFSET);
        }
        if (selected == SELECTED_NDEF && session[MADE] == 0) {
            make();
        }
        short left = (short) (length - offset);
        short count = wanted < left ? wanted : left;
        if (count > MAX_READ) {
            count = MAX_READ;
        }
        Util.arrayCopyNonAtomic(selected == SELECTED_CC ? CC_FILE : ndef, offset, buffer, (short) 0, count);
        return count;
    }

    /** The counter has risen for good before anything is made with it. */
    private void make() {
        face.raiseCounter();
        short at = Util.arrayCopyNonAtomic(RECORD, (short) 0, ndef, (short) 0, RECORD_LENGTH);
        at = Util.arrayCopyNonAtomic(face.address, (short) 0, ndef, at, face.addressLength);
        keys.encryptPicc(face, work);
        at = writeHex(Constants.BLOCK, Constants.BLOCK, at);
        at = Util.arrayCopyNonAtomic(BETWEEN, (short) 0, ndef, at, BETWEEN_LENGTH);
        keys.authenticate(face, work);
        at = writeHex((short) 0, MAC, at);
        Util.arrayFillNonAtomic(work, (short) 0, (short) (2 * Constants.BLOCK), (byte) 0);
        byte payload = (byte) (at - RECORD_LENGTH + 1);
        ndef[PAYLOAD_LENGTH_AT] = payload;
        ndef[1] = (byte) (payload + HEADER);
        session[MADE] = (byte) 1;
    }

    private short writeHex(short from, short length, short at) {
        for (short i = 0; i < length; i++) {
            byte value = work[(short) (from + i)];
            ndef[at++] = digit((byte) (value >> 4 & 0x0F));
            ndef[at++] = digit((byte) (value & 0x0F));
        }
        return at;
    }

    private static byte digit(byte nibble) {
        return (byte) (nibble < 10 ? '0' + nibble : 'A' - 10 + nibble);
    }
}
