package chequecard.subset;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.CodeSizeEvaluator;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TypeInsnNode;
import org.objectweb.asm.tree.analysis.Analyzer;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.util.Printer;

/**
 * What a converter would refuse, as far as class files show it: types and instructions that cards lack, int values that
 * are not cut to 16 bits before they are used, functions and types of the platform that no export file has, initializers that run;
 * and, beyond converters, objects that are made after installation, which a card does not collect, and persistent arrays that
 * cryptography writes into. Not a converter and not a verifier: what passes here must still be
 * converted and verified by the vendor's tools (applet/convert.sh).
 */
final class JavaCardSubset {
    /** Java 7: newer class files are refused by the converters of 3.0.4 and 3.0.5. */
    private static final int CLASS_FILE = 51;
    /** All that have a counterpart on a card without int. CALOAD, LADD, I2C and the like have none, IUSHR another meaning. */
    private static final Set<String> ALLOWED = Set.of((
        "NOP ACONST_NULL ICONST_M1 ICONST_0 ICONST_1 ICONST_2 ICONST_3 ICONST_4 ICONST_5 BIPUSH SIPUSH LDC ILOAD ALOAD AALOAD BALOAD "
        + "SALOAD ISTORE ASTORE AASTORE BASTORE SASTORE POP POP2 DUP DUP_X1 DUP_X2 DUP2 DUP2_X1 DUP2_X2 SWAP IADD ISUB IMUL IDIV IREM "
        + "INEG ISHL ISHR IAND IOR IXOR IINC I2B I2S IFEQ IFNE IFLT IFGE IFGT IFLE IF_ICMPEQ IF_ICMPNE IF_ICMPLT IF_ICMPGE IF_ICMPGT "
        + "IF_ICMPLE IF_ACMPEQ IF_ACMPNE GOTO TABLESWITCH LOOKUPSWITCH IRETURN ARETURN RETURN GETSTATIC PUTSTATIC GETFIELD PUTFIELD "
        + "INVOKEVIRTUAL INVOKESPECIAL INVOKESTATIC INVOKEINTERFACE NEW NEWARRAY ANEWARRAY ARRAYLENGTH ATHROW CHECKCAST INSTANCEOF "
        + "IFNULL IFNONNULL").split(" "));
    /** What the initializer of a class may do: a converter makes constant arrays of it, and runs nothing. */
    private static final Set<String> OF_CONSTANTS = Set.of((
        "ICONST_M1 ICONST_0 ICONST_1 ICONST_2 ICONST_3 ICONST_4 ICONST_5 BIPUSH SIPUSH DUP NEWARRAY BASTORE SASTORE PUTSTATIC RETURN")
        .split(" "));
    private static final Set<Integer> ARRAYS = Set.of(Opcodes.T_BOOLEAN, Opcodes.T_BYTE, Opcodes.T_SHORT);
    /** Where the runtime calls an applet after installation. */
    private static final List<String> ENTRIES = List.of(".process(", ".select(", ".deselect(", ".uninstall(", ".getShareableInterfaceObject(");
    private static final Map<String, String> REFUSED_TYPES = Map.of(
        "J", "long", "F", "float", "D", "double", "C", "char", "I", "int", "Ljava/lang/String;", "String");

    private final ExportedApi api;
    private final String ownPackage;
    private final List<String> problems = new ArrayList<>();
    /** Own methods, by name and descriptor, with the own methods that each calls and the objects that each makes. */
    private final Map<String, Set<String>> calls = new HashMap<>();
    private final Map<String, List<String>> made = new HashMap<>();
    private final ArrayOrigins origins = new ArrayOrigins();
    private int codeBytes;

    JavaCardSubset(ExportedApi api, String ownPackage) {
        this.api = api;
        this.ownPackage = ownPackage;
    }

    /** Bytes of Java bytecode in all methods: about what the method component of a CAP file has. */
    int codeBytes() {
        return codeBytes;
    }

    void check(byte[] classFile) {
        ClassNode type = new ClassNode();
        new ClassReader(classFile).accept(type, 0);
        if ((type.version & 0xFFFF) != CLASS_FILE) {
            problems.add(type.name + ": class file of version " + type.version);
        }
        if ((type.access & (Opcodes.ACC_ENUM | Opcodes.ACC_ANNOTATION)) != 0) {
            problems.add(type.name + ": an enum or an annotation");
        }
        origins.add(type);
        requireExported(type.name, type.superName);
        type.interfaces.forEach(each -> requireExported(type.name, each));
        for (FieldNode field : type.fields) {
            checkType(type.name + "." + field.name, Type.getType(field.desc));
        }
        for (MethodNode method : type.methods) {
            checkMethod(type, method);
        }
    }

