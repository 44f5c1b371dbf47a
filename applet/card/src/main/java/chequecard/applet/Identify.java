package chequecard.applet;

import javacard.framework.ISO7816;
import javacard.framework.Util;

/** IDENTIFY: a status under a challenge (specs/01 §6.6). */
final class Identify {
    /** The challenge. */
    static final short LENGTH = (short) 32;

    private Identify() {
    }

    /** The status is written to the buffer's start. */
    static void run(ChequecardApplet applet, byte[] buffer) {
        byte flags = 0;
        if (applet.pin.isBlocked()) {
            flags |= Constants.STATUS_PIN_BLOCKED;
        }
        if (applet.card.isBlocked()) {
            flags |= Constants.STATUS_BLOCKED;
        }
        short at = applet.ledger.writeStatus(flags, applet.work, applet.messages.writeCardId());
        Util.arrayCopyNonAtomic(buffer, ISO7816.OFFSET_CDATA, applet.work, at, LENGTH);
        applet.messages.seal(Constants.TYPE_STATUS, buffer, (short) 0);
    }
}
