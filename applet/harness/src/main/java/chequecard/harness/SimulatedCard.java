package chequecard.harness;

import com.licel.jcardsim.base.Simulator;
import com.licel.jcardsim.base.SimulatorRuntime;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import javacard.framework.Applet;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.SystemException;
import org.globalplatform.GPSystem;

/**
 * A card of jCardSim with the card application on it, the Bolt Card application where that is installed, and a security domain
 * beside them, whose memory can be torn.
 */
public final class SimulatedCard {
    static final byte[] AID = HexFormat.of().parseHex("f043484551554501");
    /** NFC Forum's AID of NDEF tags. */
    static final byte[] BOLT_AID = HexFormat.of().parseHex("d2760000850101");
    /** As INSTALL gives them: instance AID, privileges, no parameters. jCardSim hands them over as they are. */
    private static final byte[] INSTALL_PARAMETERS = HexFormat.of().parseHex("08f043484551554501" + "0100" + "00");
    private static final byte[] BOLT_INSTALL_PARAMETERS = HexFormat.of().parseHex("07d2760000850101" + "0100" + "00");
    private static final String APPLET = AppletLoader.PACKAGE + "ChequecardApplet";
    private static final String BOLT_APPLET = AppletLoader.BOLT_PACKAGE + "BoltCardApplet";
    /** Stands before the names of the Bolt Card application's places. */
    private static final String BOLT_PLACES = "bolt";
    private static final int SHORTEST_AID = 5;
    /** What jCardSim answers to SELECT of an AID that nothing has. */
    private static final int NOTHING_SELECTED = 0x6999;
    private static final int NOT_FOUND = 0x6A82;
    /** Header, Lc and 255 bytes. */
    private static final int LONGEST_COMMAND = 260;
    private static final AppletLoader LOADER = new AppletLoader(SimulatedCard.class.getClassLoader());

    private final PoweredMemory memory = new PoweredMemory();
    private final Runtime runtime = new Runtime();
    private final Simulator simulator = new Simulator(runtime);
    private final SecurityDomain domain;
    private final AppletChannel channel;
    private final AppletChannel boltChannel;
    private CardImage image;
    /** AID of the application that is selected; null: the security domain. */
    private byte[] selected;

    /** jCardSim knows no roll-back; here it does. */
    private final class Runtime extends SimulatorRuntime {
        boolean isTransient(Object array) {
            return array == getCurrentAPDU().getBuffer()
                || transientMemory.isTransient(array) != JCSystem.NOT_A_TRANSIENT_OBJECT;
        }

        @Override
        public void beginTransaction() {
            super.beginTransaction();
            memory.beginTransaction();
        }

        @Override
        public void commitTransaction() {
            memory.commit();
            super.commitTransaction();
        }

        @Override
        public void abortTransaction() {
            memory.abort();
            super.abortTransaction();
        }

        @Override
        public short getMaxCommitCapacity() {
            return PoweredMemory.COMMIT_CAPACITY;
        }

        @Override
        public short getUnusedCommitCapacity() {
            return (short) memory.unusedCapacity();
        }

        int sizeOfTransients(Object applet) {
            return CardImage.transients(applet, this::isTransient).stream().mapToInt(java.lang.reflect.Array::getLength).sum();
        }

        /** The runtime ends a transaction that a command left open. */
        void endOpenTransaction() {
            if (getTransactionDepth() != 0) {
                abortTransaction();
            }
        }

        /** Another application is selected. */
        void leave() {
            deselect(lookupApplet(currentAID));
            currentAID = null;
        }
    }

    static {
        // jCardSim's generator has no seed otherwise.
        System.setProperty("com.licel.jcardsim.randomdata.secure", "1");
    }

    /** As from the factory, with the applet. @param version of the keys (48 bytes) of its security domain; 0: it has none */
    public SimulatedCard(byte[] serial, int parameterI, int version, byte[] keys) {
        this(new SecurityDomainKeys(serial, parameterI, version, keys));
        int status = install(INSTALL_PARAMETERS);
        if (status != 0x9000) {
            throw new AssertionError(Integer.toHexString(status));
        }
        memory.powerOff();
    }

    /** What the security domain is made of. */
    record SecurityDomainKeys(byte[] serial, int parameterI, int version, byte[] keys) {
    }

