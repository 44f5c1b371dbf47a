package chequecard.harness;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javacard.framework.ISOException;

/** An issuer security domain as specs/04 §12 has it: describes the card, opens a channel, changes keys through it. */
final class SecurityDomain {
    static final byte[] AID = hex("a000000151000000");
    private static final byte[] PACKAGE_AID = hex("f0434845515545");
    private static final byte[] BOLT_PACKAGE_AID = hex("f0434845515542");
    private static final int HEAD = 5;
    private static final int KEY_FIELD = 23;

    private final KeyStore keys;
    private final byte[] serial;
    private final byte[] parameterI;
    private final CardChannel channel;
    /** AIDs of the applications, in the order of installation. */
    private final List<byte[]> applications = new ArrayList<>();

    /** @param version of the factory's keys (48 bytes); 0: the card has none */
    SecurityDomain(PoweredMemory memory, byte[] serial, int parameterI, int version, byte[] factoryKeys) {
        this.keys = new KeyStore(memory, version, factoryKeys);
        this.serial = serial;
        this.parameterI = new byte[] {(byte) parameterI};
        this.channel = channel(AID);
    }

    /** A channel with the domain's keys. */
    CardChannel channel(byte[] aid) {
        return new CardChannel(keys, Scp03.concat(hex("5343"), serial, hex("4351")), parameterI[0] & 0xFF, aid);
    }

    /** An application was installed. */
    void knows(byte[] aid) {
        applications.add(aid);
    }

    /** What it keeps without power. */
    Map<String, byte[]> places() {
        Map<String, byte[]> places = new LinkedHashMap<>();
        places.put("serial", serial);
        places.put("parameterI", parameterI);
        places.put("keys", keys.slots);
        places.put("failures", keys.failures);
        return places;
    }

    void leave() {
        channel.end();
    }

    byte[] select() {
        return object(0x6F, object(0x84, AID), hex("a5049f6501ff"));
    }

    /** @param command header, and Lc and data where there are any. Returns data of a 9000 answer. @throws ISOException */
    byte[] process(byte[] command) {
        int cla = command[0] & 0xFF;
        int ins = command[1] & 0xFF;
        CardChannel.require(cla == 0x00 || cla == 0x80 || cla == 0x84, 0x6E00);
        byte[] data = Arrays.copyOfRange(command, Math.min(HEAD, command.length), command.length);
        if (cla == 0x80 && ins == 0x50) {
            return channel.initializeUpdate(command[2] & 0xFF, command[3] & 0xFF, data);
        }
        if (cla == 0x84 && ins == 0x82) {
            channel.externalAuthenticate(command);
            return new byte[0];
        }
        int p1p2 = (command[2] & 0xFF) << 8 | command[3] & 0xFF;
        if ((cla & 0x04) == 0 && (channel.level() & CardChannel.C_MAC) == 0) {
            return run(ins, p1p2, data);
        }
        return channel.wrap(run(ins, p1p2, channel.unwrap(command)));
    }

    private byte[] run(int ins, int p1p2, byte[] data) {
        switch (ins) {
            case 0xCA:
                return getData(p1p2);
            case 0xD8:
                CardChannel.require(channel.isOpen(), 0x6982);
                return putKey(p1p2, data);
            case 0xF2:
                CardChannel.require(channel.isOpen(), 0x6982);
                return getStatus(p1p2, data);
            case 0xA4:
                throw refusal(0x6A82);
            default:
                throw refusal(0x6D00);
        }
    }

