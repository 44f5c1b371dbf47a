package chequecard.applet;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/** The card application of specs/01: installation, selection, and the order of checks (§5) for every command. */
public final class ChequecardApplet extends Applet {
    private static final short DATA = ISO7816.OFFSET_CDATA;
    private static final byte SILENTLY = (byte) 0x0C;
    private static final short BY_NAME = (short) 0x0400;
    private static final short BY_NAME_SILENTLY = (short) 0x040C;
    private static final short PIN_REFERENCE = (short) 0x0080;
    private static final short TWO_PIN_BLOCKS = (short) 16;

    final byte[] work = Scratch.make();
    final CardData card = new CardData();
    final CardKeys keys = new CardKeys();
    final CardPin pin = new CardPin(work);
    final Ledger ledger = new Ledger(work);
    final SealedMessages messages = new SealedMessages(keys, card, work);
    private final SecureCommands secureCommands = new SecureCommands(this);

    private ChequecardApplet() {
    }

    /** The instance has the AID of specs/01 §3, and there is nothing to set: other parameters are refused. */
    public static void install(byte[] parameters, short offset, byte length) {
        InstallParameters.require(parameters, offset, length);
        new ChequecardApplet().register(parameters, (short) (offset + 1), parameters[offset]);
    }

    /** A RESET that was torn is finished before anything is answered (specs/04 §7). */
    public boolean select() {
        secureCommands.end();
        secureCommands.finishReset();
        return true;
    }

    public void deselect() {
        secureCommands.end();
    }

    public void process(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        if (selectingApplet()) {
            if (buffer[ISO7816.OFFSET_P2] != SILENTLY) {
                apdu.setOutgoingAndSend((short) 0, DataObjects.writeFci(this, buffer, (short) 0));
            }
            return;
        }
        byte ins = buffer[ISO7816.OFFSET_INS];
        switch (buffer[ISO7816.OFFSET_CLA]) {
            case Constants.CLA_ISO:
                processIso(apdu, buffer, ins);
                break;
            case Constants.CLA_PROPRIETARY:
                processProprietary(apdu, buffer, ins);
                break;
            case Constants.CLA_SECURE:
                secureCommands.process(apdu, buffer, ins);
                break;
            default:
                ISOException.throwIt(Constants.SW_CLA_NOT_SUPPORTED);
        }
    }

    private void processIso(APDU apdu, byte[] buffer, byte ins) {
        switch (ins) {
            case Constants.INS_SELECT:
                refuseSelect(buffer);
                break;
            case Constants.INS_VERIFY:
                card.requirePersonalized();
                requireParameters(buffer, PIN_REFERENCE);
                pin.verify(buffer, receive(apdu));
                break;
            case Constants.INS_CHANGE_PIN:
                card.requirePersonalized();
                requireParameters(buffer, PIN_REFERENCE);
                requireLength(receive(apdu), TWO_PIN_BLOCKS);
                pin.change(buffer);
                break;
            default:
                ISOException.throwIt(Constants.SW_INS_NOT_SUPPORTED);
        }
    }

    private void processProprietary(APDU apdu, byte[] buffer, byte ins) {
        switch (ins) {
            case Constants.INS_GET_DATA:
                getData(apdu, buffer);
                break;
            case Constants.INS_AUTHORIZE:
                card.requirePersonalized();
                requireParameters(buffer, (short) 0);
                requireLength(receive(apdu), Authorize.LENGTH);
                Authorize.run(this, buffer);
                apdu.setOutgoingAndSend((short) 0, SealedMessages.LENGTH);
                break;
            case Constants.INS_IDENTIFY:
                card.requireNotBlank();
                requireParameters(buffer, (short) 0);
                requireLength(receive(apdu), Identify.LENGTH);
                Identify.run(this, buffer);
                apdu.setOutgoingAndSend((short) 0, SealedMessages.LENGTH);
                break;
            case Constants.INS_UPDATE:
                card.requireNotBlank();
                requireParameters(buffer, (short) 0);
                requireLength(receive(apdu), SealedMessages.LENGTH);
                Update.run(this, buffer);
                break;
            case Constants.INS_INITIALIZE_UPDATE:
                secureCommands.processSecurity(apdu, true);
                break;
            default:
                ISOException.throwIt(Constants.SW_INS_NOT_SUPPORTED);
        }
    }

    /** A SELECT that reaches the selected application selects nothing (specs/01 §6.1). */
    private static void refuseSelect(byte[] buffer) {
        short parameters = Util.getShort(buffer, ISO7816.OFFSET_P1);
        boolean byName = parameters == BY_NAME || parameters == BY_NAME_SILENTLY;
        ISOException.throwIt(byName ? Constants.SW_NOT_FOUND : Constants.SW_WRONG_P1P2);
    }

    /** specs/01 §6.2: P1 P2 is a tag. */
    private void getData(APDU apdu, byte[] buffer) {
        short tag = Util.getShort(buffer, ISO7816.OFFSET_P1);
        if (tag == DataObjects.CERTIFICATE) {
            card.requirePersonalized();
        }
        if (!hasObject(tag)) {
            ISOException.throwIt(Constants.SW_REFERENCE_NOT_FOUND);
        }
        requireLength(receive(apdu), (short) 0);
        apdu.setOutgoingAndSend((short) 0, writeObject(tag, buffer));
    }

    private boolean hasObject(short tag) {
        switch (tag) {
            case DataObjects.PROFILE:
                return true;
            case DataObjects.NODE_URI:
                return !card.isBlank();
            case DataObjects.CERTIFICATE:
                return card.certified;
            default:
                return false;
        }
    }

    private short writeObject(short tag, byte[] buffer) {
        switch (tag) {
            case DataObjects.PROFILE:
                return DataObjects.writeProfile(this, buffer, (short) 0);
            case DataObjects.NODE_URI:
                return DataObjects.writeNodeUri(card, buffer, (short) 0);
            default:
                return DataObjects.writeCertificate(this, buffer, (short) 0);
        }
    }

    static void requireParameters(byte[] buffer, short expected) {
        if (Util.getShort(buffer, ISO7816.OFFSET_P1) != expected) {
            ISOException.throwIt(Constants.SW_WRONG_P1P2);
        }
    }

    static void requireLength(short length, short expected) {
        if (length != expected) {
            ISOException.throwIt(Constants.SW_WRONG_LENGTH);
        }
    }

    /** Brings all command data into the buffer. Returns its length. */
    static short receive(APDU apdu) {
        short received = apdu.setIncomingAndReceive();
        short expected = apdu.getIncomingLength();
        while (received < expected) {
            received = (short) (received + apdu.receiveBytes((short) (DATA + received)));
        }
        return received;
    }
}
