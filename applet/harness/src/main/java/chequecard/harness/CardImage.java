package chequecard.harness;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import javacard.security.Key;

/**
 * All that a card keeps without power, by name: the fields and arrays of each applet's objects, its PIN and keys, the
 * security domain's keys, and the journal of a transaction that was torn. As bytes: u16 number of places, each its name and
 * content behind lengths u8 and u16; u16 number of journal entries, each name, offset u16, content.
 */
final class CardImage {
    private final Map<String, Location> places = new LinkedHashMap<>();
    private final Map<Location, String> names = new HashMap<>();
    private final PoweredMemory memory;

    /** The places of a card. They stay the same for as long as its applets do. @param applets with what stands before the names */
    CardImage(Map<String, Object> applets, SecurityDomain domain, PoweredMemory memory, Predicate<Object> isTransient) {
        this.memory = memory;
        applets.forEach((prefix, applet) -> new Walk(isTransient).object(prefix, applet));
        (domain == null ? Map.<String, byte[]>of() : domain.places()).forEach((name, array) -> put("domain." + name, new Location.Bytes(array)));
        places.forEach((name, place) -> names.putIfAbsent(place, name));
    }

    private void put(String name, Location location) {
        places.put(name, location);
    }

    private final class Walk {
        private final Map<Object, Boolean> seen = new IdentityHashMap<>();
        private final Predicate<Object> isTransient;

        Walk(Predicate<Object> isTransient) {
            this.isTransient = isTransient;
        }

        void object(String path, Object object) {
            if (object == null || seen.put(object, true) != null) {
                return;
            }
            if (object instanceof byte[] bytes) {
                if (!isTransient.test(bytes)) {
                    put(path, new Location.Bytes(bytes));
                }
            } else if (object instanceof PoweredPin pin) {
                put(path + ".value", new Location.Bytes(pin.value));
                put(path + ".tries", new Location.Bytes(pin.tries));
            } else if (object instanceof Key key) {
                if (Location.isTransient(key)) {
                    return;
                }
                put(path, new Location.StoredKey(key));
            } else if (AppletLoader.isOwn(object.getClass().getName())) {
                for (Field field : object.getClass().getDeclaredFields()) {
                    if (!Modifier.isStatic(field.getModifiers())) {
                        field(path.isEmpty() ? field.getName() : path + "." + field.getName(), object, field);
                    }
                }
            }
        }

        private void field(String path, Object owner, Field field) {
            field.setAccessible(true);
            try {
                if (field.getType().isPrimitive()) {
                    put(path, new Location.Variable(owner, field));
                } else {
                    object(path, field.get(owner));
                }
            } catch (IllegalAccessException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Bytes of an applet's persistent memory, its constants among them, keys left out. @param ofPackage the applet's */
    static int sizeOfApplet(Object applet, String ofPackage, Predicate<Object> isTransient) {
        CardImage image = new CardImage(Map.of("", applet), null, null, isTransient);
        int own = image.places.values().stream()
            .filter(place -> !(place instanceof Location.StoredKey)).mapToInt(place -> place.all().length).sum();
        return own + AppletLoader.constants(ofPackage).stream().mapToInt(constant -> constant.length).sum();
    }

    /** The applet's arrays in RAM. */
    static List<Object> transients(Object applet, Predicate<Object> isTransient) {
        Map<Object, Boolean> found = new IdentityHashMap<>();
        collect(applet, isTransient, found, new IdentityHashMap<>());
        return List.copyOf(found.keySet());
    }

    private static void collect(Object object, Predicate<Object> isTransient, Map<Object, Boolean> found, Map<Object, Boolean> seen) {
        if (object == null || seen.put(object, true) != null) {
            return;
        }
        if (object.getClass().isArray()) {
            if (isTransient.test(object)) {
                found.put(object, true);
            }
        } else if (AppletLoader.isOwn(object.getClass().getName())) {
            for (Field field : object.getClass().getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                    field.setAccessible(true);
                    try {
                        collect(field.get(object), isTransient, found, seen);
                    } catch (IllegalAccessException e) {
                        throw new AssertionError(e);
                    }
                }
            }
        }
    }

    byte[] save() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            out.writeShort(places.size());
            for (Map.Entry<String, Location> place : places.entrySet()) {
                writeName(out, place.getKey());
                writeBytes(out, place.getValue().all());
            }
            List<PoweredMemory.Entry> journal = memory.journal();
            out.writeShort(journal.size());
            for (PoweredMemory.Entry entry : journal) {
                writeName(out, names.get(entry.location()));
                out.writeShort(entry.offset());
                writeBytes(out, entry.old());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** @throws IllegalArgumentException when the image is of another applet */
    void load(byte[] image) {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(image));
        try {
            int count = in.readUnsignedShort();
            for (int i = 0; i < count; i++) {
                Location place = placeOf(readName(in));
                byte[] content = readBytes(in);
                if (!java.util.Arrays.equals(content, place.all())) {
                    place.write(0, content);
                }
            }
            List<PoweredMemory.Entry> journal = new ArrayList<>();
            int entries = in.readUnsignedShort();
            for (int i = 0; i < entries; i++) {
                Location place = placeOf(readName(in));
                journal.add(new PoweredMemory.Entry(place, in.readUnsignedShort(), readBytes(in)));
            }
            memory.journalIs(journal);
        } catch (IOException e) {
            throw new IllegalArgumentException("the image is cut", e);
        }
    }

    private Location placeOf(String name) {
        Location place = places.get(name);
        if (place == null) {
            throw new IllegalArgumentException("the image has a place that this applet has not: " + name);
        }
        return place;
    }

    private static void writeName(DataOutputStream out, String name) throws IOException {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        out.writeByte(bytes.length);
        out.write(bytes);
    }

    private static String readName(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.US_ASCII);
    }

    private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeShort(bytes.length);
        out.write(bytes);
    }

    private static byte[] readBytes(DataInputStream in) throws IOException {
        return in.readNBytes(in.readUnsignedShort());
    }
}
