package chequecard.harness;

import java.lang.reflect.Field;
import javacard.framework.SystemException;
import javacard.framework.Util;
import javacard.security.AESKey;
import javacard.security.ECPublicKey;
import javacard.security.Key;
import javacard.security.KeyPair;
import javacard.security.MessageDigest;
import javacard.security.RandomData;
import javacard.security.Signature;
import javacardx.crypto.Cipher;

/** What the applet's rewritten class files call in place of their own writes and of functions of the API that write. */
public final class Redirected {
    private Redirected() {
    }

    private static PoweredMemory memory() {
        return PoweredMemory.current();
    }

    public static void beforePersistentObject() {
        memory().allocate(SystemException.NO_RESOURCE);
    }

    public static void beforeTransientArray() {
        memory().allocate(SystemException.NO_TRANSIENT_SPACE);
    }

    public static void beforeField(Object owner, String name) {
        try {
            Field field = owner.getClass().getDeclaredField(name);
            field.setAccessible(true);
            Location.Variable variable = new Location.Variable(owner, field);
            memory().conditional(variable, 0, variable.all().length);
        } catch (NoSuchFieldException e) {
            throw new AssertionError(e);
        }
    }

    public static void storeByte(Object array, int index, int value) {
        if (array instanceof boolean[] flags) {
            if (memory().isPersistent(array)) {
                throw memory().forbid("a persistent array of booleans: not foreseen here");
            }
            flags[index] = (value & 1) != 0;
            return;
        }
        byte[] bytes = (byte[]) array;
        if (memory().isPersistent(array)) {
            memory().conditional(new Location.Bytes(bytes), index, 1);
        }
        bytes[index] = (byte) value;
    }

    public static short arrayCopy(byte[] from, short fromOffset, byte[] to, short toOffset, short length) {
        if (memory().isPersistent(to) && length > 0) {
            if (length > PoweredMemory.COMMIT_CAPACITY) {
                throw memory().forbid("an atomic copy that is longer than a commit buffer");
            }
            memory().conditional(new Location.Bytes(to), toOffset, length);
        }
        moved(to, length);
        return Util.arrayCopy(from, fromOffset, to, toOffset, length);
    }

    private static void moved(byte[] to, int length) {
        Counts.add(memory().isPersistent(to) ? "bytes to persistent memory" : "bytes moved in RAM", length);
    }

    public static short arrayCopyNonAtomic(byte[] from, short fromOffset, byte[] to, short toOffset, short length) {
        moved(to, length);
        if (!memory().isPersistent(to)) {
            return Util.arrayCopyNonAtomic(from, fromOffset, to, toOffset, length);
        }
        byte[] source = new byte[length];
        System.arraycopy(from, fromOffset, source, 0, length);
        for (int i = 0; i < length; i++) {
            writeNow(to, toOffset + i, source[i]);
        }
        return (short) (toOffset + length);
    }

    public static short arrayFillNonAtomic(byte[] to, short offset, short length, byte value) {
        moved(to, length);
        if (!memory().isPersistent(to)) {
            return Util.arrayFillNonAtomic(to, offset, length, value);
        }
        for (int i = 0; i < length; i++) {
            writeNow(to, offset + i, value);
        }
        return (short) (offset + length);
    }

    private static void writeNow(byte[] to, int offset, byte value) {
        if (memory().isInTransaction()) {
            throw memory().forbid("a NonAtomic write to persistent memory within a transaction: undefined after an abort");
        }
        memory().unconditional(new Location.Bytes(to), offset, new byte[] {value});
    }

    public static short setShort(byte[] to, short offset, short value) {
        storeByte(to, offset, value >> 8);
        storeByte(to, offset + 1, value);
        return (short) (offset + 2);
    }

    /** A key operation is no part of a transaction, and torn in the middle it leaves no key. */
    private static void keyOperation(Key key, Runnable operation) {
        if (Location.isTransient(key)) {
            operation.run();
            return;
        }
        if (memory().isInTransaction()) {
            throw memory().forbid("a key is written within a transaction: cards differ in what that does");
        }
        memory().step();
        try {
            memory().step();
        } catch (PowerCut inTheMiddle) {
            key.clearKey();
            throw inTheMiddle;
        }
        operation.run();
    }

    public static void setW(ECPublicKey key, byte[] buffer, short offset, short length) {
        keyOperation(key, () -> key.setW(buffer, offset, length));
    }

    public static void setKey(AESKey key, byte[] buffer, short offset) {
        keyOperation(key, () -> key.setKey(buffer, offset));
    }

    public static void clearKey(Key key) {
        keyOperation(key, key::clearKey);
    }

    public static void genKeyPair(KeyPair pair) {
        memory().draw();
        keyOperation(pair.getPrivate(), () -> FreshEcdsa.generate(pair));
    }

    // Functions of the API that write their result into an array: what that means for persistent memory is not promised.

    private static void requireTransient(byte[] out) {
        if (memory().isPersistent(out)) {
            throw memory().forbid("a cryptographic function writes into a persistent array");
        }
    }

    public static void generateData(RandomData random, byte[] out, short offset, short length) {
        requireTransient(out);
        memory().draw();
        random.generateData(out, offset, length);
    }

    public static short doFinal(Cipher cipher, byte[] in, short offset, short length, byte[] out, short outOffset) {
        requireTransient(out);
        return cipher.doFinal(in, offset, length, out, outOffset);
    }

    public static short doFinal(MessageDigest digest, byte[] in, short offset, short length, byte[] out, short outOffset) {
        requireTransient(out);
        return digest.doFinal(in, offset, length, out, outOffset);
    }

    public static short sign(Signature signature, byte[] in, short offset, short length, byte[] out, short outOffset) {
        requireTransient(out);
        memory().draw();
        return signature.sign(in, offset, length, out, outOffset);
    }

    public static short getW(ECPublicKey key, byte[] out, short offset) {
        requireTransient(out);
        return key.getW(out, offset);
    }
}
