package chequecard.applet;

import javacard.security.AESKey;
import javacard.security.ECPrivateKey;
import javacard.security.ECPublicKey;
import javacard.security.KeyBuilder;
import javacard.security.KeyPair;

/** The card's key pair, the issuer's point, the seal key. None of them takes part in a transaction (specs/01 §8). */
final class CardKeys {
    final ECPrivateKey secret = (ECPrivateKey) KeyBuilder.buildKey(KeyBuilder.TYPE_EC_FP_PRIVATE, KeyBuilder.LENGTH_EC_FP_256, false);
    final ECPublicKey point = (ECPublicKey) KeyBuilder.buildKey(KeyBuilder.TYPE_EC_FP_PUBLIC, KeyBuilder.LENGTH_EC_FP_256, false);
    final ECPublicKey issuer = (ECPublicKey) KeyBuilder.buildKey(KeyBuilder.TYPE_EC_FP_PUBLIC, KeyBuilder.LENGTH_EC_FP_256, false);
    final AESKey seal = (AESKey) KeyBuilder.buildKey(KeyBuilder.TYPE_AES, KeyBuilder.LENGTH_AES_128, false);
    private final KeyPair pair;
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
        present = true;
    }

    void storeIssuer(byte[] buffer, short offset) {
        Curve.setParameters(issuer);
        issuer.setW(buffer, offset, Constants.POINT_LENGTH);
    }

    void storeSeal(byte[] buffer, short offset) {
        seal.setKey(buffer, offset);
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
