package chequecard.bolt;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;
import org.globalplatform.GPSystem;

/**
 * The second face of a card (specs/10 §8): an NFC Forum Type 4 tag whose address changes with each session, as an NTAG 424 DNA
 * has it. A package of its own: the platform's firewall keeps it from the card application, and neither knows of the other.
 */
public final class BoltCardApplet extends Applet {
    private static final short DATA = ISO7816.OFFSET_CDATA;
    private static final short BY_FILE_ID = (short) 0x0000;
    private static final short BY_FILE_ID_SILENTLY = (short) 0x000C;
    private static final short BY_NAME = (short) 0x0400;
    private static final short BY_NAME_SILENTLY = (short) 0x040C;
    private static final short FILE_ID = (short) 2;

    private final FaceData face = new FaceData();
    private final SunKeys keys = new SunKeys();
    private final TagFiles files = new TagFiles(face, keys);
    private final Personalization personalization = new Personalization(face, keys);

    private BoltCardApplet() {
    }

    /** The instance has the AID of NDEF tags, which readers look for, and there is nothing to set. */
    public static void install(byte[] parameters, short offset, byte length) {
        InstallParameters.require(parameters, offset, length);
        new BoltCardApplet().register(parameters, (short) (offset + 1), parameters[offset]);
    }

    /** A RESET that was torn is finished before anything is answered. */
    public boolean select() {
        GPSystem.getSecureChannel().resetSecurity();
        personalization.finishReset();
        return true;
    }

    public void deselect() {
        GPSystem.getSecureChannel().resetSecurity();
    }

    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        byte ins = buffer[ISO7816.OFFSET_INS];
        switch (buffer[ISO7816.OFFSET_CLA]) {
            case Constants.CLA_ISO:
                processIso(apdu, buffer, ins);
                break;
            case Constants.CLA_PROPRIETARY:
                if (ins != Constants.INS_INITIALIZE_UPDATE) {
                    ISOException.throwIt(Constants.SW_INS_NOT_SUPPORTED);
                }
                personalization.forget();
                processSecurity(apdu);
                break;
            case Constants.CLA_SECURE:
                if (ins == Constants.INS_EXTERNAL_AUTHENTICATE) {
                    processSecurity(apdu);
                } else {
                    personalization.process(apdu, buffer, ins);
                }
                break;
            default:
                ISOException.throwIt(Constants.SW_CLA_NOT_SUPPORTED);
        }
    }

    private void processIso(APDU apdu, byte[] buffer, byte ins) {
        short parameters = Util.getShort(buffer, ISO7816.OFFSET_P1);
        switch (ins) {
            case Constants.INS_SELECT:
                if (parameters == BY_NAME || parameters == BY_NAME_SILENTLY) {
                    ISOException.throwIt(Constants.SW_NOT_FOUND);
                }
                if (parameters != BY_FILE_ID && parameters != BY_FILE_ID_SILENTLY) {
                    ISOException.throwIt(Constants.SW_WRONG_P1P2);
                }
                requireLength(receive(apdu), FILE_ID);
                files.select(Util.getShort(buffer, DATA));
                break;
            case Constants.INS_READ_BINARY:
                // Bit 8 of P1 names a file by its short identifier: the files have none.
                if (parameters < 0) {
                    ISOException.throwIt(Constants.SW_WRONG_P1P2);
                }
                requireLength(receive(apdu), (short) 0);
                short wanted = apdu.setOutgoing();
                short count = files.read(parameters, wanted, buffer);
                apdu.setOutgoingLength(count);
                apdu.sendBytes((short) 0, count);
                break;
            default:
                ISOException.throwIt(Constants.SW_INS_NOT_SUPPORTED);
        }
    }

    /** INITIALIZE UPDATE, EXTERNAL AUTHENTICATE: the security domain's work. Its answer lies at OFFSET_CDATA. */
    private static void processSecurity(APDU apdu) {
        short length = GPSystem.getSecureChannel().processSecurity(apdu);
        if (length > 0) {
            apdu.setOutgoingAndSend(DATA, length);
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
