package chequecard.applet;

import javacard.framework.ISOException;
import javacard.framework.Util;
import javacard.security.MessageDigest;

/** What personalization gives a card (specs/01 §8), but for keys, PIN and limits; and the lifecycle byte (specs/01 §3). */
final class CardData {
    static final short CARD_ID = (short) 8;
    static final short KEY_SET_ID = (short) 4;
    static final short KEY_CHECK = (short) 12;

    byte lifecycle = Constants.BLANK;
    byte published;
    final byte[] cardId = new byte[CARD_ID];
    final byte[] keySetId = new byte[KEY_SET_ID];
    /** The first 12 bytes of the hash of the card's point: made once, at personalization (specs/02 §3.3). */
    final byte[] keyCheck = new byte[KEY_CHECK];
    final byte[] nodeUri = new byte[Constants.MAX_NODE_URI];
    short nodeUriLength;
    /** The signed body, in clear (specs/02 §3.4); it is there only when the mark says so. */
    final byte[] certificate = new byte[SealedMessages.BODY_LENGTH];
    boolean certified;
    private final MessageDigest digest = MessageDigest.getInstance(MessageDigest.ALG_SHA_256, false);

    boolean isBlank() {
        return lifecycle == Constants.BLANK;
    }

    boolean isBlocked() {
        return lifecycle == Constants.BLOCKED;
    }

    /** The columns of specs/01 §5: commands of a card that is not blank. */
    void requireNotBlank() {
        if (isBlank()) {
            ISOException.throwIt(Constants.SW_CONDITIONS_NOT_SATISFIED);
        }
    }

    /** Commands of a personalized card alone. */
    void requirePersonalized() {
        requireNotBlank();
        if (isBlocked()) {
            ISOException.throwIt(Constants.SW_BLOCKED);
        }
    }

    /** Commands of a blank card alone. */
    void requireBlank() {
        if (!isBlank()) {
            ISOException.throwIt(Constants.SW_CONDITIONS_NOT_SATISFIED);
        }
    }

    /** DGI 0101 (specs/04 §6). */
    void storeIds(byte[] buffer, short offset) {
        Util.arrayCopy(buffer, offset, cardId, (short) 0, CARD_ID);
        Util.arrayCopy(buffer, (short) (offset + CARD_ID), keySetId, (short) 0, KEY_SET_ID);
    }

    /** DGI 0102. Longer than a commit buffer, so it is written without one: torn, there is none. */
    void storeNodeUri(byte[] buffer, short offset, short length) {
        nodeUriLength = 0;
        Util.arrayCopyNonAtomic(buffer, offset, nodeUri, (short) 0, length);
        nodeUriLength = length;
    }

    /** DGI 0105. Longer than a commit buffer too. */
    void storeCertificate(byte[] buffer, short offset) {
        certified = false;
        Util.arrayCopyNonAtomic(buffer, offset, certificate, (short) 0, SealedMessages.BODY_LENGTH);
        certified = true;
    }

    /** The point (65 bytes) lies at the start of the scratch; its hash is made behind it. */
    void storeKeyCheck(byte[] work) {
        digest.doFinal(work, (short) 0, Constants.POINT_LENGTH, work, Constants.POINT_LENGTH);
        Util.arrayCopy(work, Constants.POINT_LENGTH, keyCheck, (short) 0, KEY_CHECK);
    }

    /** RESET (specs/04 §7): nothing is left but the lifecycle byte. Overwrites the scratch's start. */
    void clear(byte[] work) {
        Scratch.erase(work, cardId, (short) 0, CARD_ID);
        Scratch.erase(work, keySetId, (short) 0, KEY_SET_ID);
        Scratch.erase(work, keyCheck, (short) 0, KEY_CHECK);
        certified = false;
        Scratch.erase(work, certificate, (short) 0, SealedMessages.BODY_LENGTH);
        nodeUriLength = 0;
        Scratch.erase(work, nodeUri, (short) 0, Constants.MAX_NODE_URI);
        published = 0;
    }
}
