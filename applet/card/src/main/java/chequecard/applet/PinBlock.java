package chequecard.applet;

import javacard.framework.ISOException;

/** ISO 9564 format 2 (specs/01 §6.3). */
final class PinBlock {
    static final byte LENGTH = (byte) 8;
    private static final byte CONTROL = (byte) 0x20;
    private static final short MIN_DIGITS = (short) 4;
    private static final short MAX_DIGITS = (short) 12;
    private static final short NIBBLES = (short) 14;
    private static final short FILLER = (short) 0x0F;

    private PinBlock() {
    }

    /** Answers 6A80 when the 8 bytes at offset are no PIN block. */
    static void require(byte[] buffer, short offset) {
        if (!isWellFormed(buffer, offset)) {
            ISOException.throwIt(Constants.SW_WRONG_DATA);
        }
    }

    static boolean isWellFormed(byte[] buffer, short offset) {
        if ((byte) (buffer[offset] & (byte) 0xF0) != CONTROL) {
            return false;
        }
        short digits = (short) (buffer[offset] & 0x0F);
        if (digits < MIN_DIGITS || digits > MAX_DIGITS) {
            return false;
        }
        for (short i = 0; i < NIBBLES; i++) {
            short nibble = nibbleAt(buffer, offset, i);
            if (i < digits ? nibble > (short) 9 : nibble != FILLER) {
                return false;
            }
        }
        return true;
    }

    private static short nibbleAt(byte[] buffer, short offset, short index) {
        byte both = buffer[(short) (offset + 1 + (short) (index >> 1))];
        return (short) ((index & 1) == 0 ? (short) ((short) (both >> 4) & FILLER) : (short) (both & FILLER));
    }
}
