package chequecard.harness;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Loads the applets' packages with every write to memory routed through {@link Redirected}, and counted where asked for. */
public final class AppletLoader extends ClassLoader {
    /** The package of the card application. */
    static final String PACKAGE = "chequecard.applet.";
    /** The package of the Bolt Card application. */
    static final String BOLT_PACKAGE = "chequecard.bolt.";
    private static final String REDIRECTED_TO = "chequecard/harness/Redirected";
    private static final String PIN = "javacard/framework/OwnerPIN";
    private static final String POWERED_PIN = "chequecard/harness/PoweredPin";
    private static final String SIGNATURE = "javacard/security/Signature";
    private static final String CIPHER = "javacardx/crypto/Cipher";
    private static final String HELD_CIPHER = "chequecard/harness/HeldCipher";
    private static final String FRESH_SIGNATURE = "chequecard/harness/FreshEcdsa";
    private static final Set<Field> STATICS = new LinkedHashSet<>();
    /** Whether each bytecode is counted: several times as slow. */
    private static final boolean COUNTING = Boolean.getBoolean("chequecard.counts");
    private static final String CONSTRUCTOR = "<init>";
    private static final String STATIC_INITIALIZER = "<clinit>";

    /** Functions of the API that write to memory: owner.name, and the class that the redirection takes as its first. */
    private static final Map<String, String> REDIRECTED = Map.ofEntries(
        Map.entry("javacard/framework/Util.arrayCopy", ""),
        Map.entry("javacard/framework/Util.arrayCopyNonAtomic", ""),
        Map.entry("javacard/framework/Util.arrayFillNonAtomic", ""),
        Map.entry("javacard/framework/Util.setShort", ""),
        Map.entry("javacard/security/ECPublicKey.setW", "Ljavacard/security/ECPublicKey;"),
        Map.entry("javacard/security/AESKey.setKey", "Ljavacard/security/AESKey;"),
        Map.entry("javacard/security/AESKey.clearKey", "Ljavacard/security/Key;"),
        Map.entry("javacard/security/ECPrivateKey.clearKey", "Ljavacard/security/Key;"),
        Map.entry("javacard/security/ECPublicKey.clearKey", "Ljavacard/security/Key;"),
        Map.entry("javacard/security/ECPublicKey.getW", "Ljavacard/security/ECPublicKey;"),
        Map.entry("javacard/security/KeyPair.genKeyPair", "Ljavacard/security/KeyPair;"),
        Map.entry("javacard/security/RandomData.generateData", "Ljavacard/security/RandomData;"),
        Map.entry("javacard/security/Signature.sign", "Ljavacard/security/Signature;"),
        Map.entry("javacard/security/MessageDigest.doFinal", "Ljavacard/security/MessageDigest;"),
        Map.entry("javacardx/crypto/Cipher.doFinal", "Ljavacardx/crypto/Cipher;"));

