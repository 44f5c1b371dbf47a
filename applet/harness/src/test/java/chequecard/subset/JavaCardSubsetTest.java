package chequecard.subset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import chequecard.harness.SimulatedCard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JavaCardSubsetTest {
    private static final ExportedApi API = new ExportedApi("3.0.4");
    private static final Path CLASSES = Path.of("..", "card", "target", "classes", "chequecard", "applet");
    /** Bounds of docs/cards.md. */
    private static final int MOST_CODE = 10 * 1024;
    private static final int MOST_PERSISTENT = 1024;
    private static final int MOST_TRANSIENT = 400;

    private static JavaCardSubset applet() throws IOException {
        JavaCardSubset subset = new JavaCardSubset(API, "chequecard/applet/");
        try (Stream<Path> files = Files.list(CLASSES)) {
            for (Path file : files.sorted().toList()) {
                subset.check(Files.readAllBytes(file));
            }
        }
        return subset;
    }

    @Test
    void theAppletKeepsToTheSubset() throws IOException {
        assertEquals(List.of(), applet().problems());
    }

    @Test
    void theAppletIsSmall() throws IOException {
        SimulatedCard.Sizes sizes = SimulatedCard.sizes();
        int code = applet().codeBytes();
        System.out.println("sizes: code " + code + ", persistent " + sizes.persistent() + ", transient " + sizes.ofTransients());
        assertTrue(code > 3000 && code <= MOST_CODE, "bytecode: " + code);
        assertTrue(sizes.persistent() > 500 && sizes.persistent() <= MOST_PERSISTENT, "persistent: " + sizes.persistent());
        assertTrue(sizes.ofTransients() > 200 && sizes.ofTransients() <= MOST_TRANSIENT, "transient: " + sizes.ofTransients());
    }

    /** Each rule finds the class that was written to break it. */
    @ParameterizedTest
    @CsvSource({
        "LongField, type long", "CharArgument, type char", "IntResult, type int", "StringField, type String",
        "TwoDimensions, array of arrays", "UnsignedShift, IUSHR", "Locked, MONITORENTER", "LongCall, synchronized",
        "GreatConstant, constant 40000", "DynamicCall, INVOKEDYNAMIC", "Enumerated, an enum",
        "ComparedSum, more than 16 bits", "SumAsIndex, more than 16 bits", "DividedSum, more than 16 bits",
        "ShiftedSum, more than 16 bits", "LaterApi, not exported: javacard/security/RandomData.nextBytes",
        "OtherLibrary, not exported: java/util/List.of", "WrittenStatic, static field",
        "ObjectInACommand, makes an object", "MemoryAtSelection, makes an object", "LongField, class file of version"})
    void aRuleFindsWhatItRefuses(String broken, String problem) throws IOException {
        JavaCardSubset subset = new JavaCardSubset(API, "chequecard/subset/Refused");
        subset.check(Refused.class.getResourceAsStream("Refused$" + broken + ".class").readAllBytes());
        List<String> found = subset.problems();
        assertTrue(found.stream().anyMatch(each -> each.contains(broken) && each.contains(problem)), found.toString());
    }
}