    private byte[] getData(int tag) {
        switch (tag) {
            case 0x9F7F:
                byte[] production = new byte[42];
                System.arraycopy(hex("43515343"), 0, production, 0, 4);
                System.arraycopy(serial, 2, production, 12, 4);
                System.arraycopy(serial, 0, production, 16, 2);
                return Scp03.concat(hex("9f7f"), new byte[] {(byte) production.length}, production);
            case 0x0066:
                return object(0x66, object(0x73, identifier(1), object(0x60, identifier(2, 2, 3)), object(0x63, identifier(3)),
                    object(0x64, identifier(4, 3, parameterI[0] & 0xFF))));
            case 0x00E0:
                byte[] all = new byte[0];
                for (int version : keys.versions()) {
                    for (int id = 1; id <= 3; id++) {
                        all = Scp03.concat(all, object(0xC0, new byte[] {(byte) id, (byte) version, (byte) 0x88, 0x10}));
                    }
                }
                return object(0xE0, all);
            default:
                throw refusal(0x6A88);
        }
    }

    /** specs/04 §8.5. */
    private byte[] putKey(int p1p2, byte[] data) {
        CardChannel.require((p1p2 & 0x80FF) == 0x0081, 0x6A86);
        CardChannel.require(data.length == 1 + 3 * KEY_FIELD, 0x6700);
        int current = keys.find(channel.version());
        CardChannel.require(current >= 0, 0x6A88);
        int version = data[0] & 0xFF;
        CardChannel.require(version >= 1 && version <= 0x7F, 0x6A80);
        byte[] fresh = new byte[0];
        byte[] answer = {(byte) version};
        for (int i = 0; i < 3; i++) {
            byte[] field = Arrays.copyOfRange(data, 1 + i * KEY_FIELD, 1 + (i + 1) * KEY_FIELD);
            boolean formed = Arrays.equals(Arrays.copyOf(field, 3), hex("881110")) && field[19] == 3;
            CardChannel.require(formed, 0x6A80);
            byte[] key = Scp03.cbc(false, keys.key(current, 2), new byte[Scp03.BLOCK], Arrays.copyOfRange(field, 3, 19));
            byte[] check = Scp03.keyCheckValue(key);
            CardChannel.require(Arrays.equals(check, Arrays.copyOfRange(field, 20, 23)), 0x6A80);
            fresh = Scp03.concat(fresh, key);
            answer = Scp03.concat(answer, check);
        }
        keys.put(p1p2 >> 8, version, fresh);
        return answer;
    }

    private byte[] getStatus(int p1p2, byte[] data) {
        CardChannel.require((p1p2 & 0xFF) == 0x02, 0x6A86);
        CardChannel.require(data.length >= 2 && data[0] == 0x4F && data[1] == 0, 0x6A80);
        switch (p1p2 >> 8) {
            case 0x80:
                return status(AID, 0x0F, 0x9E);
            case 0x40:
                return all(0x07, applications);
            case 0x20:
            case 0x10:
                return all(0x01, applications.size() > 1 ? List.of(PACKAGE_AID, BOLT_PACKAGE_AID) : List.of(PACKAGE_AID));
            default:
                throw refusal(0x6A86);
        }
    }

    private static byte[] all(int lifecycle, List<byte[]> aids) {
        return Scp03.concat(aids.stream().map(aid -> status(aid, lifecycle, 0)).toArray(byte[][]::new));
    }

    private static byte[] status(byte[] aid, int lifecycle, int privileges) {
        return object(0xE3, object(0x4F, aid), Scp03.concat(hex("9f7001"), new byte[] {(byte) lifecycle}),
            object(0xC5, new byte[] {(byte) privileges, 0, 0}));
    }

    private static byte[] identifier(int... rest) {
        byte[] own = new byte[rest.length];
        for (int i = 0; i < rest.length; i++) {
            own[i] = (byte) rest[i];
        }
        return object(0x06, hex("2a864886fc6b"), own);
    }

    private static byte[] object(int tag, byte[]... parts) {
        byte[] value = Scp03.concat(parts);
        byte[] head = value.length < 128
            ? new byte[] {(byte) tag, (byte) value.length}
            : new byte[] {(byte) tag, (byte) 0x81, (byte) value.length};
        return Scp03.concat(head, value);
    }

    private static RuntimeException refusal(int sw) {
        return new ISOException((short) sw);
    }

    private static byte[] hex(String text) {
        return java.util.HexFormat.of().parseHex(text);
    }
}
