package chequecard.applet;

/** Numbers of specs/01 (§3 to §7), specs/02 and specs/04. All are compile-time constants: they cost nothing on the card. */
final class Constants {
    static final byte CLA_ISO = (byte) 0x00;
    static final byte CLA_PROPRIETARY = (byte) 0x80;
    static final byte CLA_SECURE = (byte) 0x84;

    static final byte INS_SELECT = (byte) 0xA4;
    static final byte INS_GET_DATA = (byte) 0xCA;
    static final byte INS_VERIFY = (byte) 0x20;
    static final byte INS_CHANGE_PIN = (byte) 0x24;
    static final byte INS_AUTHORIZE = (byte) 0x30;
    static final byte INS_IDENTIFY = (byte) 0x32;
    static final byte INS_UPDATE = (byte) 0x34;
    static final byte INS_INITIALIZE_UPDATE = (byte) 0x50;
    static final byte INS_EXTERNAL_AUTHENTICATE = (byte) 0x82;
    static final byte INS_GENERATE_KEY_PAIR = (byte) 0x46;
    static final byte INS_STORE_DATA = (byte) 0xE2;
    static final byte INS_RESET = (byte) 0xE4;

    /** RESET was begun and not ended (specs/04 §7). No command sees it. */
    static final byte RESETTING = (byte) 0x00;
    static final byte BLANK = (byte) 0x01;
    static final byte PERSONALIZED = (byte) 0x0F;
    static final byte BLOCKED = (byte) 0x8F;

    static final short SW_WRONG_LENGTH = (short) 0x6700;
    static final short SW_SECURITY_NOT_SATISFIED = (short) 0x6982;
    static final short SW_PIN_BLOCKED = (short) 0x6983;
    static final short SW_NO_PIN = (short) 0x6984;
    static final short SW_CONDITIONS_NOT_SATISFIED = (short) 0x6985;
    static final short SW_WRONG_DATA = (short) 0x6A80;
    static final short SW_NOT_FOUND = (short) 0x6A82;
    static final short SW_WRONG_P1P2 = (short) 0x6A86;
    static final short SW_REFERENCE_NOT_FOUND = (short) 0x6A88;
    static final short SW_INS_NOT_SUPPORTED = (short) 0x6D00;
    static final short SW_CLA_NOT_SUPPORTED = (short) 0x6E00;
    static final short SW_PIN_WRONG = (short) 0x63C0;
    static final short SW_ABOVE_MAX_PER_TRANSACTION = (short) 0x9C01;
    static final short SW_ABOVE_AVAILABLE = (short) 0x9C02;
    static final short SW_COUNTER_USED_UP = (short) 0x9C03;
    static final short SW_BLOCKED = (short) 0x9C04;
    static final short SW_BAD_ISSUER_SIGNATURE = (short) 0x9C06;

    static final byte TYPE_AUTHORIZATION = (byte) 0x01;
    static final byte TYPE_STATUS = (byte) 0x02;
    static final byte TYPE_UPDATE = (byte) 0x03;
    static final byte TYPE_CERTIFICATE = (byte) 0x04;

    static final byte FLAG_PIN_VERIFIED = (byte) 0x01;
    static final byte STATUS_PIN_BLOCKED = (byte) 0x01;
    static final byte STATUS_BLOCKED = (byte) 0x02;
    static final byte UPDATE_BLOCK = (byte) 0x01;
    static final byte UPDATE_RESET_TRIES = (byte) 0x02;
    static final byte UPDATE_RESET_NO_PIN_SPENT = (byte) 0x04;
    static final byte UPDATE_KNOWN_FLAGS = (byte) 0x07;

    static final byte CAPABILITY_PIN = (byte) 0x01;
    static final byte CAPABILITY_AVAILABLE = (byte) 0x02;
    static final byte CAPABILITY_MAX_PER_TRANSACTION = (byte) 0x04;
    static final byte CAPABILITY_PIN_THRESHOLD = (byte) 0x08;
    static final byte PUBLISHED = (byte) 0x0E;

    static final short MAX_NODE_URI = (short) 200;
    static final byte PIN_TRIES = (byte) 3;
    static final short POINT_LENGTH = (short) 65;

    private Constants() {
    }
}
