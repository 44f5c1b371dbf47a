package chequecard.bolt;

import javacard.framework.Util;
import javacard.security.AESKey;
import javacard.security.CryptoException;
import javacard.security.KeyBuilder;
import javacard.security.RandomData;
import javacardx.crypto.Cipher;

/**
 * The two keys of the application and what it makes with them (specs/10 §2): encrypted PICC data and CMAC, as an NTAG 424 DNA
 * has them. AES-CMAC is made with AES-CBC from zeros, one block at a time: 3.0.4 has no signature that is one.
 *
 * A cipher is set up when its key is written, as the card application does it; a card that forgets that throws, and it is set
 * up again.
 */
final class SunKeys {
    /** First byte of PICC data: UID of 7 bytes, and the counter. */
    private static final byte PICC_DATA = (byte) 0xC7;
    private static final short RANDOM = (short) 5;
    private static final short BLOCK = Constants.BLOCK;
    /** SV2: what the session key of the CMAC is derived from, before UID and counter. */
    private static final byte[] SESSION = {(byte) 0x3C, (byte) 0xC3, (byte) 0x00, (byte) 0x01, (byte) 0x00, (byte) 0x80};
    private static final short SESSION_LENGTH = (short) 6;
    /** Doubling in the field of AES-CMAC (RFC 4493 §2.3). */
    private static final byte REDUCTION = (byte) 0x87;
    private static final byte TOP_BIT = (byte) 0x80;
    private static final short MAC = (short) 8;

    /** K1 of a Bolt Card: encrypts who it is, and is shared by a batch. */
    final AESKey picc = (AESKey) KeyBuilder.buildKey(KeyBuilder.TYPE_AES, KeyBuilder.LENGTH_AES_128, false);
    /** K2 of a Bolt Card: authenticates, and is this card's own. */
    final AESKey mac = (AESKey) KeyBuilder.buildKey(KeyBuilder.TYPE_AES, KeyBuilder.LENGTH_AES_128, false);
    private final AESKey session = (AESKey) KeyBuilder.buildKey(
        KeyBuilder.TYPE_AES_TRANSIENT_DESELECT, KeyBuilder.LENGTH_AES_128, false);
    private final Cipher piccCipher = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
    private final Cipher macCipher = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
    private final Cipher sessionCipher = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
    private final RandomData random = RandomData.getInstance(RandomData.ALG_SECURE_RANDOM);

    void storePicc(byte[] buffer, short offset) {
        picc.setKey(buffer, offset);
        piccCipher.init(picc, Cipher.MODE_ENCRYPT);
    }

    void storeMac(byte[] buffer, short offset) {
        mac.setKey(buffer, offset);
        macCipher.init(mac, Cipher.MODE_ENCRYPT);
    }

    void clear() {
        picc.clearKey();
        mac.clearKey();
    }

    /** Encrypted PICC data: 16 bytes at 16 of work, which has two blocks. */
    void encryptPicc(FaceData face, byte[] work) {
        work[0] = PICC_DATA;
        short at = writeIdentity(face, work, (short) 1);
        random.generateData(work, at, RANDOM);
        encrypt(piccCipher, picc, work, (short) 0, BLOCK);
    }

    /** The CMAC over nothing under the session key of identity and counter: 8 bytes at 0 of work, which has two blocks. */
    void authenticate(FaceData face, byte[] work) {
        subkey(macCipher, mac, work);
        short at = Util.arrayCopyNonAtomic(SESSION, (short) 0, work, (short) 0, SESSION_LENGTH);
        writeIdentity(face, work, at);
        for (short i = 0; i < BLOCK; i++) {
            work[i] ^= work[(short) (i + BLOCK)];
        }
        encrypt(macCipher, mac, work, (short) 0, BLOCK);
        session.setKey(work, BLOCK);
        sessionCipher.init(session, Cipher.MODE_ENCRYPT);
        subkey(sessionCipher, session, work);
        twice(work, BLOCK);
        work[BLOCK] ^= TOP_BIT;
        encrypt(sessionCipher, session, work, BLOCK, (short) 0);
        session.clearKey();
        // Every other byte, from the second.
        for (short i = 0; i < MAC; i++) {
            work[i] = work[(short) (2 * i + 1)];
        }
    }

    /** UID, and the counter with its lowest byte first. Returns the offset behind. */
    private static short writeIdentity(FaceData face, byte[] work, short at) {
        at = Util.arrayCopyNonAtomic(face.uid, (short) 0, work, at, Constants.UID);
        work[at] = face.counter[2];
        work[(short) (at + 1)] = face.counter[1];
        work[(short) (at + 2)] = face.counter[0];
        return (short) (at + Constants.COUNTER);
    }

    /** The first subkey of RFC 4493 §2.3, at the second block. Overwrites the first. */
    private static void subkey(Cipher cipher, AESKey key, byte[] work) {
        Util.arrayFillNonAtomic(work, (short) 0, BLOCK, (byte) 0);
        encrypt(cipher, key, work, (short) 0, BLOCK);
        twice(work, BLOCK);
    }

    private static void twice(byte[] work, short at) {
        short last = (short) (at + BLOCK - 1);
        byte carry = (byte) (work[at] & TOP_BIT);
        for (; at < last; at++) {
            byte below = (byte) (work[(short) (at + 1)] & TOP_BIT);
            work[at] = (byte) (work[at] << 1 | (below == 0 ? 0 : 1));
        }
        work[last] = (byte) (work[last] << 1);
        if (carry != 0) {
            work[last] ^= REDUCTION;
        }
    }

    private static void encrypt(Cipher cipher, AESKey key, byte[] work, short from, short to) {
        try {
            cipher.doFinal(work, from, BLOCK, work, to);
        } catch (CryptoException forgotten) {
            cipher.init(key, Cipher.MODE_ENCRYPT);
            cipher.doFinal(work, from, BLOCK, work, to);
        }
    }
}
