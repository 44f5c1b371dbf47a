package chequecard.applet;

import javacard.framework.JCSystem;
import javacard.framework.Util;

/**
 * What the card may pay, what it has paid, and its last four authorizations (specs/01 §8): the money. Fields that
 * change together lie together, so that a transaction has few conditional writes: two for AUTHORIZE, at most three
 * and the lifecycle for UPDATE.
 */
final class Ledger {
    private static final short AMOUNT = (short) 8;
    private static final short COUNT = (short) 4;
    private static final short HASH = (short) 32;

    /** Limits, in the order of an update's body (specs/02 §3.3) and of DGI 0104 (specs/04 §6). */
    static final short CREDIT = (short) 0;
    static final short MAX_PER_TRANSACTION = (short) 8;
    static final short PIN_THRESHOLD = (short) 16;
    private static final short NO_PIN_BUDGET = (short) 24;
    private static final short MAX_TRANSACTIONS = (short) 32;
    static final short LIMITS_LENGTH = (short) 36;

    private static final short COUNTER = (short) 0;
    private static final short AUTHORIZED = (short) 4;
    private static final short NO_PIN_SPENT = (short) 12;
    private static final short SPENT_LENGTH = (short) 20;

    /** An entry of the ring: hash first. */
    private static final short ENTRY_AMOUNT = (short) 32;
    private static final short ENTRY_COUNTER = (short) 40;
    private static final short ENTRY_FLAGS = (short) 44;
    private static final short ENTRY_AUTHORIZED = (short) 45;
    private static final short ENTRY_LENGTH = (short) 53;
    private static final short RING_LENGTH = (short) (4 * 53);
    static final short NOT_FOUND = (short) -1;

    /** 21 million bitcoin in msat (specs/01 §2). */
    private static final byte[] MAX_AMOUNT = {
        (byte) 0x1d, (byte) 0x24, (byte) 0xb2, (byte) 0xdf, (byte) 0xac, (byte) 0x52, 0, 0};

    final byte[] limits = new byte[LIMITS_LENGTH];
    private final byte[] sequence = new byte[COUNT];
    private final byte[] spent = new byte[SPENT_LENGTH];
    private final byte[] ring = new byte[RING_LENGTH];
    /** The scratch: for a debit the new totals at its start, and the new entry behind them. */
    private final byte[] work;
    private static final short NEXT_ENTRY = SPENT_LENGTH;

    Ledger(byte[] work) {
        this.work = work;
    }

    /** specs/01 §6.5 step 1. */
    static boolean isAmount(byte[] buffer, short offset) {
        return !Unsigned.isZero(buffer, offset, AMOUNT) && isAtMostMaximum(buffer, offset);
    }

    static boolean isAtMostMaximum(byte[] buffer, short offset) {
        return Unsigned.compare(buffer, offset, MAX_AMOUNT, (short) 0, AMOUNT) <= 0;
    }

    /**
     * The place of the entry with this amount and the invoice hash behind it (specs/01 §6.5 step 2); NOT_FOUND. An entry
     * with counter 0 is empty, and its amount 0 is nobody's.
     */
    short find(byte[] buffer, short offset) {
        for (short at = 0; at < RING_LENGTH; at = (short) (at + ENTRY_LENGTH)) {
            if (Util.arrayCompare(buffer, offset, ring, (short) (at + ENTRY_AMOUNT), AMOUNT) == 0
                && Util.arrayCompare(buffer, (short) (offset + AMOUNT), ring, at, HASH) == 0) {
                return at;
            }
        }
        return NOT_FOUND;
    }

    boolean exceeds(byte[] buffer, short offset, short limit) {
        return Unsigned.compare(buffer, offset, limits, limit, AMOUNT) > 0;
    }

    /** Makes the new totals of a debit in the scratch: steps 4 and 6 look at them, and {@link #debit} writes them. */
    void addUp(byte[] buffer, short offset) {
        Util.arrayCopyNonAtomic(spent, (short) 0, work, (short) 0, SPENT_LENGTH);
        Unsigned.increment(work, COUNTER, COUNT);
        // Neither sum overflows: each term is at most 2.1e18.
        Unsigned.add(buffer, offset, work, AUTHORIZED);
        Unsigned.add(buffer, offset, work, NO_PIN_SPENT);
    }

    /** specs/01 §6.5 step 4: above the threshold, or above what is left of the budget. */
    boolean needsPin(byte[] buffer, short offset) {
        return exceeds(buffer, offset, PIN_THRESHOLD)
            || Unsigned.compare(work, NO_PIN_SPENT, limits, NO_PIN_BUDGET, AMOUNT) > 0;
    }

    /** specs/01 §6.5 step 5. */
    boolean counterUsedUp() {
        return Unsigned.compare(spent, COUNTER, limits, MAX_TRANSACTIONS, COUNT) >= 0;
    }

    /** specs/01 §6.5 step 6. */
    boolean exceedsAvailable() {
        return Unsigned.compare(work, AUTHORIZED, limits, CREDIT, AMOUNT) > 0;
    }