    /** The packages are loaded, and there is no instance of an applet. It has power. */
    SimulatedCard(SecurityDomainKeys made) {
        domain = new SecurityDomain(memory, made.serial(), made.parameterI(), made.version(), made.keys());
        channel = new AppletChannel(domain.channel(AID));
        boltChannel = new AppletChannel(domain.channel(BOLT_AID));
        activate();
        memory.transientsAre(runtime::isTransient);
        try {
            runtime.loadApplet(named(AID), LOADER.loadClass(APPLET).asSubclass(Applet.class));
            runtime.loadApplet(named(BOLT_AID), LOADER.loadClass(BOLT_APPLET).asSubclass(Applet.class));
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    /** What a card keeps of an applet, keys and code left out, in bytes. */
    public record Sizes(int persistent, int ofTransients) {
    }

    /** Of the card application's objects, its static arrays among them, and its arrays in RAM outside of the APDU buffer. */
    public static Sizes sizes() {
        SimulatedCard card = new SimulatedCard(new byte[6], 0x70, 0, new byte[0]);
        return card.sizes(card.applet(), AppletLoader.PACKAGE);
    }

    /** The same of the Bolt Card application. */
    public static Sizes boltSizes() {
        SimulatedCard card = new SimulatedCard(new byte[6], 0x70, 0, new byte[0]);
        card.installBoltCard(BOLT_INSTALL_PARAMETERS);
        return card.sizes(card.runtime.lookupApplet(named(BOLT_AID)).getApplet(), AppletLoader.BOLT_PACKAGE);
    }

    private Sizes sizes(Object applet, String ofPackage) {
        return new Sizes(CardImage.sizeOfApplet(applet, ofPackage, runtime::isTransient), runtime.sizeOfTransients(applet));
    }

    /**
     * INSTALL, as the security domain and the runtime do it.
     * @param parameters behind their lengths: instance AID, privileges, parameters of the application
     * @return status word; unless it is 9000 nothing has happened
     */
    int install(byte[] parameters) {
        return install(AID, parameters);
    }

    /** The same of the Bolt Card application, which is on no card by itself. */
    int installBoltCard(byte[] parameters) {
        return install(BOLT_AID, parameters);
    }

    /** The Bolt Card application, as it is to be installed. */
    public void installBoltCard() {
        int status = installBoltCard(BOLT_INSTALL_PARAMETERS);
        if (status != 0x9000) {
            throw new AssertionError(Integer.toHexString(status));
        }
        memory.powerOff();
    }

    private int install(byte[] aid, byte[] parameters) {
        activate();
        if (isInstalled(aid)) {
            return 0x6A80;
        }
        try {
            runtime.installApplet(named(aid), parameters, (short) 0, (byte) parameters.length);
        } catch (ISOException refused) {
            return refused.getReason() & 0xFFFF;
        } catch (SystemException refused) {
            return memory.isFull() ? 0x6A84 : 0x6A80;
        }
        domain.knows(aid);
        image = new CardImage(applets(), domain, memory, runtime::isTransient);
        return 0x9000;
    }

    private Map<String, Object> applets() {
        Map<String, Object> applets = new LinkedHashMap<>();
        if (isInstalled()) {
            applets.put("", applet());
        }
        if (isInstalled(BOLT_AID)) {
            applets.put(BOLT_PLACES, runtime.lookupApplet(named(BOLT_AID)).getApplet());
        }
        return applets;
    }

    boolean isInstalled() {
        return isInstalled(AID);
    }

    private boolean isInstalled(byte[] aid) {
        return runtime.lookupApplet(named(aid)) != null;
    }

    private static javacard.framework.AID named(byte[] aid) {
        return new javacard.framework.AID(aid, (short) 0, (byte) aid.length);
    }

    public PoweredMemory memory() {
        return memory;
    }

    CardImage image() {
        return image;
    }

    /**
     * Gives the card power, or takes it and gives it again; a torn transaction is rolled back.
     * @param cutAt step of the roll-back at which power fails, 0: at none
     * @throws PowerCut when it fails
     */
    public void powerOn(int cutAt) {
        activate();
        memory.begin(cutAt);
        try {
            memory.powerUp();
        } finally {
            memory.end();
        }
        simulator.reset();
        channel.resetSecurity();
        boltChannel.resetSecurity();
        domain.leave();
        selected = null;
        activate();
    }

    public void powerOff() {
        memory.powerOff();
    }

    /**
     * One command APDU and its response.
     * @param cutAt step at which power fails, 0: at none
     * @throws PowerCut when it fails: nothing came back
     * @throws AssertionError when the applet did what the platform does not promise
     */
    public byte[] transmit(byte[] command, int cutAt) {
        if (!memory.isPowered()) {
            throw new PowerCut();
        }
        activate();
        memory.begin(cutAt);
        try {
            byte[] response = answer(command);
            if (memory.fault() != null) {
                throw new AssertionError(memory.fault());
            }
            // The simulator makes 6F00 of whatever is thrown.
            if (!memory.isPowered()) {
                throw new PowerCut();
            }
            runtime.endOpenTransaction();
            return response;
        } finally {
            memory.end();
        }
    }

    private byte[] answer(byte[] command) {
        int length = dataLength(command);
        if (length < 0) {
            return status(0x6700);
        }
        if (command[1] == (byte) 0xA4 && (command[0] & 0xFC) == 0) {
            return select(command, length);
        }
        return selected != null ? toApplet(command) : toDomain(withoutLe(command, length));
    }

    /** Length of the command data; -1 when the bytes are no short command APDU (specs/01 §2). */
    private static int dataLength(byte[] command) {
        if (command.length < 4) {
            return -1;
        }
        if (command.length <= 5) {
            return 0;
        }
        int lc = command[4] & 0xFF;
        boolean fits = command.length == 5 + lc || command.length == 6 + lc;
        return lc != 0 && fits ? lc : -1;
    }

    private static byte[] withoutLe(byte[] command, int length) {
        return Arrays.copyOf(command, length == 0 ? 4 : 5 + length);
    }

    private byte[] select(byte[] command, int length) {
        int p1p2 = (command[2] & 0xFF) << 8 | command[3] & 0xFF;
        if (command[0] != 0) {
            return status(0x6E00);
        }
        if (p1p2 == 0x0402) {
            return status(NOT_FOUND);
        }
        if (p1p2 != 0x0400 && p1p2 != 0x040C) {
            // jCardSim would select by forms that no card knows.
            if (selected == null) {
                return toDomain(withoutLe(command, length));
            }
            return selected == AID || command[2] == 4 ? status(0x6A86) : toApplet(command);
        }
        byte[] aid = Arrays.copyOfRange(command, Math.min(5, command.length), 5 + length);
        for (byte[] whole : new byte[][] {AID, BOLT_AID}) {
            if (isPrefix(aid, whole) && isInstalled(whole)) {
                return selectApplet(command, whole);
            }
        }
        if (length != 0 && !isPrefix(aid, SecurityDomain.AID)) {
            // jCardSim would select by a single byte, and fails at an AID that is longer than an applet's.
            return selected == AID && length >= SHORTEST_AID && length <= AID.length ? toApplet(command) : status(NOT_FOUND);
        }
        if (selected != null) {
            runtime.leave();
            selected = null;
        }
        domain.leave();
        return p1p2 == 0x040C ? status(0x9000) : Scp03.concat(domain.select(), status(0x9000));
    }

    /** The applet that is left ends its channel before the other one has its own. */
    private byte[] selectApplet(byte[] command, byte[] aid) {
        if (selected == null) {
            domain.leave();
        } else if (selected != aid) {
            runtime.leave();
        }
        selected = aid;
        activate();
        byte[] response = toApplet(command);
        if (!isOk(response)) {
            selected = null;
        }
        return response;
    }

    private static boolean isPrefix(byte[] aid, byte[] whole) {
        return aid.length >= SHORTEST_AID && aid.length <= whole.length && Arrays.equals(aid, Arrays.copyOf(whole, aid.length));
    }

    private byte[] toApplet(byte[] command) {
        // jCardSim's buffer has no room for the Le of the longest command: it answers 6F00. The applet reads no Le.
        byte[] taken = command.length > LONGEST_COMMAND ? Arrays.copyOf(command, LONGEST_COMMAND) : command;
        byte[] response = simulator.transmitCommand(taken);
        return Arrays.equals(response, status(NOTHING_SELECTED)) ? status(NOT_FOUND) : response;
    }

    private byte[] toDomain(byte[] command) {
        try {
            return Scp03.concat(domain.process(command), status(0x9000));
        } catch (ISOException refused) {
            return status(refused.getReason());
        }
    }

    private static boolean isOk(byte[] response) {
        return response[response.length - 2] == (byte) 0x90;
    }

    private static byte[] status(int sw) {
        return new byte[] {(byte) (sw >> 8), (byte) sw};
    }

    /** The card application's object, to look into. */
    Object applet() {
        activate();
        return runtime.lookupApplet(named(AID)).getApplet();
    }

    private void activate() {
        memory.activate();
        GPSystem.channel = selected == BOLT_AID ? boltChannel : channel;
    }
}
