package chequecard.bolt;

import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** What the application keeps, but for its keys: lifecycle, identity, address, counter (specs/10 §8.1). */
final class FaceData {
    byte lifecycle = Constants.BLANK;
    /** Given at personalization; nothing of the chip's. */
    final byte[] uid = new byte[Constants.UID];
    /** All of the address that stands before the value of p. */
    final byte[] address = new byte[Constants.MAX_ADDRESS];
    short addressLength;
    /** Reads of the NDEF file so far, big-endian. It only rises: neither RESET nor personalization sets it back. */
    final byte[] counter = new byte[Constants.COUNTER];
    private final byte[] next = JCSystem.makeTransientByteArray(Constants.COUNTER, JCSystem.CLEAR_ON_DESELECT);

    boolean isPersonalized() {
        return lifecycle == Constants.PERSONALIZED;
    }

    void requireBlank() {
        if (lifecycle != Constants.BLANK) {
            ISOException.throwIt(Constants.SW_CONDITIONS_NOT_SATISFIED);
        }
    }

    /** One more, in one write that power loss cannot halve; 6985 for ever after the last value, FFFFFF. */
    void raiseCounter() {
        short at = Constants.COUNTER;
        Util.arrayCopyNonAtomic(counter, (short) 0, next, (short) 0, at);
        do {
            at--;
            if (at < 0) {
                ISOException.throwIt(Constants.SW_CONDITIONS_NOT_SATISFIED);
            }
            next[at]++;
        } while (next[at] == 0);
        Util.arrayCopy(next, (short) 0, counter, (short) 0, Constants.COUNTER);
    }

    void storeUid(byte[] buffer, short offset) {
        Util.arrayCopy(buffer, offset, uid, (short) 0, Constants.UID);
    }

    /** Longer than a commit buffer, so it is written without one: torn, there is none. */
    void storeAddress(byte[] buffer, short offset, short length) {
        addressLength = 0;
        Util.arrayCopyNonAtomic(buffer, offset, address, (short) 0, length);
        addressLength = length;
    }

    /** RESET: nothing is left but lifecycle byte and counter. */
    void clear() {
        addressLength = 0;
        Util.arrayFillNonAtomic(uid, (short) 0, Constants.UID, (byte) 0);
        Util.arrayFillNonAtomic(address, (short) 0, Constants.MAX_ADDRESS, (byte) 0);
    }
}
