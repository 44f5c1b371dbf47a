package chequecard.applet;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** UPDATE: the issuer's new limits (specs/01 §6.7, specs/02 §3.3). */
final class Update {
    private static final short DATA = ISO7816.OFFSET_CDATA;

    /** Offsets in the scratch, where the body is opened. */
    private static final short CARD_ID = SealedMessages.FIELDS;
    private static final short SEQUENCE = (short) (SealedMessages.FIELDS + 8);
    private static final short FLAGS = (short) (SealedMessages.FIELDS + 12);
    private static final short LIMITS = (short) (SealedMessages.FIELDS + 16);
    private static final short KEY_CHECK = (short) (SealedMessages.FIELDS + 52);

    private Update() {
    }

    /** The numbers are the steps of the specification, of which the caller did the first. */
    static void run(ChequecardApplet applet, byte[] buffer) {
        CardData card = applet.card;
        // 2
        if (Util.arrayCompare(buffer, (short) (DATA + 1), card.keySetId, (short) 0, CardData.KEY_SET_ID) != 0) {
            ISOException.throwIt(Constants.SW_REFERENCE_NOT_FOUND);
        }
        // 3
        if (buffer[DATA] != Constants.TYPE_UPDATE) {
            ISOException.throwIt(Constants.SW_WRONG_DATA);
        }
        // 4
        if (!applet.messages.openUpdate(buffer, DATA)) {
            ISOException.throwIt(Constants.SW_BAD_ISSUER_SIGNATURE);
        }
        // 5
        byte[] body = applet.work;
        byte flags = body[FLAGS];
        if ((byte) (flags & (byte) ~Constants.UPDATE_KNOWN_FLAGS) != 0) {
            ISOException.throwIt(Constants.SW_WRONG_DATA);
        }
        // 6
        if (!takesEffect(applet, body)) {
            return;
        }
        JCSystem.beginTransaction();
        applet.ledger.replaceLimits(body, SEQUENCE, LIMITS, (byte) (flags & Constants.UPDATE_RESET_NO_PIN_SPENT) != 0);
        card.lifecycle = (byte) (flags & Constants.UPDATE_BLOCK) != 0 ? Constants.BLOCKED : Constants.PERSONALIZED;
        JCSystem.commitTransaction();
        // After the commit, so that a torn update cannot be sent again for three more guesses.
        if ((byte) (flags & Constants.UPDATE_RESET_TRIES) != 0) {
            applet.pin.unblock();
        }
    }

    private static boolean takesEffect(ChequecardApplet applet, byte[] body) {
        CardData card = applet.card;
        Ledger ledger = applet.ledger;
        return Util.arrayCompare(body, CARD_ID, card.cardId, (short) 0, CardData.CARD_ID) == 0
            && Util.arrayCompare(body, KEY_CHECK, card.keyCheck, (short) 0, CardData.KEY_CHECK) == 0
            && ledger.isNewer(body, SEQUENCE)
            && ledger.isCreditAllowed(body, LIMITS);
    }
}
