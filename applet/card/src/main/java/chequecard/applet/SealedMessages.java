package chequecard.applet;

import javacard.framework.Util;
import javacard.security.RandomData;

/**
 * Frames, signatures and seals (specs/02 §1, §2). The scratch holds all of a message:
 *
 *   0 tag hash | 32 tag hash | 64 type | 65 key set id | 69 fields | 133 signature r | s | 197 the same in DER
 *
 * What is signed lies at 0..133, the frame's head at 64..69, the body that is sealed at 69..197: nothing is copied twice.
 * The digest of specs/02 §2 is SHA-256 over exactly these 133 bytes, so the card's "ECDSA with SHA-256" makes it.
 */
final class SealedMessages {
    static final short LENGTH = (short) 149;
    static final short FIELDS = (short) 69;
    private static final short HASH = (short) 32;
    private static final short TYPE = (short) 64;
    private static final short KEY_SET_ID = (short) 65;
    private static final short SIGNED_LENGTH = (short) 133;
    private static final short SIGNATURE = (short) 133;
    private static final short DER = (short) 197;
    static final short BODY_LENGTH = (short) 128;
    private static final short HEAD_LENGTH = (short) 5;
    private static final short IV_LENGTH = (short) 16;
    private static final short BEFORE_FIELDS = (short) 53;

    private final CardKeys keys;
    private final CardData card;
    private final byte[] work;
    private final RandomData random = RandomData.getInstance(RandomData.ALG_SECURE_RANDOM);

    SealedMessages(CardKeys keys, CardData card, byte[] work) {
        this.keys = keys;
        this.card = card;
        this.work = work;
    }

    /** The first field of all messages. Returns the offset behind it. */
    short writeCardId() {
        return Util.arrayCopyNonAtomic(card.cardId, (short) 0, work, FIELDS, CardData.CARD_ID);
    }

    /**
     * Signs and seals the 64 bytes of fields that the caller wrote at FIELDS. Writes 149 bytes at offset.
     *
     * A block of random bytes stands before the body and all is encrypted from an initial vector of zeros: what comes out
     * first is a random block too, and the initial vector of what follows (specs/02 §1).
     */
    void seal(byte type, byte[] out, short offset) {
        writeHead(type);
        keys.sign(work, SIGNED_LENGTH, DER);
        DerSignature.toCompact(work, DER, SIGNATURE);
        sealBody(out, offset);
    }

    /** Seals the certificate that the card keeps (specs/02 §3.4). Writes 149 bytes at offset. */
    void sealCertificate(byte[] out, short offset) {
        writeFrame(Constants.TYPE_CERTIFICATE);
        Util.arrayCopyNonAtomic(card.certificate, (short) 0, work, FIELDS, BODY_LENGTH);
        sealBody(out, offset);
    }

    private void sealBody(byte[] out, short offset) {
        short at = Util.arrayCopyNonAtomic(work, TYPE, out, offset, HEAD_LENGTH);
        random.generateData(work, BEFORE_FIELDS, IV_LENGTH);
        keys.encrypt(work, BEFORE_FIELDS, (short) (IV_LENGTH + BODY_LENGTH), out, at);
    }

    /** Opens a message's body to FIELDS and says whether the issuer signed it. The work is the same for each content. */
    boolean openUpdate(byte[] message, short offset) {
        keys.decrypt(message, (short) (offset + HEAD_LENGTH), BODY_LENGTH, work, FIELDS);
        writeHead(Constants.TYPE_UPDATE);
        if (!DerSignature.inRange(work, SIGNATURE)) {
            return false;
        }
        short derLength = DerSignature.fromCompact(work, SIGNATURE, DER);
        return keys.verify(work, SIGNED_LENGTH, DER, derLength);
    }

    private void writeHead(byte type) {
        byte[] tagHash = Tags.hash(type);
        Util.arrayCopyNonAtomic(tagHash, (short) 0, work, (short) 0, HASH);
        Util.arrayCopyNonAtomic(tagHash, (short) 0, work, HASH, HASH);
        writeFrame(type);
    }

    private void writeFrame(byte type) {
        work[TYPE] = type;
        Util.arrayCopyNonAtomic(card.keySetId, (short) 0, work, KEY_SET_ID, CardData.KEY_SET_ID);
    }
}
