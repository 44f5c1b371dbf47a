package chequecard.subset;

import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.OwnerPINBuilder;
import javacard.security.ECPublicKey;
import javacard.security.RandomData;
import javacard.security.Signature;
import javacardx.crypto.Cipher;

/** What compiles as Java, and would fail in a converter or mean something else on a card: a class for each rule. */
@SuppressWarnings("unused")
final class Refused {
    private Refused() {
    }

    static final class LongField {
        long wide;
    }

    static final class CharArgument {
        void take(char one) {
        }
    }

    static final class IntResult {
        int give() {
            return 1;
        }
    }

    static final class StringField {
        String text;
    }

    static final class TwoDimensions {
        byte[][] table;
    }

    static final class UnsignedShift {
        short shift(short a) {
            return (short) (a >>> 8);
        }
    }

    static final class Locked {
        void lock(Object key) {
            synchronized (key) {
                lock(null);
            }
        }
    }

    static final class LongCall {
        synchronized void run() {
        }
    }

    static final class GreatConstant {
        boolean compare(short a) {
            return a > 40_000;
        }
    }

    static final class DynamicCall {
        Runnable make() {
            return () -> { };
        }
    }

    enum Enumerated { ONE }

    static final class ComparedSum {
        boolean compare(short a, short b) {
            return a + b > 0;
        }
    }

    static final class SumAsIndex {
        byte read(byte[] bytes, short at) {
            return bytes[at + 1];
        }
    }

    static final class DividedSum {
        short half(short a, short b) {
            return (short) ((a + b) / 2);
        }
    }

    static final class ShiftedSum {
        short shift(short a, short b) {
            return (short) ((a + b) >> 1);
        }
    }

    static final class LaterApi {
        static RandomData random;

        void draw(byte[] out) {
            random.nextBytes(out, (short) 0, (short) 8);
        }
    }

    static final class OtherLibrary {
        Object find() {
            return java.util.List.of();
        }
    }

    static final class WrittenStatic {
        static byte last;

        void keep(byte value) {
            last = value;
        }
    }

    static final class ObjectInACommand {
        void process(byte[] buffer) {
            help();
        }

        private void help() {
            byte[] more = new byte[4];
        }
    }

    static final class MemoryAtSelection {
        boolean select() {
            return JCSystem.makeTransientByteArray((short) 4, JCSystem.CLEAR_ON_RESET).length == 4;
        }
    }

    static final class FactoryAtDeselection {
        void deselect() {
            Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
        }
    }

    static final class ObjectAtRemoval {
        void uninstall() {
            byte[] more = new byte[4];
        }
    }

    static final class ThrownObject {
        void process(byte[] buffer) {
            throw new ISOException(buffer[0]);
        }
    }

    static final class FloatArgument {
        void take(float one) {
        }
    }

    static final class DoubleResult {
        double give() {
            return 1;
        }
    }

    static final class LongLocal {
        void count() {
            long wide = 1;
            wide += wide;
        }
    }

    static final class IntLocal {
        void count(short a) {
            int wide = a;
        }
    }

    static final class ArrayOfInts {
        Object make() {
            return new int[2];
        }
    }

    static final class ArraysMadeAtOnce {
        Object make() {
            return new byte[2][2];
        }
    }

    static final class StringConstant {
        Object give() {
            return "text";
        }
    }

    static final class NativeMethod {
        native void run();
    }

    @interface Annotated {
    }

    static final class ForeignParent extends java.util.Random {
    }

    static final class ForeignInterface implements Cloneable {
    }

    static final class ForeignException {
        void run() {
            try {
                run();
            } catch (IllegalStateException e) {
                return;
            }
        }
    }

    static final class ForeignObject {
        boolean is(Object one) {
            return one instanceof Integer;
        }
    }

    static final class LaterType {
        Object make() {
            return OwnerPINBuilder.buildOwnerPIN((byte) 3, (byte) 8, OwnerPINBuilder.OWNER_PIN);
        }
    }

    static final class InitializerThatRuns {
        static final byte[] MADE = JCSystem.makeTransientByteArray((short) 4, JCSystem.CLEAR_ON_RESET);
    }

    static final class PassedSum {
        static void take(int a) {
        }

        void pass(short a, short b) {
            take(a + b);
        }
    }

    static final class ReturnedSum {
        int give(short a, short b) {
            return a + b;
        }
    }

    static final class KeptSum {
        void keep(short a, short b) {
            int sum = a + b;
        }
    }

    static final class StoredSum {
        int sum;

        void keep(short a, short b) {
            sum = a + b;
        }
    }

    static final class SumAsPlace {
        void write(byte[] bytes, short a, short b) {
            bytes[a + b] = 1;
        }
    }

    static final class SwitchedSum {
        byte choose(short a, short b) {
            switch (a + b) {
                case 1:
                    return 1;
                default:
                    return 2;
            }
        }
    }

    static final class NegatedSum {
        short negate(short a, short b) {
            return (short) -(a + b);
        }
    }

    static final class RemainderOfSum {
        short rest(short a, short b) {
            return (short) ((a + b) % 7);
        }
    }

    static final class ComparedProduct {
        boolean compare(short a, short b) {
            return a * b > 0;
        }
    }

    static final class ComparedShift {
        boolean compare(short a) {
            return a << 1 > 0;
        }
    }

    static final class SumOnOneWay {
        boolean compare(boolean first, short a, short b) {
            return (first ? a + b : a) > 0;
        }
    }

    static final class CipherIntoField {
        final byte[] kept = new byte[16];

        void encrypt(Cipher cipher, byte[] in) {
            cipher.doFinal(in, (short) 0, (short) 16, kept, (short) 0);
        }
    }

    static final class SignatureIntoConstant {
        static final byte[] KEPT = {1, 2, 3};

        void sign(Signature signature, byte[] in) {
            signature.sign(in, (short) 0, (short) 16, KEPT, (short) 0);
        }
    }

    static final class RandomThroughCalls {
        byte[] kept;

        RandomThroughCalls() {
            keep(new byte[16]);
        }

        void keep(byte[] array) {
            kept = array;
        }

        byte[] kept() {
            return kept;
        }

        void draw(RandomData random) {
            fill(random, kept());
        }

        static void fill(RandomData random, byte[] out) {
            random.generateData(out, (short) 0, (short) 16);
        }
    }

    static final class PointIntoEither {
        final byte[] kept = new byte[65];

        void read(ECPublicKey key, byte[] buffer, boolean first) {
            key.getW(first ? kept : buffer, (short) 0);
        }
    }

    /** No rule refuses this: what is written to is in RAM. */
    static final class Allowed {
        private final byte[] work = JCSystem.makeTransientByteArray((short) 16, JCSystem.CLEAR_ON_RESET);
        private final byte[] kept = new byte[16];

        void encrypt(Cipher cipher, byte[] buffer) {
            cipher.doFinal(kept, (short) 0, (short) 16, work, (short) 0);
            cipher.doFinal(kept, (short) 0, (short) 16, buffer, (short) 0);
        }
    }
}
