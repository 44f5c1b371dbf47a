package chequecard.subset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import org.junit.jupiter.params.provider.ValueSource;
import org.objectweb.asm.Type;

class JavaCardSubsetTest {
    private static final ExportedApi API = new ExportedApi("3.0.4");
    private static final Path CLASSES = Path.of("..", "card", "target", "classes", "chequecard");
    /** Bounds of docs/cards.md. */
    private static final int MOST_CODE = 10 * 1024;
    private static final int MOST_PERSISTENT = 1024;
    private static final int MOST_TRANSIENT = 400;
    private static final int MOST_BOLT_CODE = 3584;
    private static final int MOST_BOLT_PERSISTENT = 300;
    private static final int MOST_BOLT_TRANSIENT = 320;

    /** A package by itself: what it does not have must be exported, so it cannot reach the other one. */
    private static JavaCardSubset applet(String name) throws IOException {
        JavaCardSubset subset = new JavaCardSubset(API, "chequecard/" + name + "/");
        try (Stream<Path> files = Files.list(CLASSES.resolve(name))) {
            for (Path file : files.sorted().toList()) {
                subset.check(Files.readAllBytes(file));
            }
        }
        return subset;
    }

    @ParameterizedTest
    @ValueSource(strings = {"applet", "bolt"})
    void theAppletKeepsToTheSubset(String name) throws IOException {
        assertEquals(List.of(), applet(name).problems());
    }

    @Test
    void theAppletIsSmall() throws IOException {
        SimulatedCard.Sizes sizes = SimulatedCard.sizes();
        int code = applet("applet").codeBytes();
        System.out.println("sizes: code " + code + ", persistent " + sizes.persistent() + ", transient " + sizes.ofTransients());
        assertTrue(code > 3000 && code <= MOST_CODE, "bytecode: " + code);
        assertTrue(sizes.persistent() > 500 && sizes.persistent() <= MOST_PERSISTENT, "persistent: " + sizes.persistent());
        assertTrue(sizes.ofTransients() > 200 && sizes.ofTransients() <= MOST_TRANSIENT, "transient: " + sizes.ofTransients());
    }

    @Test
    void theBoltCardAppletIsSmall() throws IOException {
        SimulatedCard.Sizes sizes = SimulatedCard.boltSizes();
        int code = applet("bolt").codeBytes();
        System.out.println("sizes of the Bolt Card applet: code " + code + ", persistent " + sizes.persistent() + ", transient "
            + sizes.ofTransients());
        assertTrue(code > 1000 && code <= MOST_BOLT_CODE, "bytecode: " + code);
        assertTrue(sizes.persistent() > 200 && sizes.persistent() <= MOST_BOLT_PERSISTENT, "persistent: " + sizes.persistent());
        assertTrue(sizes.ofTransients() > 250 && sizes.ofTransients() <= MOST_BOLT_TRANSIENT, "transient: " + sizes.ofTransients());
    }

