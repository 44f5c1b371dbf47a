package chequecard.applet;

import javacard.security.AESKey;
import javacard.security.CryptoException;
import javacard.security.ECPrivateKey;
import javacard.security.ECPublicKey;
import javacard.security.KeyBuilder;
import javacard.security.KeyPair;
import javacard.security.Signature;
import javacardx.crypto.Cipher;

/**
 * The card's key pair, the issuer's point, the seal key, and what works with them. No key takes part in a transaction
 * (specs/01 §8).
 *
 * Setting up a signature or a cipher takes 6 to 14 ms on cards (specs/01 §11), so it is done when a key is written: the API
 * says that a reset brings such an object back to how it was set up. A card that forgets it throws, and it is set up again.
 */
final class CardKeys {
    private static final short BLOCK = (short) 16;
    final ECPrivateKey secret = (ECPrivateKey) KeyBuilder.buildKey(KeyBuilder.TYPE_EC_FP_PRIVATE, KeyBuilder.LENGTH_EC_FP_256, false);
    final ECPublicKey point = (ECPublicKey) KeyBuilder.buildKey(KeyBuilder.TYPE_EC_FP_PUBLIC, KeyBuilder.LENGTH_EC_FP_256, false);
    final ECPublicKey issuer = (ECPublicKey) KeyBuilder.buildKey(KeyBuilder.TYPE_EC_FP_PUBLIC, KeyBuilder.LENGTH_EC_FP_256, false);
    final AESKey seal = (AESKey) KeyBuilder.buildKey(KeyBuilder.TYPE_AES, KeyBuilder.LENGTH_AES_128, false);
    private final KeyPair pair;
    private final Signature signer = Signature.getInstance(Signature.ALG_ECDSA_SHA_256, false);
    private final Signature verifier = Signature.getInstance(Signature.ALG_ECDSA_SHA_256, false);
    /** Encrypts from an initial vector of zeros. */
    private final Cipher sealer = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
    private final Cipher opener = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
    /** The mark of specs/04 §5: the pair counts. Taken away before it is written, set after. */
    private boolean present;

    CardKeys() {
        Curve.setParameters(secret);
        Curve.setParameters(point);
        Curve.setParameters(issuer);
        pair = new KeyPair(point, secret);
    }

    boolean isPresent() {
        return present;
    }

    /** A new pair. The curve is set again on both, since clearKey may have taken it away. */
    void generate() {
        present = false;
        Curve.setParameters(secret);
        Curve.setParameters(point);
        pair.genKeyPair();
        signer.init(secret, Signature.MODE_SIGN);
        present = true;
    }

    void storeIssuer(byte[] buffer, short offset) {
        Curve.setParameters(issuer);
        issuer.setW(buffer, offset, Constants.POINT_LENGTH);
        verifier.init(issuer, Signature.MODE_VERIFY);
    }

    void storeSeal(byte[] buffer, short offset) {
        seal.setKey(buffer, offset);
        sealer.init(seal, Cipher.MODE_ENCRYPT);
    }

    /** Signs what lies at the array's start; the signature in DER is written to an offset of the same array. */
    void sign(byte[] work, short length, short der) {
        try {
            signer.sign(work, (short) 0, length, work, der);
        } catch (CryptoException forgotten) {
            signer.init(secret, Signature.MODE_SIGN);
            signer.sign(work, (short) 0, length, work, der);
        }
    }

    /** Whether the issuer signed what lies at the array's start. */
    boolean verify(byte[] work, short length, short der, short derLength) {
        try {
            return verifier.verify(work, (short) 0, length, work, der, derLength);
        } catch (CryptoException forgotten) {
            verifier.init(issuer, Signature.MODE_VERIFY);
            return verifier.verify(work, (short) 0, length, work, der, derLength);
        }
    }

    /** AES-128-CBC under the seal key, from an initial vector of zeros. */
    void encrypt(byte[] work, short offset, short length, byte[] out, short outOffset) {
        try {
            sealer.doFinal(work, offset, length, out, outOffset);
        } catch (CryptoException forgotten) {
            sealer.init(seal, Cipher.MODE_ENCRYPT);
            sealer.doFinal(work, offset, length, out, outOffset);
        }
    }

    /** AES-128-CBC under the seal key, from the initial vector (16 bytes) that lies before the data. */
    void decrypt(byte[] message, short iv, short length, byte[] out, short outOffset) {
        opener.init(seal, Cipher.MODE_DECRYPT, message, iv, BLOCK);
        opener.doFinal(message, (short) (iv + BLOCK), length, out, outOffset);
    }

    /** RESET (specs/04 §7): the secret key, its point, the seal key; then the issuer's point. */
    void clear() {
        present = false;
        secret.clearKey();
        point.clearKey();
        seal.clearKey();
        issuer.clearKey();
    }
}
