package chequecard.harness;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import javacard.framework.TransactionException;
import javacard.security.AESKey;
import javacard.security.ECPublicKey;
import javacard.security.KeyBuilder;
import javacard.security.KeyPair;
import javacard.security.MessageDigest;
import javacard.security.RandomData;
import javacardx.crypto.Cipher;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cards do not promise fails here, and what they promise holds. All arrays of these tests are persistent. */
class ForbiddenTest {
    private static final short NONE = 0;
    private final PoweredMemory memory = new PoweredMemory();
    private final byte[] array = {1, 2, 3, 4};

    @BeforeEach
    void begin() {
        memory.activate();
        memory.begin(0);
    }

    private void assertForbidden(Executable action) {
        assertThrows(AssertionError.class, action);
        assertNotNull(memory.fault(), "the simulator makes 6F00 of the error: it has to be remembered");
    }

    private static AESKey key() {
        return (AESKey) KeyBuilder.buildKey(KeyBuilder.TYPE_AES, KeyBuilder.LENGTH_AES_128, false);
    }

    @Test
    void aNonAtomicCopyWithinATransaction() {
        memory.beginTransaction();
        assertForbidden(() -> Redirected.arrayCopyNonAtomic(new byte[2], NONE, array, NONE, (short) 2));
    }

    @Test
    void aNonAtomicFillWithinATransaction() {
        memory.beginTransaction();
        assertForbidden(() -> Redirected.arrayFillNonAtomic(array, NONE, (short) 2, (byte) 9));
    }

    @Test
    void aKeyWithinATransaction() {
        memory.beginTransaction();
        assertForbidden(() -> Redirected.setKey(key(), new byte[16], NONE));
        assertForbidden(() -> Redirected.clearKey(key()));
    }

    @Test
    void aCryptographicFunctionThatWritesToPersistentMemory() {
        RandomData random = RandomData.getInstance(RandomData.ALG_SECURE_RANDOM);
        assertForbidden(() -> Redirected.generateData(random, array, NONE, (short) 4));
        // Refused before they look at their other arguments.
        assertForbidden(() -> Redirected.doFinal((Cipher) null, array, NONE, (short) 4, array, NONE));
        assertForbidden(() -> Redirected.doFinal((MessageDigest) null, array, NONE, (short) 4, array, NONE));
        assertForbidden(() -> Redirected.sign(null, array, NONE, (short) 4, array, NONE));
        assertForbidden(() -> Redirected.getW(null, array, NONE));
    }

    @Test
    void aPairOrAPointWithinATransaction() {
        memory.beginTransaction();
        ECPublicKey point = (ECPublicKey) KeyBuilder.buildKey(KeyBuilder.TYPE_EC_FP_PUBLIC, KeyBuilder.LENGTH_EC_FP_256, false);
        assertForbidden(() -> Redirected.setW(point, new byte[65], NONE, (short) 65));
        KeyPair pair = new KeyPair(KeyPair.ALG_EC_FP, KeyBuilder.LENGTH_EC_FP_256);
        assertForbidden(() -> Redirected.genKeyPair(pair));
    }

    @Test
    void aPersistentArrayOfBooleans() {
        assertForbidden(() -> Redirected.storeByte(new boolean[1], 0, 1));
    }

    @SuppressWarnings("unused")
    static final class Shorts {
        void write(short[] shorts) {
            shorts[0] = 1;
        }
    }

    @SuppressWarnings("unused")
    static final class Static {
        static byte last;

        void keep(byte value) {
            last = value;
        }
    }

    /** Writes that would not be counted. */
    @ParameterizedTest
    @ValueSource(classes = {Shorts.class, Static.class})
    void aClassWhoseWritesAreNotForeseenIsNotLoaded(Class<?> type) throws IOException {
        byte[] classFile = ForbiddenTest.class.getResourceAsStream("ForbiddenTest$" + type.getSimpleName() + ".class").readAllBytes();
        assertThrows(IllegalArgumentException.class, () -> AppletLoader.rewrite(classFile));
    }

    @Test
    void anAtomicCopyThatNoCommitBufferHolds() {
        short length = PoweredMemory.COMMIT_CAPACITY + 1;
        assertForbidden(() -> Redirected.arrayCopy(new byte[length], NONE, new byte[length], NONE, length));
    }

    @Test
    void aTransactionThatNoCommitBufferHolds() {
        byte[] large = new byte[PoweredMemory.COMMIT_CAPACITY];
        memory.beginTransaction();
        Redirected.arrayCopy(new byte[large.length], NONE, large, NONE, (short) large.length);
        assertThrows(TransactionException.class, () -> Redirected.arrayCopy(new byte[1], NONE, array, NONE, (short) 1));
    }

    @Test
    void outsideOfATransactionTheyAreAllowed() {
        Redirected.arrayCopyNonAtomic(new byte[] {7, 8}, NONE, array, NONE, (short) 2);
        Redirected.setKey(key(), new byte[16], NONE);
        assertNull(memory.fault());
        assertArrayEquals(new byte[] {7, 8, 3, 4}, array);
    }

    @Test
    void anAbortAndALossOfPowerRollBack() {
        memory.beginTransaction();
        Redirected.arrayCopy(new byte[] {9, 9, 9, 9}, NONE, array, NONE, (short) 4);
        memory.abort();
        assertArrayEquals(new byte[] {1, 2, 3, 4}, array);
        memory.beginTransaction();
        Redirected.storeByte(array, 0, 9);
        memory.begin(1);
        assertThrows(PowerCut.class, () -> Redirected.storeByte(array, 1, 9));
        assertArrayEquals(new byte[] {9, 2, 3, 4}, array);
        memory.begin(0);
        memory.powerUp();
        assertArrayEquals(new byte[] {1, 2, 3, 4}, array);
    }

    @Test
    void aNonAtomicCopyIsTornInTheMiddle() {
        memory.begin(3);
        assertThrows(PowerCut.class, () -> Redirected.arrayCopyNonAtomic(new byte[4], NONE, array, NONE, (short) 4));
        assertArrayEquals(new byte[] {0, 0, 3, 4}, array);
        assertEquals(2, memory.writes());
    }

    @Test
    void aKeyThatIsTornIsNoKey() {
        AESKey key = key();
        Redirected.setKey(key, new byte[16], NONE);
        memory.begin(2);
        assertThrows(PowerCut.class, () -> Redirected.setKey(key, new byte[16], NONE));
        assertEquals(false, key.isInitialized());
    }
}
