package chequecard.bolt;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/** What INSTALL hands over: length and instance AID, length and privileges, length and parameters of the application. */
final class InstallParameters {
    /** NFC Forum Type 4 Tag, NDEF tag application. */
    private static final byte[] AID = {
        (byte) 0xD2, (byte) 0x76, (byte) 0x00, (byte) 0x00, (byte) 0x85, (byte) 0x01, (byte) 0x01};
    private static final short AID_LENGTH = (short) 7;

    private InstallParameters() {
    }

    /** Refuses an instance that no reader would find, and parameters, since this version has none (6A80). */
    static void require(byte[] parameters, short offset, byte length) {
        short privileges = (short) (offset + 1 + AID_LENGTH);
        if (parameters[offset] != AID_LENGTH
            || Util.arrayCompare(parameters, (short) (offset + 1), AID, (short) 0, AID_LENGTH) != 0) {
            ISOException.throwIt(ISO7816.SW_WRONG_DATA);
        }
        short own = (short) (privileges + 1 + parameters[privileges]);
        if (own < (short) (offset + length) && parameters[own] != 0) {
            ISOException.throwIt(ISO7816.SW_WRONG_DATA);
        }
    }
}