    /** Each rule finds the class that was written to break it. */
    @ParameterizedTest
    @CsvSource({
        "LongField, type long", "CharArgument, type char", "IntResult, type int", "StringField, type String", "FloatArgument, type float",
        "DoubleResult, type double", "TwoDimensions, array of arrays", "IntLocal, 'wide: type int'", "LongLocal, 'wide: type long'",
        "LongLocal, instruction LADD", "UnsignedShift, instruction IUSHR", "Locked, instruction MONITORENTER",
        "DynamicCall, instruction INVOKEDYNAMIC", "ArraysMadeAtOnce, instruction MULTIANEWARRAY", "ArrayOfInts, an array of a type",
        "LongCall, synchronized", "NativeMethod, native", "GreatConstant, constant 40000", "StringConstant, constant text",
        "Enumerated, an enum", "Annotated, an annotation", "LongField, class file of version",
        "ForeignParent, not exported: java/util/Random", "ForeignInterface, not exported: java/lang/Cloneable",
        "ForeignException, not exported: java/lang/IllegalStateException", "ForeignObject, not exported: java/lang/Integer",
        "LaterApi, not exported: javacard/security/RandomData.nextBytes", "LaterType, not exported: javacard/framework/OwnerPINBuilder",
        "OtherLibrary, not exported: java/util/List.of", "WrittenStatic, static field", "InitializerThatRuns, an initializer that does more",
        "ObjectInACommand, makes an object", "MemoryAtSelection, makes an object", "FactoryAtDeselection, makes an object",
        "ObjectAtRemoval, makes an object", "ThrownObject, makes an object",
        "ComparedSum, more than 16 bits", "ComparedProduct, more than 16 bits", "ComparedShift, more than 16 bits",
        "SumOnOneWay, more than 16 bits", "SumAsIndex, more than 16 bits", "SumAsPlace, more than 16 bits", "DividedSum, more than 16 bits",
        "RemainderOfSum, more than 16 bits", "ShiftedSum, more than 16 bits", "NegatedSum, more than 16 bits",
        "SwitchedSum, more than 16 bits", "PassedSum, more than 16 bits", "ReturnedSum, more than 16 bits", "KeptSum, more than 16 bits",
        "StoredSum, more than 16 bits",
        "CipherIntoField, a persistent array is given to javacardx/crypto/Cipher.doFinal",
        "SignatureIntoConstant, a persistent array is given to javacard/security/Signature.sign",
        "RandomThroughCalls, a persistent array is given to javacard/security/RandomData.generateData",
        "PointIntoEither, a persistent array is given to javacard/security/ECPublicKey.getW"})
    void aRuleFindsWhatItRefuses(String broken, String problem) throws IOException {
        List<String> found = problemsOf(broken, API);
        assertTrue(found.stream().anyMatch(each -> each.contains(broken) && each.contains(problem)), found.toString());
    }

    private static List<String> problemsOf(String name, ExportedApi api) throws IOException {
        JavaCardSubset subset = new JavaCardSubset(api, "chequecard/subset/Refused");
        subset.check(Refused.class.getResourceAsStream("Refused$" + name + ".class").readAllBytes());
        return subset.problems();
    }

    /** The tests' own classes are of a later version of Java. */
    private static List<String> problemsButVersion(String name, ExportedApi api) throws IOException {
        return problemsOf(name, api).stream().filter(problem -> !problem.contains("class file of version")).toList();
    }

    @Test
    void noRuleFindsMoreThanItRefuses() throws IOException {
        assertEquals(List.of(), problemsButVersion("Allowed", API));
    }

    @Test
    void aLaterPlatformHasMore() throws IOException {
        ExportedApi later = new ExportedApi("3.0.4", "3.0.5");
        assertEquals(List.of(), problemsButVersion("LaterApi", later));
        assertEquals(List.of(), problemsButVersion("LaterType", later));
        assertTrue(problemsButVersion("OtherLibrary", later).size() > 0);
    }

    /** Each line of the lists is in the simulator's API of 3.0.5. */
    @ParameterizedTest
    @ValueSource(strings = {"3.0.4", "3.0.5"})
    void theListsNameWhatIsThere(String list) {
        new ExportedApi(list).all().forEach((type, members) -> members.forEach(member -> assertTrue(isThere(type, member), type + "." + member)));
    }

    private static boolean isThere(String type, String member) {
        try {
            Class<?> found = Class.forName(type.replace('/', '.'), false, JavaCardSubsetTest.class.getClassLoader());
            Stream<String> names = member.startsWith("<init>")
                ? Stream.of(found.getDeclaredConstructors()).map(each -> "<init>" + Type.getConstructorDescriptor(each))
                : Stream.of(found.getDeclaredMethods()).map(each -> each.getName() + Type.getMethodDescriptor(each));
            return type.startsWith("org/globalplatform") || names.anyMatch(member::equals);
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    @Test
    void theListsOfTwoVersionsHaveNothingInCommon() {
        ExportedApi first = new ExportedApi("3.0.4");
        new ExportedApi("3.0.5").all().forEach((type, members) -> members.forEach(member -> assertFalse(first.has(type, member), member)));
    }
}
