package chequecard.harness;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the applet did since the counts were last taken: bytecodes, calls of the API by name, bytes that array functions moved,
 * bytes that were written to persistent memory. Counted only where the class files were rewritten for it
 * ({@link AppletLoader}, property {@code chequecard.counts}).
 */
public final class Counts {
    private static final Map<String, Long> COUNTS = new TreeMap<>();
    private static long bytecodes;

    private Counts() {
    }

    /** Before each bytecode. */
    public static void bytecode() {
        bytecodes++;
    }

    /** Before each call of the API. */
    public static void call(String name) {
        add(name, 1);
    }

    static void add(String name, long number) {
        COUNTS.merge(name, number, Long::sum);
    }

    /** One line for each: name, space, number. Starts over. */
    static String take() {
        add("bytecode", bytecodes);
        String text = COUNTS.entrySet().stream().map(count -> count.getKey() + " " + count.getValue()).collect(Collectors.joining("\n"));
        COUNTS.clear();
        bytecodes = 0;
        return text;
    }
}