    /** credit - authorized. */
    void available(byte[] out, short offset) {
        Unsigned.subtract(limits, CREDIT, spent, AUTHORIZED, out, offset, AMOUNT);
    }

    /**
     * The debit of specs/01 §6.5 step 7, behind {@link #addUp}. All new values are made in RAM first; the transaction copies
     * 20 and 53 bytes. Returns the place of the new entry.
     */
    short debit(byte[] buffer, short offset, boolean verified) {
        if (verified) {
            Util.arrayFillNonAtomic(work, NO_PIN_SPENT, AMOUNT, (byte) 0);
        }
        Util.arrayCopyNonAtomic(buffer, (short) (offset + AMOUNT), work, NEXT_ENTRY, HASH);
        Util.arrayCopyNonAtomic(buffer, offset, work, (short) (NEXT_ENTRY + ENTRY_AMOUNT), AMOUNT);
        Util.arrayCopyNonAtomic(work, COUNTER, work, (short) (NEXT_ENTRY + ENTRY_COUNTER), COUNT);
        work[(short) (NEXT_ENTRY + ENTRY_FLAGS)] = verified ? Constants.FLAG_PIN_VERIFIED : (byte) 0;
        Util.arrayCopyNonAtomic(work, AUTHORIZED, work, (short) (NEXT_ENTRY + ENTRY_AUTHORIZED), AMOUNT);
        short entry = (short) ((short) (work[(short) (COUNTER + 3)] & 3) * ENTRY_LENGTH);
        JCSystem.beginTransaction();
        Util.arrayCopy(work, (short) 0, spent, (short) 0, SPENT_LENGTH);
        Util.arrayCopy(work, NEXT_ENTRY, ring, entry, ENTRY_LENGTH);
        JCSystem.commitTransaction();
        return entry;
    }

    /** The fields of an authorization behind the card id (specs/02 §3.1): 56 bytes. */
    void writeAuthorization(short entry, byte[] out, short offset) {
        short at = writeCounters(ring, (short) (entry + ENTRY_COUNTER), ring[(short) (entry + ENTRY_FLAGS)], out, offset);
        at = Util.arrayCopyNonAtomic(ring, (short) (entry + ENTRY_AMOUNT), out, at, AMOUNT);
        at = Util.arrayCopyNonAtomic(ring, (short) (entry + ENTRY_AUTHORIZED), out, at, AMOUNT);
        Util.arrayCopyNonAtomic(ring, entry, out, at, HASH);
    }

    /** The fields of a status behind the card id (specs/02 §3.2), without the challenge: 24 bytes. */
    short writeStatus(byte flags, byte[] out, short offset) {
        short at = writeCounters(spent, COUNTER, flags, out, offset);
        at = Util.arrayCopyNonAtomic(limits, CREDIT, out, at, AMOUNT);
        return Util.arrayCopyNonAtomic(spent, AUTHORIZED, out, at, AMOUNT);
    }

    private short writeCounters(byte[] counter, short counterOffset, byte flags, byte[] out, short offset) {
        short at = Util.arrayCopyNonAtomic(counter, counterOffset, out, offset, COUNT);
        // Flags u8 and the sequence's low 24 bits are one word: the sequence first, the flags over its high byte.
        Util.arrayCopyNonAtomic(sequence, (short) 0, out, at, COUNT);
        out[at] = flags;
        return (short) (at + COUNT);
    }

    /** An update's values, from its body (specs/02 §3.3), which lies behind the scratch's start. In a transaction. */
    void replaceLimits(byte[] body, short sequenceOffset, short limitsOffset, boolean resetNoPinSpent) {
        Util.arrayCopy(body, sequenceOffset, sequence, (short) 0, COUNT);
        Util.arrayCopy(body, limitsOffset, limits, (short) 0, LIMITS_LENGTH);
        if (resetNoPinSpent) {
            Scratch.erase(work, spent, NO_PIN_SPENT, AMOUNT);
        }
    }

    boolean isNewer(byte[] body, short sequenceOffset) {
        return Unsigned.compare(body, sequenceOffset, sequence, (short) 0, COUNT) > 0;
    }

    boolean isCreditAllowed(byte[] body, short creditOffset) {
        return Unsigned.compare(body, creditOffset, limits, CREDIT, AMOUNT) >= 0 && isAtMostMaximum(body, creditOffset);
    }

    /** DGI 0104 (specs/04 §6), but for its last byte. */
    void storeLimits(byte[] buffer, short offset) {
        Util.arrayCopy(buffer, offset, limits, (short) 0, LIMITS_LENGTH);
    }

    /** Totals, sequence and ring as after personalization (specs/04 §6, block 00). Overwrites the scratch's start. */
    void clearHistory() {
        Scratch.erase(work, spent, (short) 0, SPENT_LENGTH);
        Scratch.erase(work, ring, (short) 0, RING_LENGTH);
        Scratch.erase(work, sequence, (short) 0, COUNT);
    }

    /** RESET (specs/04 §7). Overwrites the scratch's start. */
    void clear() {
        clearHistory();
        Scratch.erase(work, limits, (short) 0, LIMITS_LENGTH);
    }
}
