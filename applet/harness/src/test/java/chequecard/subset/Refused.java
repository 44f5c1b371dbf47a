package chequecard.subset;

import javacard.framework.JCSystem;
import javacard.security.RandomData;

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
}
