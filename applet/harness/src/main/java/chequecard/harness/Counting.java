package chequecard.harness;

import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Puts a call of {@link Counts} before each bytecode, and one more before each call of the API. */
final class Counting extends MethodVisitor {
    private static final String COUNTS = "chequecard/harness/Counts";

    Counting(MethodVisitor next) {
        super(Opcodes.ASM9, next);
    }

    private void count() {
        super.visitMethodInsn(Opcodes.INVOKESTATIC, COUNTS, "bytecode", "()V", false);
    }

    /** A cut to 16 bits is none on a card, whose arithmetic has no more: the converter drops it. */
    @Override
    public void visitInsn(int opcode) {
        if (opcode != Opcodes.I2S) {
            count();
        }
        super.visitInsn(opcode);
    }

    @Override
    public void visitIntInsn(int opcode, int operand) {
        count();
        super.visitIntInsn(opcode, operand);
    }

    @Override
    public void visitVarInsn(int opcode, int variable) {
        count();
        super.visitVarInsn(opcode, variable);
    }

    @Override
    public void visitTypeInsn(int opcode, String type) {
        count();
        super.visitTypeInsn(opcode, type);
    }

    @Override
    public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
        count();
        super.visitFieldInsn(opcode, owner, name, descriptor);
    }

    @Override
    public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
        count();
        if (!AppletLoader.isOwn(owner)) {
            super.visitLdcInsn(owner.substring(owner.lastIndexOf('/') + 1) + "." + name);
            super.visitMethodInsn(Opcodes.INVOKESTATIC, COUNTS, "call", "(Ljava/lang/String;)V", false);
        }
        super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
    }

    @Override
    public void visitInvokeDynamicInsn(String name, String descriptor, Handle handle, Object... arguments) {
        throw new IllegalArgumentException("a dynamic call: cards have none");
    }

    @Override
    public void visitJumpInsn(int opcode, Label label) {
        count();
        super.visitJumpInsn(opcode, label);
    }

    @Override
    public void visitLdcInsn(Object value) {
        count();
        super.visitLdcInsn(value);
    }

    @Override
    public void visitIincInsn(int variable, int increment) {
        count();
        super.visitIincInsn(variable, increment);
    }

    @Override
    public void visitTableSwitchInsn(int min, int max, Label otherwise, Label... labels) {
        count();
        super.visitTableSwitchInsn(min, max, otherwise, labels);
    }

    @Override
    public void visitLookupSwitchInsn(Label otherwise, int[] keys, Label[] labels) {
        count();
        super.visitLookupSwitchInsn(otherwise, keys, labels);
    }
}
