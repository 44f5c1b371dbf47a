package chequecard.harness;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An installation that cannot be is refused with a status word, and leaves nothing: a right one works afterwards. */
class InstallTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final String SELECT = "00a4040008f04348455155450100";
    private static final String RIGHT = "08f043484551554501" + "0100" + "00";

    private static final String SELECT_TAG = "00a4040007d276000085010100";
    private static final String RIGHT_TAG = "07d2760000850101" + "0100" + "00";

    private final SimulatedCard card = new SimulatedCard(new SimulatedCard.SecurityDomainKeys(new byte[6], 0x70, 0x30, new byte[48]));

    private int install(String parameters) {
        return card.install(HEX.parseHex(parameters));
    }

    private String send(String command) {
        return HEX.formatHex(card.transmit(HEX.parseHex(command), 0));
    }

    private void assertNothingIsInstalled() {
        assertFalse(card.isInstalled());
        card.powerOn(0);
        assertEquals("6a82", send(SELECT));
        assertEquals("6d00", send("80300000"), "the security domain has no such command");
    }

    private void assertARightOneWorks() {
        assertEquals(0x9000, install(RIGHT));
        card.powerOn(0);
        // A blank card of specs/01 §4.1: its AID, and a profile with the version and the lifecycle 01.
        assertEquals("6f2e" + "8408f043484551554501" + "a522c120" + "010001" + "00".repeat(29) + "9000", send(SELECT));
    }

    @ParameterizedTest
    @CsvSource({
        "another instance AID, 08f043484551554502010000", "the AID of the package, 07f0434845515545010000",
        "an AID that goes on, 09f04348455155450100010000", "no AID, 00010000", "parameters, 08f04348455155450101000101",
        "parameters behind long privileges, 08f0434845515545010300000002c900"})
    void badParametersAreRefused(String what, String parameters) {
        assertEquals(0x6A80, install(parameters), what);
        assertNothingIsInstalled();
        assertARightOneWorks();
    }

    @ParameterizedTest
    @CsvSource({"08f043484551554501010000", "08f04348455155450100", "08f0434845515545010300000000", "08f0434845515545010000"})
    void privilegesOfAnyLengthAndNoParametersAreTaken(String parameters) {
        assertEquals(0x9000, install(parameters));
        assertTrue(card.isInstalled());
    }

    @Test
    void aSecondInstanceIsRefusedAndTheFirstStays() {
        assertARightOneWorks();
        byte[] before = card.image().save();
        assertEquals(0x6A80, install(RIGHT));
        assertArrayEquals(before, card.image().save());
        assertTrue(send(SELECT).endsWith("9000"));
    }

    @ParameterizedTest
    @CsvSource({
        "the AID of the card application, 08f043484551554501010000", "an AID that goes on, 08d2760000850101000100",
        "another one of the same provider, 07d2760000850100010000", "no AID, 00010000", "parameters, 07d276000085010101000101"})
    void badParametersOfTheBoltCardAppletAreRefused(String what, String parameters) {
        assertEquals(0x9000, install(RIGHT));
        assertEquals(0x6A80, card.installBoltCard(HEX.parseHex(parameters)), what);
        card.powerOn(0);
        assertEquals("6a82", send(SELECT_TAG));
        assertEquals(0x9000, card.installBoltCard(HEX.parseHex(RIGHT_TAG)));
        card.powerOn(0);
        assertEquals("9000", send(SELECT_TAG));
        assertEquals("6a82", send("00a4000c02e103"), "it is blank");
        assertTrue(send(SELECT).endsWith("9000"));
    }

    @Test
    void aCardHasTheBoltCardAppletOnlyWhereItWasInstalled() {
        assertARightOneWorks();
        assertEquals("6a82", send(SELECT_TAG));
    }

    @Test
    void tooLittleMemoryForTheBoltCardAppletIsRefusedWhereverItEnds() {
        assertEquals(0x9000, install(RIGHT));
        int room = 0;
        for (; ; room++) {
            card.memory().hasRoomFor(room);
            int status = card.installBoltCard(HEX.parseHex(RIGHT_TAG));
            if (status == 0x9000) {
                break;
            }
            assertEquals(0x6A84, status, "room for " + room);
            card.powerOn(0);
            assertEquals("6a82", send(SELECT_TAG));
            assertTrue(send(SELECT).endsWith("9000"));
        }
        assertTrue(room > 15, "objects and arrays: " + room);
    }

    /** Memory that ends at each object and array that the applet makes. */
    @Test
    void tooLittleMemoryIsRefusedWhereverItEnds() {
        int room = 0;
        for (; install(room) != 0x9000; room++) {
            assertNothingIsInstalled();
        }
        assertTrue(room > 30, "objects and arrays: " + room);
        card.powerOn(0);
        assertTrue(send(SELECT).endsWith("9000"));
    }

    private int install(int room) {
        card.memory().hasRoomFor(room);
        int status = install(RIGHT);
        assertTrue(status == 0x9000 || status == 0x6A84, "room for " + room + ": " + Integer.toHexString(status));
        return status;
    }
}
