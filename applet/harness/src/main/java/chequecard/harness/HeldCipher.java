package chequecard.harness;

import javacard.security.CryptoException;
import javacard.security.Key;
import javacardx.crypto.Cipher;

/** A cipher that holds its key as cards do, by reference: jCardSim copies the key when the cipher is set up. */
public final class HeldCipher extends Cipher {
    private final Cipher simulated;
    private final PoweredMemory memory = PoweredMemory.current();
    private Key key;
    private byte mode;
    private byte[] iv;
    private int setUpAt;

    private HeldCipher(Cipher simulated) {
        this.simulated = simulated;
    }

    public static Cipher create(byte algorithm, boolean external) {
        return new HeldCipher(Cipher.getInstance(algorithm, external));
    }

    @Override
    public void init(Key key, byte mode) {
        init(key, mode, new byte[Scp03.BLOCK], (short) 0, (short) Scp03.BLOCK);
    }

    @Override
    public void init(Key key, byte mode, byte[] iv, short offset, short length) {
        this.key = key;
        this.mode = mode;
        this.iv = java.util.Arrays.copyOfRange(iv, offset, offset + length);
        setUpAt = memory.powerUps();
    }

    @Override
    public short doFinal(byte[] in, short offset, short length, byte[] out, short outOffset) {
        if (key == null || memory.isForgetful() && setUpAt != memory.powerUps()) {
            CryptoException.throwIt(CryptoException.INVALID_INIT);
        }
        simulated.init(key, mode, iv, (short) 0, (short) iv.length);
        return simulated.doFinal(in, offset, length, out, outOffset);
    }

    @Override
    public short update(byte[] in, short offset, short length, byte[] out, short outOffset) {
        CryptoException.throwIt(CryptoException.ILLEGAL_USE);
        return 0;
    }

    @Override
    public byte getAlgorithm() {
        return simulated.getAlgorithm();
    }

    @Override
    public byte getCipherAlgorithm() {
        return simulated.getCipherAlgorithm();
    }

    @Override
    public byte getPaddingAlgorithm() {
        return simulated.getPaddingAlgorithm();
    }
}
