package chequecard.subset;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.Set;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.analysis.Analyzer;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.BasicInterpreter;
import org.objectweb.asm.tree.analysis.BasicValue;

/**
 * Follows arrays through all methods, fields and arguments of a package, to see whether one that lies in persistent memory is
 * given to a function of cryptography to write its result into. The API promises nothing of such writes: whether they are
 * atomic, and whether they take part in a transaction, differs from card to card.
 */
final class ArrayOrigins {
    /** Functions that write into an array, by class and name, and which of their arguments that is. */
    private static final Map<String, Integer> OUTPUT = Map.ofEntries(
        Map.entry("javacardx/crypto/Cipher.doFinal", 3), Map.entry("javacardx/crypto/Cipher.update", 3),
        Map.entry("javacard/security/Signature.sign", 3), Map.entry("javacard/security/MessageDigest.doFinal", 3),
        Map.entry("javacard/security/KeyAgreement.generateSecret", 3), Map.entry("javacard/security/RandomData.generateData", 0),
        Map.entry("javacard/security/AESKey.getKey", 0), Map.entry("javacard/security/ECPublicKey.getW", 0),
        Map.entry("javacard/security/ECPrivateKey.getS", 0));

    /** An array that may have been made by `new` (or is a constant): it is persistent. */
    private static final class Persistent extends BasicValue {
        Persistent(Type type) {
            super(type);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Persistent;
        }

        @Override
        public int hashCode() {
            return 2;
        }
    }

    private static final BasicValue PERSISTENT = new Persistent(Type.getObjectType("[B"));

    private final List<ClassNode> types = new ArrayList<>();
    /** Fields, arguments and results of methods that may be a persistent array. */
    private final Set<String> persistent = new TreeSet<>();
    private final Set<String> problems = new TreeSet<>();

    void add(ClassNode type) {
        types.add(type);
    }

    /** Where a persistent array is written to by cryptography. */
    List<String> problems() throws AnalyzerException {
        int known;
        do {
            known = persistent.size();
            problems.clear();
            for (ClassNode type : types) {
                for (MethodNode method : type.methods) {
                    new Analyzer<>(new Follower(type.name + "." + method.name, nameOf(type.name, method.name, method.desc)))
                        .analyze(type.name, method);
                }
            }
        } while (persistent.size() > known);
        return List.copyOf(problems);
    }

    private static String nameOf(String owner, String member, String descriptor) {
        return owner + "." + member + descriptor;
    }

    private final class Follower extends BasicInterpreter {
        private final String where;
        private final String method;

        Follower(String where, String method) {
            super(Opcodes.ASM9);
            this.where = where;
            this.method = method;
        }

        private BasicValue read(String place, BasicValue otherwise) {
            return persistent.contains(place) ? PERSISTENT : otherwise;
        }

        private void write(String place, BasicValue value) {
            if (value == PERSISTENT) {
                persistent.add(place);
            }
        }

        @Override
        public BasicValue newParameterValue(boolean isInstanceMethod, int local, Type type) {
            return read(method + "#" + local, super.newParameterValue(isInstanceMethod, local, type));
        }

        @Override
        public BasicValue newOperation(AbstractInsnNode instruction) throws AnalyzerException {
            BasicValue usual = super.newOperation(instruction);
            return instruction instanceof FieldInsnNode field ? read(nameOf(field.owner, field.name, ""), usual) : usual;
        }

        @Override
        public BasicValue unaryOperation(AbstractInsnNode instruction, BasicValue value) throws AnalyzerException {
            switch (instruction.getOpcode()) {
                case Opcodes.NEWARRAY:
                    return PERSISTENT;
                case Opcodes.CHECKCAST:
                    return value;
                case Opcodes.PUTSTATIC:
                    write(nameOf(((FieldInsnNode) instruction).owner, ((FieldInsnNode) instruction).name, ""), value);
                    return null;
                case Opcodes.GETFIELD:
                    FieldInsnNode field = (FieldInsnNode) instruction;
                    return read(nameOf(field.owner, field.name, ""), super.unaryOperation(instruction, value));
                default:
                    return super.unaryOperation(instruction, value);
            }
        }

        @Override
        public BasicValue binaryOperation(AbstractInsnNode instruction, BasicValue left, BasicValue right) throws AnalyzerException {
            if (instruction instanceof FieldInsnNode field) {
                write(nameOf(field.owner, field.name, ""), right);
            }
            return super.binaryOperation(instruction, left, right);
        }

        @Override
        public BasicValue naryOperation(AbstractInsnNode instruction, List<? extends BasicValue> values) throws AnalyzerException {
            BasicValue usual = super.naryOperation(instruction, values);
            if (!(instruction instanceof MethodInsnNode call)) {
                return usual;
            }
            int receiver = call.getOpcode() == Opcodes.INVOKESTATIC ? 0 : 1;
            Integer output = OUTPUT.get(call.owner + "." + call.name);
            if (output != null && values.get(receiver + output) == PERSISTENT) {
                problems.add(where + ": a persistent array is given to " + call.owner + "." + call.name + " to write into");
            }
            String called = nameOf(call.owner, call.name, call.desc);
            int local = receiver;
            for (int i = receiver; i < values.size(); i++) {
                write(called + "#" + local, values.get(i));
                local += values.get(i).getSize();
            }
            return read(called + "#result", usual);
        }

        @Override
        public void returnOperation(AbstractInsnNode instruction, BasicValue value, BasicValue expected) {
            write(method + "#result", value);
        }

        /** What may be persistent counts as persistent. */
        @Override
        public BasicValue merge(BasicValue one, BasicValue other) {
            return one == PERSISTENT || other == PERSISTENT ? mergedWithPersistent(one, other) : super.merge(one, other);
        }

        private BasicValue mergedWithPersistent(BasicValue one, BasicValue other) {
            boolean references = one.isReference() && other.isReference();
            return references ? PERSISTENT : BasicValue.UNINITIALIZED_VALUE;
        }

        @Override
        public BasicValue copyOperation(AbstractInsnNode instruction, BasicValue value) {
            return value;
        }
    }
}
