package chequecard.applet;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;

/** AUTHORIZE: a token for one invoice (specs/01 §6.5). */
final class Authorize {
    private static final short DATA = ISO7816.OFFSET_CDATA;
    /** Amount 8, invoice hash 32. */
    static final short LENGTH = (short) 40;

    private Authorize() {
    }

    /** The numbers are the steps of the specification. The token is written to the buffer's start. */
    static void run(ChequecardApplet applet, byte[] buffer) {
        Ledger ledger = applet.ledger;
        // 1
        if (!Ledger.isAmount(buffer, DATA)) {
            ISOException.throwIt(Constants.SW_WRONG_DATA);
        }
        boolean verified = applet.pin.useUp();
        // 2
        short entry = ledger.find(buffer, DATA);
        if (entry == Ledger.NOT_FOUND) {
            // 3
            if (ledger.exceeds(buffer, DATA, Ledger.MAX_PER_TRANSACTION)) {
                ISOException.throwIt(Constants.SW_ABOVE_MAX_PER_TRANSACTION);
            }
            ledger.addUp(buffer, DATA);
            // 4
            if (!verified && ledger.needsPin(buffer, DATA)) {
                ISOException.throwIt(applet.pin.missing());
            }
            // 5
            if (ledger.counterUsedUp()) {
                ISOException.throwIt(Constants.SW_COUNTER_USED_UP);
            }
            // 6
            if (ledger.exceedsAvailable()) {
                ISOException.throwIt(Constants.SW_ABOVE_AVAILABLE);
            }
            // 7
            entry = ledger.debit(buffer, DATA, verified);
        }
        // 8
        ledger.writeAuthorization(entry, applet.work, applet.messages.writeCardId());
        applet.messages.seal(Constants.TYPE_AUTHORIZATION, buffer, (short) 0);
    }
}
