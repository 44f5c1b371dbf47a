package chequecard.applet;

import javacard.framework.APDU;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;
import org.globalplatform.GPSystem;
import org.globalplatform.SecureChannel;

/** What runs through the secure channel of the security domain (specs/04 §4 to §7): a key, the data, RESET. */
final class SecureCommands {
    private static final short DATA = ISO7816.OFFSET_CDATA;
    /** Level 03 (specs/04 §4.2). */
    private static final byte NEEDED = (byte) (SecureChannel.AUTHENTICATED | SecureChannel.C_MAC | SecureChannel.C_DECRYPTION);
    private static final byte RESPONSES = (byte) (SecureChannel.R_MAC | SecureChannel.R_ENCRYPTION);
    private static final short SW_LENGTH = (short) 2;
    private static final short NEW_KEY = (short) 0x8000;

    private final ChequecardApplet applet;
    private final StoreData storeData;
    private final KeyProof keyProof;

    SecureCommands(ChequecardApplet applet) {
        this.applet = applet;
        storeData = new StoreData(applet);
        keyProof = new KeyProof(applet.keys, applet.work);
    }

    /** CLA 84. */
    void process(APDU apdu, byte[] buffer, byte ins) {
        switch (ins) {
            case Constants.INS_EXTERNAL_AUTHENTICATE:
                processSecurity(apdu, false);
                return;
            case Constants.INS_GENERATE_KEY_PAIR:
            case Constants.INS_STORE_DATA:
                applet.card.requireBlank();
                break;
            case Constants.INS_RESET:
                break;
            default:
                ISOException.throwIt(Constants.SW_INS_NOT_SUPPORTED);
        }
        SecureChannel channel = GPSystem.getSecureChannel();
        // A level that is too low leaves the channel open, and the command is no part of it (specs/04 §4.2, §4.4).
        if ((byte) (channel.getSecurityLevel() & NEEDED) != NEEDED) {
            ISOException.throwIt(Constants.SW_SECURITY_NOT_SATISFIED);
        }
        short received = ChequecardApplet.receive(apdu);
        short length = (short) (channel.unwrap(buffer, (short) 0, (short) (DATA + received)) - DATA);
        short answer = run(buffer, ins, length);
        if ((byte) (channel.getSecurityLevel() & RESPONSES) != 0) {
            Util.setShort(buffer, answer, ISO7816.SW_NO_ERROR);
            answer = (short) (channel.wrap(buffer, (short) 0, (short) (answer + SW_LENGTH)) - SW_LENGTH);
        }
        if (answer > 0) {
            apdu.setOutgoingAndSend((short) 0, answer);
        }
    }

    /** Response data is at 0 of the buffer. Returns its length. */
    private short run(byte[] buffer, byte ins, short length) {
        switch (ins) {
            case Constants.INS_GENERATE_KEY_PAIR:
                ChequecardApplet.requireParameters(buffer, NEW_KEY);
                ChequecardApplet.requireLength(length, KeyProof.CHALLENGE_LENGTH);
                return keyProof.generate(buffer, DATA);
            case Constants.INS_STORE_DATA:
                storeData.process(buffer, length);
                return (short) 0;
            default:
                ChequecardApplet.requireParameters(buffer, (short) 0);
                ChequecardApplet.requireLength(length, (short) 0);
                applet.card.lifecycle = Constants.RESETTING;
                finishReset();
                return (short) 0;
        }
    }

    /**
     * Destroys what RESET leaves, keys first (specs/04 §7); nothing on a card that is not being reset. Torn anywhere, it
     * starts over at the next SELECT. The last write is that of one byte.
     */
    void finishReset() {
        CardData card = applet.card;
        if (card.lifecycle != Constants.RESETTING) {
            return;
        }
        applet.keys.clear();
        applet.pin.clear();
        applet.ledger.clear();
        card.clear(applet.work);
        storeData.forget();
        card.lifecycle = Constants.BLANK;
    }

    /** INITIALIZE UPDATE, EXTERNAL AUTHENTICATE: the security domain's work. Its answer lies at OFFSET_CDATA. */
    void processSecurity(APDU apdu, boolean begins) {
        if (begins) {
            storeData.forget();
        }
        short length = GPSystem.getSecureChannel().processSecurity(apdu);
        if (length > 0) {
            apdu.setOutgoingAndSend(DATA, length);
        }
    }

    /** What ends with a selection (specs/01 §3). */
    void end() {
        GPSystem.getSecureChannel().resetSecurity();
    }
}
