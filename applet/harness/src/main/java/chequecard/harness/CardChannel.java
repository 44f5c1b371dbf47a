package chequecard.harness;

import java.security.SecureRandom;
import java.util.Arrays;
import javacard.framework.ISOException;

/** The card's half of an SCP03 channel (specs/04 §4.2 to §4.5), one for each application that offers it. All of it is volatile. */
final class CardChannel {
    static final int C_MAC = 0x01;
    static final int C_DECRYPTION = 0x02;
    static final int R_MAC = 0x10;
    static final int R_ENCRYPTION = 0x20;
    private static final int S16 = 0x01;
    private static final int PSEUDO_RANDOM = 0x10;
    private static final int OFFERS_R_MAC = 0x20;
    private static final int OFFERS_R_ENCRYPTION = 0x40;
    private static final int HEAD = 5;
    private static final SecureRandom RANDOM = new SecureRandom();

    private enum State { NONE, INITIALIZED, OPEN }

    private final KeyStore keys;
    private final byte[] diversification;
    private final int parameterI;
    private final int size;
    private final byte[] aid;

    private State state;
    private int level;
    private int version;
    private int counter;
    private byte[] enc;
    private byte[] mac;
    private byte[] rmac;
    private byte[] hostCryptogram;
    private byte[] chain;

    CardChannel(KeyStore keys, byte[] diversification, int parameterI, byte[] aid) {
        this.keys = keys;
        this.diversification = diversification;
        this.parameterI = parameterI;
        this.size = (parameterI & S16) != 0 ? 16 : 8;
        this.aid = aid;
        end();
    }

    void end() {
        state = State.NONE;
        level = 0;
        counter = 0;
        chain = new byte[Scp03.BLOCK];
        enc = mac = rmac = hostCryptogram = null;
    }

    boolean isOpen() {
        return state == State.OPEN;
    }

    /** 0 while it is not open. */
    int level() {
        return isOpen() ? level : 0;
    }

    /** Of the static keys. */
    int version() {
        return version;
    }

    byte[] initializeUpdate(int wanted, int p2, byte[] hostChallenge) {
        end();
        require(p2 == 0, 0x6A86);
        require(hostChallenge.length == size, 0x6700);
        int slot = keys.find(wanted);
        require(slot >= 0, 0x6A88);
        require(!keys.isLocked(), 0x6983);
        byte[] sequence = (parameterI & PSEUDO_RANDOM) != 0 ? keys.nextSequence(slot) : new byte[0];
        byte[] cardChallenge = new byte[size];
        if (sequence.length > 0) {
            cardChallenge = Scp03.derive(keys.key(slot, 0), 0x02, Scp03.concat(sequence, aid), size);
        } else {
            RANDOM.nextBytes(cardChallenge);
        }
        byte[] context = Scp03.concat(hostChallenge, cardChallenge);
        enc = Scp03.derive(keys.key(slot, 0), 0x04, context, Scp03.BLOCK);
        mac = Scp03.derive(keys.key(slot, 1), 0x06, context, Scp03.BLOCK);
        rmac = Scp03.derive(keys.key(slot, 1), 0x07, context, Scp03.BLOCK);
        hostCryptogram = Scp03.derive(mac, 0x01, context, size);
        version = keys.version(slot);
        state = State.INITIALIZED;
        byte[] cardCryptogram = Scp03.derive(mac, 0x00, context, size);
        return Scp03.concat(diversification, new byte[] {(byte) version, 3, (byte) parameterI}, cardChallenge, cardCryptogram, sequence);
    }

    /** @param command header, Lc and data */
    void externalAuthenticate(byte[] command) {
        require(state == State.INITIALIZED, 0x6985);
        int wanted = command[2] & 0xFF;
        require(command[3] == 0 && offers(wanted), 0x6A86);
        require(command.length == HEAD + 2 * size, 0x6700);
        keys.countAttempt();
        byte[] expected = hostCryptogram;
        boolean macIsRight = checkMac(command);
        boolean cryptogramIsRight = Arrays.equals(expected, Arrays.copyOfRange(command, HEAD, HEAD + size));
        if (!macIsRight || !cryptogramIsRight) {
            end();
            ISOException.throwIt(macIsRight ? (short) 0x6300 : (short) 0x6982);
        }
        keys.forgetFailures();
        state = State.OPEN;
        level = wanted;
        counter = 0;
    }

    private boolean offers(int wanted) {
        boolean known = switch (wanted) {
            case 0x00, 0x01, 0x03, 0x11, 0x13, 0x33 -> true;
            default -> false;
        };
        return known
            && ((wanted & R_MAC) == 0 || (parameterI & OFFERS_R_MAC) != 0)
            && ((wanted & R_ENCRYPTION) == 0 || (parameterI & OFFERS_R_MAC) != 0 && (parameterI & OFFERS_R_ENCRYPTION) != 0);
    }

    /** The data of a command in clear. @param command header, Lc and data */
    byte[] unwrap(byte[] command) {
        require(isOpen(), 0x6982);
        byte[] data = Arrays.copyOfRange(command, Math.min(HEAD, command.length), command.length);
        if ((level & C_MAC) == 0) {
            return data;
        }
        counter++;
        if ((command[0] & 0x04) == 0 || data.length < size || !checkMac(command)) {
            throw abort();
        }
        data = Arrays.copyOf(data, data.length - size);
        if ((level & C_DECRYPTION) == 0 || data.length == 0) {
            return data;
        }
        byte[] plain = data.length % Scp03.BLOCK == 0 ? Scp03.unpad(Scp03.cbc(false, enc, Scp03.iv(enc, counter, 0), data)) : null;
        if (plain == null) {
            throw abort();
        }
        return plain;
    }

    /** The data of a 9000 answer as it goes out. */
    byte[] wrap(byte[] plain) {
        if ((level() & R_MAC) == 0) {
            return plain;
        }
        byte[] data = plain;
        if ((level & R_ENCRYPTION) != 0 && data.length > 0) {
            data = Scp03.cbc(true, enc, Scp03.iv(enc, counter, 0x80), Scp03.pad(data));
        }
        byte[] code = Scp03.cmac(rmac, Scp03.concat(chain, data, new byte[] {(byte) 0x90, 0}));
        return Scp03.concat(data, Arrays.copyOf(code, size));
    }

    private boolean checkMac(byte[] command) {
        byte[] covered = Arrays.copyOf(command, command.length - size);
        covered[0] = (byte) (covered[0] & ~0x03 | 0x04);
        byte[] full = Scp03.cmac(mac, Scp03.concat(chain, covered));
        if (!Arrays.equals(Arrays.copyOf(full, size), Arrays.copyOfRange(command, command.length - size, command.length))) {
            return false;
        }
        chain = full;
        return true;
    }

    private RuntimeException abort() {
        end();
        return new ISOException((short) 0x6982);
    }

    static void require(boolean condition, int sw) {
        if (!condition) {
            ISOException.throwIt((short) sw);
        }
    }
}
