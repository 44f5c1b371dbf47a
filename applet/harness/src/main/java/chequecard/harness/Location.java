package chequecard.harness;

import java.lang.reflect.Field;
import java.util.Arrays;
import javacard.security.AESKey;
import javacard.security.ECPrivateKey;
import javacard.security.ECPublicKey;
import javacard.security.KeyBuilder;

/** A place in persistent memory, as bytes. Two are equal when they are the same place. */
sealed interface Location {
    byte[] all();

    void write(int offset, byte[] bytes);

    default byte[] read(int offset, int length) {
        return Arrays.copyOfRange(all(), offset, offset + length);
    }

    /** Whether a key lies in RAM. */
    static boolean isTransient(javacard.security.Key key) {
        return key.getType() == KeyBuilder.TYPE_AES_TRANSIENT_DESELECT || key.getType() == KeyBuilder.TYPE_AES_TRANSIENT_RESET;
    }

    /** An array of bytes. */
    record Bytes(byte[] array) implements Location {
        @Override
        public byte[] all() {
            return array.clone();
        }

        @Override
        public void write(int offset, byte[] bytes) {
            System.arraycopy(bytes, 0, array, offset, bytes.length);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Bytes bytes && bytes.array == array;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(array);
        }
    }

    /** A field: boolean and byte have one byte, short two. */
    record Variable(Object owner, Field field) implements Location {
        @Override
        public byte[] all() {
            try {
                if (field.getType() == short.class) {
                    short value = field.getShort(owner);
                    return new byte[] {(byte) (value >> 8), (byte) value};
                }
                return new byte[] {field.getType() == boolean.class ? (byte) (field.getBoolean(owner) ? 1 : 0) : field.getByte(owner)};
            } catch (IllegalAccessException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void write(int offset, byte[] bytes) {
            try {
                if (field.getType() == short.class) {
                    field.setShort(owner, (short) (bytes[0] << 8 | bytes[1] & 0xFF));
                } else if (field.getType() == boolean.class) {
                    field.setBoolean(owner, bytes[0] != 0);
                } else {
                    field.setByte(owner, bytes[0]);
                }
            } catch (IllegalAccessException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Variable variable && variable.owner == owner && variable.field.equals(field);
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(owner) ^ field.hashCode();
        }
    }

    /** A key: no bytes when there is none. Only ever written as a whole. */
    record StoredKey(javacard.security.Key key) implements Location {
        @Override
        public byte[] all() {
            if (!key.isInitialized()) {
                return new byte[0];
            }
            byte[] buffer = new byte[65];
            if (key instanceof AESKey aes) {
                return Arrays.copyOf(buffer, aes.getKey(buffer, (short) 0));
            }
            if (key instanceof ECPrivateKey secret) {
                return Arrays.copyOf(buffer, secret.getS(buffer, (short) 0));
            }
            return Arrays.copyOf(buffer, ((ECPublicKey) key).getW(buffer, (short) 0));
        }

        @Override
        public void write(int offset, byte[] bytes) {
            if (bytes.length == 0) {
                key.clearKey();
            } else if (key instanceof AESKey aes) {
                aes.setKey(bytes, (short) 0);
            } else if (key instanceof ECPrivateKey secret) {
                FreshEcdsa.setCurve(secret);
                secret.setS(bytes, (short) 0, (short) bytes.length);
            } else {
                FreshEcdsa.setCurve((ECPublicKey) key);
                ((ECPublicKey) key).setW(bytes, (short) 0, (short) bytes.length);
            }
        }
    }
}
