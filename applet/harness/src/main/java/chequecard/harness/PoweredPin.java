package chequecard.harness;

import javacard.framework.OwnerPIN;

/**
 * OwnerPIN as the API describes it: tries and flag take no part in a transaction, the lowered tries are written before
 * the comparison, a new PIN is whole only within a transaction.
 */
public final class PoweredPin extends OwnerPIN {
    private final byte tryLimit;
    final byte[] value;
    /** One byte. */
    final byte[] tries;
    private boolean validated;
    private final PoweredMemory memory = PoweredMemory.current();

    public PoweredPin(byte tryLimit, byte maxLength) {
        super(tryLimit, maxLength);
        this.tryLimit = tryLimit;
        this.value = new byte[maxLength];
        this.tries = new byte[] {tryLimit};
    }

    private void writeTries(int left) {
        memory.unconditional(new Location.Bytes(tries), 0, new byte[] {(byte) left});
    }

    @Override
    public byte getTriesRemaining() {
        return tries[0];
    }

    @Override
    public boolean check(byte[] pin, short offset, byte length) {
        validated = false;
        if (tries[0] == 0) {
            return false;
        }
        writeTries(tries[0] - 1);
        int difference = length ^ value.length;
        for (int i = 0; i < value.length; i++) {
            difference |= pin[offset + i] ^ value[i];
        }
        if (difference != 0) {
            return false;
        }
        writeTries(tryLimit);
        validated = true;
        return true;
    }

    @Override
    public boolean isValidated() {
        return validated;
    }

    @Override
    public void reset() {
        if (validated) {
            resetAndUnblock();
        }
    }

    @Override
    public void update(byte[] pin, short offset, byte length) {
        validated = false;
        memory.conditional(new Location.Bytes(value), 0, value.length);
        System.arraycopy(pin, offset, value, 0, length);
        memory.conditional(new Location.Bytes(tries), 0, 1);
        tries[0] = tryLimit;
    }

    @Override
    public void resetAndUnblock() {
        validated = false;
        writeTries(tryLimit);
    }
}
