package chequecard.applet;

import javacard.framework.JCSystem;
import javacard.framework.Util;

/** The one piece of RAM in which all commands work, one after the other. The runtime clears it when the applet is left. */
final class Scratch {
    static final short LENGTH = (short) 281;
    /** Longest run of zeros that is copied at once: an entry of the ring. */
    private static final short ZEROS = (short) 53;

    static byte[] make() {
        return JCSystem.makeTransientByteArray(LENGTH, JCSystem.CLEAR_ON_DESELECT);
    }

    private Scratch() {
    }

    /** Zeros in a persistent array: pieces of 53 bytes, each written as a whole. Overwrites the scratch's start. */
    static void erase(byte[] work, byte[] persistent, short offset, short length) {
        Util.arrayFillNonAtomic(work, (short) 0, ZEROS, (byte) 0);
        while (length > 0) {
            short piece = length < ZEROS ? length : ZEROS;
            offset = Util.arrayCopy(work, (short) 0, persistent, offset, piece);
            length = (short) (length - piece);
        }
    }
}
