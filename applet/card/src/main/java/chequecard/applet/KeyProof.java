package chequecard.applet;

import javacard.framework.Util;

/**
 * GENERATE KEY PAIR (specs/04 §5). In the scratch: 0 tag hash | 32 tag hash | 64 challenge | 80 point | 145 signature |
 * 209 the same in DER. What is signed lies at 0..145.
 */
final class KeyProof {
    static final short CHALLENGE_LENGTH = (short) 16;
    private static final short HASH = (short) 32;
    private static final short CHALLENGE = (short) 64;
    private static final short POINT = (short) 80;
    private static final short SIGNED_LENGTH = (short) 145;
    private static final short SIGNATURE = (short) 145;
    private static final short DER = (short) 209;

    private final CardKeys keys;
    private final byte[] work;

    KeyProof(CardKeys keys, byte[] work) {
        this.keys = keys;
        this.work = work;
    }

    /** The challenge lies at offset; the answer is written to the array's start. Returns its length. */
    short generate(byte[] buffer, short offset) {
        Util.arrayCopyNonAtomic(buffer, offset, work, CHALLENGE, CHALLENGE_LENGTH);
        keys.generate();
        Util.arrayCopyNonAtomic(Tags.KEY, (short) 0, work, (short) 0, HASH);
        Util.arrayCopyNonAtomic(Tags.KEY, (short) 0, work, HASH, HASH);
        keys.point.getW(work, POINT);
        keys.sign(work, SIGNED_LENGTH, DER);
        DerSignature.toCompact(work, DER, SIGNATURE);
        short at = Util.setShort(buffer, (short) 0, (short) 0x7F49);
        buffer[at++] = (byte) 0x43;
        buffer[at++] = (byte) 0x86;
        buffer[at++] = (byte) Constants.POINT_LENGTH;
        at = Util.arrayCopyNonAtomic(work, POINT, buffer, at, Constants.POINT_LENGTH);
        buffer[at++] = (byte) 0x9E;
        buffer[at++] = (byte) 0x40;
        return Util.arrayCopyNonAtomic(work, SIGNATURE, buffer, at, (short) 64);
    }
}