    private void checkMethod(ClassNode type, MethodNode method) {
        String where = type.name + "." + method.name;
        checkType(where, Type.getReturnType(method.desc));
        for (Type argument : Type.getArgumentTypes(method.desc)) {
            checkType(where, argument);
        }
        if ((method.access & (Opcodes.ACC_SYNCHRONIZED | Opcodes.ACC_NATIVE)) != 0) {
            problems.add(where + ": synchronized or native");
        }
        if (method.localVariables != null) {
            method.localVariables.forEach(local -> checkType(where + ", " + local.name, Type.getType(local.desc)));
        }
        method.tryCatchBlocks.stream().filter(block -> block.type != null).forEach(block -> requireExported(where, block.type));
        Set<String> called = calls.computeIfAbsent(where + method.desc, key -> new HashSet<>());
        for (AbstractInsnNode instruction : method.instructions) {
            checkInstruction(where, instruction);
            if (instruction instanceof MethodInsnNode call && call.owner.startsWith(ownPackage)) {
                called.add(call.owner + "." + call.name + call.desc);
            }
            if (allocates(instruction)) {
                made.computeIfAbsent(where + method.desc, key -> new ArrayList<>()).add(where);
            }
        }
        CodeSizeEvaluator size = new CodeSizeEvaluator(null);
        method.accept(size);
        codeBytes += size.getMaxSize();
        checkNarrowing(type.name, where, method);
    }

    /** What was found in all class files. Whatever a command or a selection reaches makes no object. */
    List<String> problems() {
        List<String> all = new ArrayList<>(problems);
        try {
            all.addAll(origins.problems());
        } catch (AnalyzerException e) {
            all.add(e.getMessage());
        }
        Set<String> reached = new HashSet<>();
        Deque<String> next = new ArrayDeque<>();
        for (String method : calls.keySet()) {
            if (ENTRIES.stream().anyMatch(method::contains)) {
                next.add(method);
            }
        }
        while (!next.isEmpty()) {
            String method = next.pop();
            if (reached.add(method)) {
                made.getOrDefault(method, List.of()).forEach(where -> all.add(where + ": makes an object after installation"));
                next.addAll(calls.getOrDefault(method, Set.of()));
            }
        }
        return all;
    }

    private void checkType(String where, Type type) {
        Type element = type.getSort() == Type.ARRAY ? type.getElementType() : type;
        if (type.getSort() == Type.ARRAY && type.getDimensions() > 1) {
            problems.add(where + ": an array of arrays");
        }
        String refused = REFUSED_TYPES.get(element.getDescriptor());
        if (refused != null) {
            problems.add(where + ": type " + refused);
        }
    }

    private void checkInstruction(String where, AbstractInsnNode instruction) {
        int opcode = instruction.getOpcode();
        if (opcode < 0) {
            return;
        }
        String name = Printer.OPCODES[opcode];
        if (!ALLOWED.contains(name)) {
            problems.add(where + ": instruction " + name);
        }
        boolean initializes = where.endsWith("<clinit>");
        if (initializes && !OF_CONSTANTS.contains(name)) {
            problems.add(where + ": an initializer that does more than make constants: " + name);
        }
        if (instruction instanceof LdcInsnNode ldc && !(ldc.cst instanceof Integer i && i == (short) (int) i)) {
            problems.add(where + ": constant " + ldc.cst);
        }
        if (instruction instanceof MethodInsnNode call) {
            checkMember(where, call.owner, call.name + call.desc);
        }
        if (instruction instanceof FieldInsnNode field) {
            checkMember(where, field.owner, field.name);
        }
        if (instruction instanceof TypeInsnNode made) {
            requireExported(where, made.desc);
        }
        if (opcode == Opcodes.NEWARRAY && !ARRAYS.contains(((IntInsnNode) instruction).operand)) {
            problems.add(where + ": an array of a type that cards lack");
        }
        if (opcode == Opcodes.PUTSTATIC && !initializes) {
            problems.add(where + ": a static field is written");
        }
    }

    private void checkMember(String where, String owner, String member) {
        if (!owner.startsWith(ownPackage) && !api.has(owner, member)) {
            problems.add(where + ": not exported: " + owner + "." + member);
        }
    }

    private void requireExported(String where, String type) {
        if (!type.startsWith(ownPackage) && !api.hasType(type)) {
            problems.add(where + ": not exported: " + type);
        }
    }

    private static boolean allocates(AbstractInsnNode instruction) {
        return switch (instruction.getOpcode()) {
            case Opcodes.NEW, Opcodes.NEWARRAY, Opcodes.ANEWARRAY -> true;
            default -> instruction instanceof MethodInsnNode call
                && (call.name.startsWith("getInstance") || call.name.startsWith("buildKey") || call.name.startsWith("makeTransient"));
        };
    }

    private void checkNarrowing(String owner, String where, MethodNode method) {
        try {
            new Analyzer<>(new NarrowingInterpreter(problem -> problems.add(where + ": " + problem))).analyze(owner, method);
        } catch (AnalyzerException e) {
            problems.add(where + ": " + e.getMessage());
        }
    }
}
