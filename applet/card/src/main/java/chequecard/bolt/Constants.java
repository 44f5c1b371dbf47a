package chequecard.bolt;

/** Numbers of specs/10 §8 and of what it refers to. All are compile-time constants: they cost nothing on the card. */
final class Constants {
    static final byte CLA_ISO = (byte) 0x00;
    static final byte CLA_PROPRIETARY = (byte) 0x80;
    static final byte CLA_SECURE = (byte) 0x84;

    static final byte INS_SELECT = (byte) 0xA4;
    static final byte INS_READ_BINARY = (byte) 0xB0;
    static final byte INS_INITIALIZE_UPDATE = (byte) 0x50;
    static final byte INS_EXTERNAL_AUTHENTICATE = (byte) 0x82;
    static final byte INS_STORE_DATA = (byte) 0xE2;
    static final byte INS_RESET = (byte) 0xE4;

    /** RESET was begun and not ended. No command sees it. */
    static final byte RESETTING = (byte) 0x00;
    static final byte BLANK = (byte) 0x01;
    static final byte PERSONALIZED = (byte) 0x0F;

    static final short SW_WRONG_LENGTH = (short) 0x6700;
    static final short SW_SECURITY_NOT_SATISFIED = (short) 0x6982;
    static final short SW_CONDITIONS_NOT_SATISFIED = (short) 0x6985;
    static final short SW_WRONG_DATA = (short) 0x6A80;
    static final short SW_NOT_FOUND = (short) 0x6A82;
    static final short SW_WRONG_P1P2 = (short) 0x6A86;
    static final short SW_REFERENCE_NOT_FOUND = (short) 0x6A88;
    static final short SW_WRONG_OFFSET = (short) 0x6B00;
    static final short SW_INS_NOT_SUPPORTED = (short) 0x6D00;
    static final short SW_CLA_NOT_SUPPORTED = (short) 0x6E00;

    static final short BLOCK = (short) 16;
    static final short UID = (short) 7;
    static final short COUNTER = (short) 3;
    static final short MAX_ADDRESS = (short) 198;

    private Constants() {
    }
}
