package chequecard.applet;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/** What INSTALL hands over: length and instance AID, length and privileges, length and parameters of the application. */
final class InstallParameters {
    /** specs/01 §3. */
    private static final byte[] AID = {
        (byte) 0xF0, (byte) 0x43, (byte) 0x48, (byte) 0x45, (byte) 0x51, (byte) 0x55, (byte) 0x45, (byte) 0x01};
    private static final short AID_LENGTH = (short) 8;

    private InstallParameters() {
    }

    /** Refuses an instance that no host would find, and parameters, since this version has none (6A80). */
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
