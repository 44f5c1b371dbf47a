package chequecard.harness;

import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.ECDSASigner;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import javacard.security.CryptoException;
import javacard.security.ECKey;
import javacard.security.ECPrivateKey;
import javacard.security.ECPublicKey;
import javacard.security.Key;
import javacard.security.KeyPair;
import javacard.security.Signature;

/**
 * ECDSA with SHA-256 and a fresh nonce. jCardSim signs everything with the same nonce and makes the same "random" key
 * each time: its generator has no seed.
 */
public final class FreshEcdsa extends Signature {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int SCALAR = 32;

    private final Signature simulated;
    private ECPrivateKey signingKey;
    private Key verifyingKey;
    private final PoweredMemory memory = PoweredMemory.current();

    private FreshEcdsa(Signature simulated) {
        this.simulated = simulated;
    }

    public static Signature create(byte algorithm, boolean external) {
        Signature simulated = Signature.getInstance(algorithm, external);
        return algorithm == ALG_ECDSA_SHA_256 ? new FreshEcdsa(simulated) : simulated;
    }

    /** Makes a pair with a secret of our own. */
    static void generate(KeyPair pair) {
        ECPrivateKey secret = (ECPrivateKey) pair.getPrivate();
        ECDomainParameters curve = curve();
        BigInteger d = new BigInteger(256, RANDOM).mod(curve.getN().subtract(BigInteger.ONE)).add(BigInteger.ONE);
        byte[] scalar = fixed(d);
        secret.setS(scalar, (short) 0, (short) SCALAR);
        byte[] point = curve.getG().multiply(d).normalize().getEncoded(false);
        ((ECPublicKey) pair.getPublic()).setW(point, (short) 0, (short) point.length);
    }

    /** Gives a key of jCardSim the curve. */
    static void setCurve(ECKey key) {
        ECDomainParameters curve = curve();
        byte[] field = fixed(curve.getCurve().getField().getCharacteristic());
        key.setFieldFP(field, (short) 0, (short) SCALAR);
        key.setA(new byte[SCALAR], (short) 0, (short) SCALAR);
        key.setB(fixed(BigInteger.valueOf(7)), (short) 0, (short) SCALAR);
        byte[] generator = curve.getG().getEncoded(false);
        key.setG(generator, (short) 0, (short) generator.length);
        key.setR(fixed(curve.getN()), (short) 0, (short) SCALAR);
        key.setK((short) 1);
    }

    private static ECDomainParameters curve() {
        X9ECParameters parameters = CustomNamedCurves.getByName("secp256k1");
        return new ECDomainParameters(parameters.getCurve(), parameters.getG(), parameters.getN(), parameters.getH());
    }

    private static byte[] fixed(BigInteger number) {
        byte[] bytes = new byte[SCALAR];
        byte[] shortest = number.toByteArray();
        int length = Math.min(shortest.length, SCALAR);
        System.arraycopy(shortest, shortest.length - length, bytes, SCALAR - length, length);
        return bytes;
    }

    @Override
    public void init(Key key, byte mode) {
        signingKey = mode == MODE_SIGN ? (ECPrivateKey) key : null;
        verifyingKey = mode == MODE_VERIFY ? key : null;
        setUpAt = memory.powerUps();
    }

    @Override
    public void init(Key key, byte mode, byte[] parameters, short offset, short length) {
        CryptoException.throwIt(CryptoException.ILLEGAL_VALUE);
    }

    @Override
    public void setInitialDigest(byte[] state, short offset, short length, byte[] count, short countOffset, short countLength) {
        CryptoException.throwIt(CryptoException.ILLEGAL_USE);
    }

    @Override
    public void update(byte[] in, short offset, short length) {
        CryptoException.throwIt(CryptoException.ILLEGAL_USE);
    }

    private int setUpAt;

    /** A forgetful card loses with the power how an object was set up. */
    private void requireSetUp(Key key) {
        if (key == null || memory.isForgetful() && setUpAt != memory.powerUps()) {
            CryptoException.throwIt(CryptoException.INVALID_INIT);
        }
    }

    @Override
    public short sign(byte[] in, short offset, short length, byte[] out, short outOffset) {
        requireSetUp(signingKey);
        byte[] scalar = new byte[SCALAR];
        signingKey.getS(scalar, (short) 0);
        ECDSASigner signer = new ECDSASigner();
        signer.init(true, new ParametersWithRandom(new ECPrivateKeyParameters(new BigInteger(1, scalar), curve()), RANDOM));
        BigInteger[] pair = signer.generateSignature(digest(in, offset, length));
        byte[] der = der(pair[0].toByteArray(), pair[1].toByteArray());
        System.arraycopy(der, 0, out, outOffset, der.length);
        return (short) der.length;
    }

    private static byte[] der(byte[] r, byte[] s) {
        byte[] out = new byte[6 + r.length + s.length];
        out[0] = 0x30;
        out[1] = (byte) (4 + r.length + s.length);
        out[2] = 2;
        out[3] = (byte) r.length;
        System.arraycopy(r, 0, out, 4, r.length);
        out[4 + r.length] = 2;
        out[5 + r.length] = (byte) s.length;
        System.arraycopy(s, 0, out, 6 + r.length, s.length);
        return out;
    }

    private static byte[] digest(byte[] in, short offset, short length) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(in, offset, length);
            return sha.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public short signPreComputedHash(byte[] hash, short offset, short length, byte[] out, short outOffset) {
        CryptoException.throwIt(CryptoException.ILLEGAL_USE);
        return 0;
    }

    @Override
    public boolean verify(byte[] in, short offset, short length, byte[] signature, short signatureOffset, short signatureLength) {
        requireSetUp(verifyingKey);
        // The key as it is now: jCardSim copies it when it is set up.
        simulated.init(verifyingKey, MODE_VERIFY);
        return simulated.verify(in, offset, length, signature, signatureOffset, signatureLength);
    }

    @Override
    public boolean verifyPreComputedHash(byte[] hash, short o, short length, byte[] signature, short so, short signatureLength) {
        CryptoException.throwIt(CryptoException.ILLEGAL_USE);
        return false;
    }

    @Override
    public byte getAlgorithm() {
        return simulated.getAlgorithm();
    }

    @Override
    public short getLength() {
        return simulated.getLength();
    }

    @Override
    public byte getCipherAlgorithm() {
        return simulated.getCipherAlgorithm();
    }

    @Override
    public byte getMessageDigestAlgorithm() {
        return simulated.getMessageDigestAlgorithm();
    }

    @Override
    public byte getPaddingAlgorithm() {
        return simulated.getPaddingAlgorithm();
    }
}
