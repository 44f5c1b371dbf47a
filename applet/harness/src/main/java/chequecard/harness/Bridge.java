package chequecard.harness;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Cards with the applet for programs in other languages, over standard input and output. Request: operation u8, number of the
 * card u32, length u32, data. Answer: status u8 (0 done, 1 power was cut, 2 fault), steps of memory u16, number of draws u8,
 * steps at each draw u16, length u16, data.
 */
public final class Bridge {
    private static final int NEW_CARD = 1;
    private static final int FORGET = 2;
    private static final int POWER_ON = 3;
    private static final int POWER_OFF = 4;
    private static final int EXCHANGE = 5;
    private static final int SAVE = 6;
    private static final int LOAD = 7;
    private static final int FORGET_TRANSACTIONS = 8;
    private static final int COUNTS = 9;
    private static final int FORGET_SET_UP = 10;
    private static final int INSTALL_BOLT_CARD = 11;

    private static final int DONE = 0;
    private static final int TORN = 1;
    private static final int FAULT = 2;
    private static final byte[] NOTHING = {};
    private static final int SERIAL = 6;

    private final Map<Integer, SimulatedCard> cards = new HashMap<>();

    public static void main(String[] arguments) throws IOException {
        DataOutputStream out = new DataOutputStream(System.out);
        // Whatever a library prints must not get between the answers.
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        new Bridge().serve(new DataInputStream(new BufferedInputStream(System.in)), out);
    }

    private void serve(DataInputStream in, DataOutputStream out) throws IOException {
        while (true) {
            int operation;
            try {
                operation = in.readUnsignedByte();
            } catch (EOFException end) {
                return;
            }
            int number = in.readInt();
            byte[] data = in.readNBytes(in.readInt());
            try {
                answer(out, DONE, number, run(operation, number, data));
            } catch (PowerCut cut) {
                answer(out, TORN, number, NOTHING);
            } catch (RuntimeException | AssertionError fault) {
                answer(out, FAULT, number, String.valueOf(fault).getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private void answer(DataOutputStream out, int status, int number, byte[] data) throws IOException {
        SimulatedCard card = cards.get(number);
        List<Integer> draws = card == null ? List.of() : card.memory().draws();
        ByteBuffer frame = ByteBuffer.allocate(6 + 2 * draws.size() + data.length);
        frame.put((byte) status).putShort((short) (card == null ? 0 : card.memory().writes())).put((byte) draws.size());
        draws.forEach(draw -> frame.putShort(draw.shortValue()));
        frame.putShort((short) data.length).put(data);
        out.write(frame.array());
        out.flush();
    }

    private byte[] run(int operation, int number, byte[] data) {
        ByteBuffer in = ByteBuffer.wrap(data);
        switch (operation) {
            case NEW_CARD:
                // Serial 6, parameter i u8, version of the keys u8, keys 48 unless the version is 0.
                cards.put(number, new SimulatedCard(Arrays.copyOf(data, SERIAL), data[SERIAL] & 0xFF, data[SERIAL + 1] & 0xFF,
                    Arrays.copyOfRange(data, SERIAL + 2, data.length)));
                return NOTHING;
            case FORGET:
                cards.remove(number);
                return NOTHING;
            case POWER_ON:
                card(number).powerOn(in.getShort() & 0xFFFF);
                return NOTHING;
            case POWER_OFF:
                card(number).powerOff();
                return NOTHING;
            case EXCHANGE:
                int cutAt = in.getShort() & 0xFFFF;
                return card(number).transmit(Arrays.copyOfRange(data, 2, data.length), cutAt);
            case SAVE:
                return card(number).image().save();
            case LOAD:
                card(number).powerOff();
                card(number).image().load(data);
                return NOTHING;
            case FORGET_TRANSACTIONS:
                card(number).memory().forgetTransactions();
                return NOTHING;
            case FORGET_SET_UP:
                card(number).memory().beForgetful();
                return NOTHING;
            case INSTALL_BOLT_CARD:
                card(number).installBoltCard();
                return NOTHING;
            case COUNTS:
                return Counts.take().getBytes(StandardCharsets.US_ASCII);
            default:
                throw new IllegalArgumentException("operation " + operation);
        }
    }

    private SimulatedCard card(int number) {
        SimulatedCard card = cards.get(number);
        if (card == null) {
            throw new IllegalArgumentException("no card has the number " + number);
        }
        return card;
    }
}