    public AppletLoader(ClassLoader parent) {
        super(parent);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!isOwn(name)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            return known != null ? known : define(name);
        }
    }

    /** Whether a class, by its name with dots or slashes, is an applet's own. */
    static boolean isOwn(String name) {
        String dotted = name.replace('/', '.');
        return dotted.startsWith(PACKAGE) || dotted.startsWith(BOLT_PACKAGE);
    }

    /** The static arrays of the classes of a package that were loaded: they lie in persistent memory. */
    static List<byte[]> constants(String ofPackage) {
        return STATICS.stream().filter(field -> field.getDeclaringClass().getName().startsWith(ofPackage)).map(field -> {
            try {
                field.setAccessible(true);
                return (byte[]) field.get(null);
            } catch (IllegalAccessException e) {
                throw new AssertionError(e);
            }
        }).toList();
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = rewrite(in.readAllBytes());
            Class<?> defined = defineClass(name, bytes, 0, bytes.length);
            for (Field field : defined.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers()) && field.getType() == byte[].class) {
                    STATICS.add(field);
                }
            }
            return defined;
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    static byte[] rewrite(byte[] classFile) {
        ClassReader reader = new ClassReader(classFile);
        ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
        reader.accept(new ClassVisitor(Opcodes.ASM9, writer) {
            @Override
            public MethodVisitor visitMethod(int access, String name, String descriptor, String signature, String[] thrown) {
                MethodVisitor next = super.visitMethod(access, name, descriptor, signature, thrown);
                // An installation happens as a whole: the writes of constructors are not counted.
                boolean initializes = name.equals(STATIC_INITIALIZER);
                boolean installs = name.equals(CONSTRUCTOR) || initializes;
                MethodVisitor rewriter = new Rewriter(next, installs, initializes);
                return COUNTING && !installs ? new Counting(rewriter) : rewriter;
            }
        }, 0);
        return writer.toByteArray();
    }

    private static final class Rewriter extends MethodVisitor {
        private final boolean installs;
        /** Constant arrays are made when the package is loaded, and not with the applet. */
        private final boolean initializes;

        Rewriter(MethodVisitor next, boolean installs, boolean initializes) {
            super(Opcodes.ASM9, next);
            this.installs = installs;
            this.initializes = initializes;
        }

        @Override
        public void visitIntInsn(int opcode, int operand) {
            if (opcode == Opcodes.NEWARRAY && !initializes) {
                call("beforePersistentObject", "()V");
            }
            super.visitIntInsn(opcode, operand);
        }

        @Override
        public void visitInsn(int opcode) {
            if (installs) {
                super.visitInsn(opcode);
                return;
            }
            switch (opcode) {
                case Opcodes.BASTORE -> call("storeByte", "(Ljava/lang/Object;II)V");
                case Opcodes.SASTORE, Opcodes.AASTORE, Opcodes.IASTORE, Opcodes.LASTORE, Opcodes.FASTORE, Opcodes.DASTORE, Opcodes.CASTORE ->
                    throw new IllegalArgumentException("an array of a type that is not foreseen here");
                default -> super.visitInsn(opcode);
            }
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
            if (!installs && opcode == Opcodes.PUTFIELD && isOwn(owner)) {
                super.visitInsn(Opcodes.DUP2);
                super.visitInsn(Opcodes.POP);
                super.visitLdcInsn(name);
                call("beforeField", "(Ljava/lang/Object;Ljava/lang/String;)V");
            }
            if (!installs && opcode == Opcodes.PUTSTATIC) {
                throw new IllegalArgumentException("a static field is written: " + name);
            }
            super.visitFieldInsn(opcode, owner, name, descriptor);
        }

        @Override
        public void visitTypeInsn(int opcode, String type) {
            if (opcode == Opcodes.NEW) {
                call("beforePersistentObject", "()V");
            }
            super.visitTypeInsn(opcode, opcode == Opcodes.NEW && type.equals(PIN) ? POWERED_PIN : type);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            if (name.equals("getInstance") || name.equals("buildKey")) {
                call("beforePersistentObject", "()V");
            }
            if (name.startsWith("makeTransient")) {
                call("beforeTransientArray", "()V");
            }
            if (owner.equals(PIN) && name.equals(CONSTRUCTOR)) {
                super.visitMethodInsn(opcode, POWERED_PIN, name, descriptor, false);
                return;
            }
            if (owner.equals(SIGNATURE) && name.equals("getInstance")) {
                super.visitMethodInsn(opcode, FRESH_SIGNATURE, "create", descriptor, false);
                return;
            }
            if (owner.equals(CIPHER) && name.equals("getInstance")) {
                super.visitMethodInsn(opcode, HELD_CIPHER, "create", descriptor, false);
                return;
            }
            String receiver = installs ? null : REDIRECTED.get(owner + "." + name);
            if (receiver == null) {
                super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
            } else {
                call(name, "(" + receiver + descriptor.substring(1));
            }
        }

        private void call(String name, String descriptor) {
            super.visitMethodInsn(Opcodes.INVOKESTATIC, REDIRECTED_TO, name, descriptor, false);
        }
    }
}
