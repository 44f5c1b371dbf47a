package chequecard.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import javacard.framework.SystemException;
import javacard.framework.TransactionException;

/**
 * The card's persistent memory: its steps, its journal, and the power. The applet's class files are rewritten
 * ({@link AppletLoader}) so that each of their writes comes through {@link Redirected} to here, where it is counted, put into
 * the journal of an open transaction, and power may fail before it.
 *
 * Steps at which power can fail: a field or array element; Util.arrayCopy as a whole; each byte of the NonAtomic
 * functions and of Util.setShort; before and in the middle of a key operation; the commit; each entry of a roll-back.
 */
public final class PoweredMemory {
    /** Bytes that one transaction may replace: less than any card has that can run the applet (docs/cards.md). */
    public static final int COMMIT_CAPACITY = 96;

    /** What a write in an open transaction replaced. */
    record Entry(Location location, int offset, byte[] old) {
    }

    private static PoweredMemory current;

    private final List<Entry> journal = new ArrayList<>();
    private final List<Integer> draws = new ArrayList<>();
    private Predicate<Object> isTransient = array -> false;
    private boolean rollsBack = true;
    private boolean forgetful;
    private int allocationsLeft = Integer.MAX_VALUE;
    private int powerUps;
    private boolean inTransaction;
    private boolean powered = true;
    private int writes;
    private long cutAt = Long.MAX_VALUE;
    private int mostCommitted;
    private String fault;

    void activate() {
        current = this;
    }

    static PoweredMemory current() {
        return current;
    }

    void transientsAre(Predicate<Object> isTransient) {
        this.isTransient = isTransient;
    }

    /** Steps since {@link #begin(long)}. */
    int writes() {
        return writes;
    }

    /** Steps that had happened at each use of the random number generator since then. */
    List<Integer> draws() {
        return List.copyOf(draws);
    }

    /** The most bytes that a transaction has replaced. */
    int mostCommitted() {
        return mostCommitted;
    }

    /** A command or a power-up begins. @param cutAt step at which power fails, from 1; 0: at none */
    void begin(long cutAt) {
        writes = 0;
        draws.clear();
        fault = null;
        this.cutAt = cutAt == 0 ? Long.MAX_VALUE : cutAt;
    }

    /** It has ended: power that was to fail does not. */
    void end() {
        cutAt = Long.MAX_VALUE;
    }

    boolean isPowered() {
        return powered;
    }

    void powerOff() {
        powered = false;
    }

    /** Something that the platform does not promise was done; jCardSim would make 6F00 of the error. */
    String fault() {
        return fault;
    }

    AssertionError forbid(String what) {
        fault = what;
        return new AssertionError(what);
    }

    /** As jCardSim by itself is: transactions are accepted and mean nothing. To see that a sweep finds that. */
    void forgetTransactions() {
        rollsBack = false;
    }

    /** A card that loses with the power how signatures and ciphers were set up, although the API says that it is kept. */
    void beForgetful() {
        forgetful = true;
    }

    boolean isForgetful() {
        return forgetful;
    }

    int powerUps() {
        return powerUps;
    }

    /** A card that has room for so many objects and arrays, and no more. */
    void hasRoomFor(int allocations) {
        allocationsLeft = allocations;
    }

    /** There was no room: jCardSim tells another reason. */
    boolean isFull() {
        return allocationsLeft < 0;
    }

    /** An object or an array is about to be made. @param reason why it cannot be, of SystemException */
    void allocate(short reason) {
        if (--allocationsLeft < 0) {
            SystemException.throwIt(reason);
        }
    }

    void beginTransaction() {
        inTransaction = rollsBack;
    }

    void commit() {
        step();
        journal.clear();
        inTransaction = false;
    }

    void abort() {
        rollBack();
        inTransaction = false;
    }

    /** Power comes back: what a torn transaction changed is restored. Torn meanwhile, the next power-up does it again. */
    void powerUp() {
        powered = true;
        powerUps++;
        inTransaction = false;
        rollBack();
    }

    int unusedCapacity() {
        return COMMIT_CAPACITY - committed();
    }

    private int committed() {
        return journal.stream().mapToInt(entry -> entry.old().length).sum();
    }

    /** The journal of a transaction that was torn; empty otherwise. */
    List<Entry> journal() {
        return List.copyOf(journal);
    }

    void journalIs(List<Entry> entries) {
        journal.clear();
        journal.addAll(entries);
        inTransaction = false;
    }

    private void rollBack() {
        if (journal.isEmpty()) {
            return;
        }
        for (int i = journal.size() - 1; i >= 0; i--) {
            step();
            Entry entry = journal.get(i);
            entry.location().write(entry.offset(), entry.old());
        }
        step();
        journal.clear();
    }

    boolean isInTransaction() {
        return inTransaction;
    }

    boolean isPersistent(Object array) {
        return !isTransient.test(array);
    }

    void draw() {
        draws.add(writes);
    }

    void step() {
        if (!powered || cutAt <= 1) {
            powered = false;
            cutAt = Long.MAX_VALUE;
            throw new PowerCut();
        }
        cutAt--;
        writes++;
    }

    /** A write that takes part in transactions is about to happen. */
    void conditional(Location location, int offset, int length) {
        if (inTransaction && unusedCapacity() < length) {
            TransactionException.throwIt(TransactionException.BUFFER_FULL);
        }
        step();
        if (inTransaction) {
            journal.add(new Entry(location, offset, location.read(offset, length)));
            mostCommitted = Math.max(mostCommitted, committed());
        }
    }

    /** A write that happens at once, transaction or not. */
    void unconditional(Location location, int offset, byte[] bytes) {
        step();
        location.write(offset, bytes);
    }
}
