package chequecard.harness;

import java.util.Arrays;
import javacard.framework.ISOException;

/** The static keys of the security domain, their sequence counters, and the count of failed attempts (specs/04 §4). */
final class KeyStore {
    private static final int SLOTS = 3;
    private static final int SEQUENCE = 1 + 3 * 16;
    /** Version u8 (00: empty), Key-ENC, Key-MAC, Key-DEK, sequence counter 3. */
    private static final int SLOT = SEQUENCE + 3;
    private static final int FACTORY = 255;
    private static final int MAX_FAILURES = 10;
    private static final int LAST_SEQUENCE = 0xFFFFFF;

    final byte[] slots = new byte[SLOTS * SLOT];
    final byte[] failures = new byte[1];
    private final PoweredMemory memory;

    KeyStore(PoweredMemory memory, int version, byte[] keys) {
        this.memory = memory;
        if (version != 0) {
            slots[0] = (byte) version;
            System.arraycopy(keys, 0, slots, 1, keys.length);
        }
    }

    int[] versions() {
        return java.util.stream.IntStream.range(0, SLOTS).map(slot -> slots[slot * SLOT] & 0xFF).filter(version -> version != 0).toArray();
    }

    /** Offset of the keys of that version, of the first ones for 0; -1: there are none. */
    int find(int version) {
        for (int at = 0; at < slots.length; at += SLOT) {
            if (slots[at] != 0 && (version == 0 || (slots[at] & 0xFF) == version)) {
                return at;
            }
        }
        return -1;
    }

    int version(int slot) {
        return slots[slot] & 0xFF;
    }

    /** 0: Key-ENC, 1: Key-MAC, 2: Key-DEK. */
    byte[] key(int slot, int which) {
        return Arrays.copyOfRange(slots, slot + 1 + 16 * which, slot + 17 + 16 * which);
    }

    boolean isLocked() {
        return failures[0] >= MAX_FAILURES;
    }

    /** Raised before it is used. */
    byte[] nextSequence(int slot) {
        int at = slot + SEQUENCE;
        int next = ((slots[at] & 0xFF) << 16 | (slots[at + 1] & 0xFF) << 8 | slots[at + 2] & 0xFF) + 1;
        if (next > LAST_SEQUENCE) {
            ISOException.throwIt((short) 0x6985);
        }
        byte[] bytes = {(byte) (next >> 16), (byte) (next >> 8), (byte) next};
        memory.unconditional(new Location.Bytes(slots), at, bytes);
        return bytes;
    }

    void countAttempt() {
        memory.unconditional(new Location.Bytes(failures), 0, new byte[] {(byte) (failures[0] + 1)});
    }

    void forgetFailures() {
        memory.unconditional(new Location.Bytes(failures), 0, new byte[1]);
    }

    /** New keys (48 bytes) in one write; factory keys go when others are added. @param replaced version, 0 to add */
    void put(int replaced, int version, byte[] keys) {
        int at = replaced == 0 ? placeToAdd() : find(replaced);
        if (at < 0) {
            ISOException.throwIt(replaced == 0 ? (short) 0x6A84 : (short) 0x6A88);
        }
        int taken = find(version);
        if (taken >= 0 && taken != at) {
            ISOException.throwIt((short) 0x6A80);
        }
        byte[] slot = new byte[SLOT];
        slot[0] = (byte) version;
        System.arraycopy(keys, 0, slot, 1, keys.length);
        memory.unconditional(new Location.Bytes(slots), at, slot);
    }

    private int placeToAdd() {
        int factory = find(FACTORY);
        for (int at = 0; factory < 0 && at < slots.length; at += SLOT) {
            if (slots[at] == 0) {
                return at;
            }
        }
        return factory;
    }
}
