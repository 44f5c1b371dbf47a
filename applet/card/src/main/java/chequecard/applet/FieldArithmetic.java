package chequecard.applet;

import javacard.framework.Util;

/**
 * Whether a point lies on secp256k1 (specs/04 §6, DGI 0103): y^2 = x^3 + 7 modulo p = 2^256 - 2^32 - 977. The card's API
 * has no function that promises to find out. It takes about a second, once in a card's life.
 *
 * The sum lies at 0..34 of the scratch: two bytes for what goes beyond 2^256, then the number.
 */
final class FieldArithmetic {
    private static final short NUMBER = (short) 32;
    private static final short SUM = (short) 0;
    private static final short SUM_LENGTH = (short) 34;
    private static final short LEFT = (short) 34;
    private static final short RIGHT = (short) 66;
    private static final short BYTE = (short) 0x00FF;
    private static final short SEVEN = (short) 7;

    private FieldArithmetic() {
    }

    /** x (32 bytes) at offset, y behind it; both below p. */
    static boolean isOnCurve(byte[] point, short offset, byte[] work) {
        short y = (short) (offset + NUMBER);
        if (!isBelowPrime(point, offset) || !isBelowPrime(point, y)) {
            return false;
        }
        multiply(work, point, y, point, y);
        reduce(work, LEFT);
        multiply(work, point, offset, point, offset);
        reduce(work, RIGHT);
        multiply(work, work, RIGHT, point, offset);
        add(work, (short) (SUM_LENGTH - 1), SEVEN);
        fold(work);
        reduce(work, RIGHT);
        return Util.arrayCompare(work, LEFT, work, RIGHT, NUMBER) == 0;
    }

    private static boolean isBelowPrime(byte[] number, short offset) {
        return Unsigned.compare(number, offset, Curve.FIELD, (short) 0, NUMBER) < 0;
    }

    /** The sum becomes a * b, below 2^256: a's bytes from the first, each time shifting what is there. */
    private static void multiply(byte[] work, byte[] a, short aOffset, byte[] b, short bOffset) {
        Util.arrayFillNonAtomic(work, SUM, SUM_LENGTH, (byte) 0);
        for (short i = 0; i < NUMBER; i++) {
            Util.arrayCopyNonAtomic(work, (short) (SUM + 1), work, SUM, (short) (SUM_LENGTH - 1));
            work[(short) (SUM_LENGTH - 1)] = 0;
            short digit = (short) (a[(short) (aOffset + i)] & BYTE);
            short carry = 0;
            for (short j = (short) (NUMBER - 1); j >= 0; j--) {
                short at = (short) (j + 2);
                // At most 255 * 255 + 255 + 255: all 16 bits, so only its bytes are used.
                short product = (short) (digit * (short) (b[(short) (bOffset + j)] & BYTE));
                product = (short) (product + carry);
                product = (short) (product + (short) (work[at] & BYTE));
                work[at] = (byte) product;
                carry = (short) ((short) (product >> 8) & BYTE);
            }
            add(work, (short) 1, carry);
            fold(work);
        }
    }

    /** What goes beyond 2^256 comes back times 2^32 + 977 (01 00 00 03 D1), until nothing does. */
    private static void fold(byte[] work) {
        while (work[0] != 0 || work[1] != 0) {
            for (short i = 0; i < (short) 2; i++) {
                short digit = (short) (work[i] & BYTE);
                work[i] = 0;
                add(work, (short) (32 + i), (short) (digit * (short) 0x00D1));
                add(work, (short) (31 + i), (short) (digit * (short) 3));
                add(work, (short) (28 + i), digit);
            }
        }
    }

    /** Adds 16 bits without a sign whose low byte belongs at this place of the sum. */
    private static void add(byte[] work, short at, short value) {
        while (value != 0) {
            short low = (short) ((short) (work[at] & BYTE) + (short) (value & BYTE));
            work[at] = (byte) low;
            value = (short) ((short) ((short) (value >> 8) & BYTE) + (short) (low >> 8));
            at--;
        }
    }

    /** The sum below p, to a place of its own. */
    private static void reduce(byte[] work, short out) {
        if (isBelowPrime(work, (short) 2)) {
            Util.arrayCopyNonAtomic(work, (short) 2, work, out, NUMBER);
        } else {
            Unsigned.subtract(work, (short) 2, Curve.FIELD, (short) 0, work, out, NUMBER);
        }
    }
}
