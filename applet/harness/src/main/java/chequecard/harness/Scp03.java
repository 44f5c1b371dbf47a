package chequecard.harness;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.macs.CMac;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/** The cryptography of SCP03 with AES-128 (specs/04 §4.1, §4.3), written apart from the host's and from the simulator's. */
final class Scp03 {
    static final int BLOCK = 16;

    private Scp03() {
    }

    static byte[] derive(byte[] key, int constant, byte[] context, int length) {
        byte[] head = new byte[BLOCK];
        head[11] = (byte) constant;
        head[13] = (byte) (length * 8 >> 8);
        head[14] = (byte) (length * 8);
        head[15] = 1;
        return Arrays.copyOf(cmac(key, concat(head, context)), length);
    }

    static byte[] cmac(byte[] key, byte[] data) {
        CMac cmac = new CMac(AESEngine.newInstance());
        cmac.init(new KeyParameter(key));
        cmac.update(data, 0, data.length);
        byte[] out = new byte[BLOCK];
        cmac.doFinal(out, 0);
        return out;
    }

    static byte[] cbc(boolean encrypt, byte[] key, byte[] iv, byte[] data) {
        var cipher = CBCBlockCipher.newInstance(AESEngine.newInstance());
        cipher.init(encrypt, new ParametersWithIV(new KeyParameter(key), iv));
        byte[] out = new byte[data.length];
        for (int at = 0; at < data.length; at += BLOCK) {
            cipher.processBlock(data, at, out, at);
        }
        return out;
    }

    /** IV of a command's data (first byte 00) or a response's (80). */
    static byte[] iv(byte[] key, int counter, int first) {
        byte[] block = new byte[BLOCK];
        block[0] = (byte) first;
        for (int i = 0; i < 4; i++) {
            block[BLOCK - 1 - i] = (byte) (counter >> 8 * i);
        }
        return cbc(true, key, new byte[BLOCK], block);
    }

    static byte[] keyCheckValue(byte[] key) {
        byte[] ones = new byte[BLOCK];
        Arrays.fill(ones, (byte) 1);
        return Arrays.copyOf(cbc(true, key, new byte[BLOCK], ones), 3);
    }

    static byte[] pad(byte[] data) {
        byte[] padded = Arrays.copyOf(data, (data.length / BLOCK + 1) * BLOCK);
        padded[data.length] = (byte) 0x80;
        return padded;
    }

    /** Null when the padding is wrong. */
    static byte[] unpad(byte[] data) {
        int end = data.length - 1;
        while (end > 0 && data[end] == 0) {
            end--;
        }
        return data[end] == (byte) 0x80 ? Arrays.copyOf(data, end) : null;
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
