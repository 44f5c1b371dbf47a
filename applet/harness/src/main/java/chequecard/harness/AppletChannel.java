package chequecard.harness;

import java.util.Arrays;
import javacard.framework.APDU;
import org.globalplatform.SecureChannel;

/** What the security domain offers its applications, in the shape of GlobalPlatform's card API. */
final class AppletChannel implements SecureChannel {
    private static final int DATA = 5;
    private static final byte INITIALIZE_UPDATE = 0x50;

    private final CardChannel channel;

    AppletChannel(CardChannel channel) {
        this.channel = channel;
    }

    @Override
    public short processSecurity(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        int length = apdu.setIncomingAndReceive();
        byte[] command = Arrays.copyOf(buffer, DATA + length);
        if (buffer[1] != INITIALIZE_UPDATE) {
            channel.externalAuthenticate(command);
            return 0;
        }
        byte[] answer = channel.initializeUpdate(buffer[2] & 0xFF, buffer[3] & 0xFF, Arrays.copyOfRange(command, DATA, command.length));
        System.arraycopy(answer, 0, buffer, DATA, answer.length);
        return (short) answer.length;
    }

    @Override
    public short unwrap(byte[] buffer, short offset, short length) {
        byte[] data = channel.unwrap(Arrays.copyOfRange(buffer, offset, offset + length));
        buffer[offset] &= (byte) ~0x04;
        buffer[offset + 4] = (byte) data.length;
        System.arraycopy(data, 0, buffer, offset + DATA, data.length);
        return (short) (DATA + data.length);
    }

    /** buffer: data, then the status word. */
    @Override
    public short wrap(byte[] buffer, short offset, short length) {
        byte[] data = channel.wrap(Arrays.copyOfRange(buffer, offset, offset + length - 2));
        System.arraycopy(data, 0, buffer, offset, data.length);
        buffer[offset + data.length] = (byte) 0x90;
        buffer[offset + data.length + 1] = 0;
        return (short) (data.length + 2);
    }

    @Override
    public short decryptData(byte[] buffer, short offset, short length) {
        throw new UnsupportedOperationException("the applet does not need it");
    }

    @Override
    public short encryptData(byte[] buffer, short offset, short length) {
        throw new UnsupportedOperationException("the applet does not need it");
    }

    @Override
    public void resetSecurity() {
        channel.end();
    }

    @Override
    public byte getSecurityLevel() {
        return channel.isOpen() ? (byte) (AUTHENTICATED | channel.level()) : NO_SECURITY_LEVEL;
    }
}
