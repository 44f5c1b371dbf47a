package chequecard.applet;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.OwnerPIN;
import javacard.framework.Util;

/** The PIN: VERIFY and CHANGE REFERENCE DATA (specs/01 §6.3, §6.4), and the flag that AUTHORIZE uses up. */
final class CardPin {
    private static final short DATA = ISO7816.OFFSET_CDATA;
    private static final short NEW_BLOCK = (short) (DATA + PinBlock.LENGTH);

    private final OwnerPIN pin = new OwnerPIN(Constants.PIN_TRIES, PinBlock.LENGTH);
    private boolean set;
    /**
     * The PIN-verified flag (specs/01 §3). Our own: OwnerPIN keeps its flag until reset, and its reset() may write to
     * EEPROM.
     */
    private final boolean[] verified = JCSystem.makeTransientBooleanArray((short) 1, JCSystem.CLEAR_ON_DESELECT);
    private final byte[] work;

    CardPin(byte[] work) {
        this.work = work;
    }

    boolean isSet() {
        return set;
    }

    /** A PIN is set and has no tries left. */
    boolean isBlocked() {
        return set && pin.getTriesRemaining() == 0;
    }

    /** Clears the flag and says whether it was set (specs/01 §6.5 step 1). */
    boolean useUp() {
        boolean was = verified[0];
        verified[0] = false;
        return was;
    }

    /** What AUTHORIZE answers when it needs a PIN that was not verified (specs/01 §6.5 step 4). */
    short missing() {
        if (!set) {
            return Constants.SW_NO_PIN;
        }
        return pin.getTriesRemaining() == 0 ? Constants.SW_PIN_BLOCKED : Constants.SW_SECURITY_NOT_SATISFIED;
    }

    /** specs/01 §6.3, behind the check of P1 P2. */
    void verify(byte[] buffer, short length) {
        if (length != 0) {
            ChequecardApplet.requireLength(length, PinBlock.LENGTH);
            PinBlock.require(buffer, DATA);
        }
        requireSet();
        if (length != 0) {
            check(buffer, DATA);
            verified[0] = true;
        } else if (!verified[0]) {
            requireTries();
            ISOException.throwIt(triesLeft());
        }
    }

    /** specs/01 §6.4, behind the check of the length. */
    void change(byte[] buffer) {
        PinBlock.require(buffer, DATA);
        PinBlock.require(buffer, NEW_BLOCK);
        requireSet();
        check(buffer, DATA);
        // The API makes an update whole only within a transaction.
        JCSystem.beginTransaction();
        pin.update(buffer, NEW_BLOCK, PinBlock.LENGTH);
        JCSystem.commitTransaction();
    }

    /** Steps 5 to 7 of specs/01 §6.3, but for setting the flag. OwnerPIN writes the lowered tries before it compares. */
    private void check(byte[] buffer, short offset) {
        requireTries();
        verified[0] = false;
        if (!pin.check(buffer, offset, PinBlock.LENGTH)) {
            ISOException.throwIt(triesLeft());
        }
    }

    /** The issuer's reset of the tries (specs/01 §6.7), behind the commit: a torn update gains no guess. */
    void unblock() {
        if (set) {
            pin.resetAndUnblock();
            verified[0] = false;
        }
    }

    /** Personalization (specs/04 §6). The card is blank meanwhile, so the two writes need not be one. */
    void store(byte[] buffer, short offset) {
        pin.update(buffer, offset, PinBlock.LENGTH);
        set = true;
    }

    /** No PIN, and nothing left of an earlier one. Overwrites the scratch's start. */
    void clear() {
        set = false;
        verified[0] = false;
        Util.arrayFillNonAtomic(work, (short) 0, PinBlock.LENGTH, (byte) 0);
        pin.update(work, (short) 0, PinBlock.LENGTH);
    }

    private void requireSet() {
        if (!set) {
            ISOException.throwIt(Constants.SW_NO_PIN);
        }
    }

    private void requireTries() {
        if (pin.getTriesRemaining() == 0) {
            ISOException.throwIt(Constants.SW_PIN_BLOCKED);
        }
    }

    private short triesLeft() {
        return (short) (Constants.SW_PIN_WRONG | pin.getTriesRemaining());
    }
}
