import { INS } from "../../apdu/constants.js";
import { keyProofDigest } from "../../apdu/sealed/crypto.js";
import { concatBytes, secp256k1 } from "../../common/index.js";
import { BLANK_ONLY } from "./command-table.js";
import { newSecretKey } from "./key-pair.js";
import { requireForm, type SecuredCommand } from "./secured-command.js";
import { POINT_LENGTH } from "./state.js";

const CHALLENGE_LENGTH = 16;

/** GENERATE KEY PAIR (specs/04 §5): a new card key, and a signature that proves it. */
export const generateKeyPair: SecuredCommand = {
  ins: INS.GENERATE_KEY_PAIR,
  refusedWhen: BLANK_ONLY,
  run(state, p1p2, challenge) {
    requireForm(p1p2, 0x8000, challenge, CHALLENGE_LENGTH);
    const secretKey = newSecretKey(state.random);
    const point = secp256k1.publicKey(secretKey, false);
    // Key objects take no part in transactions: the old key goes first, and the new one counts with its point.
    state.point.write(new Uint8Array(POINT_LENGTH));
    state.secretKey.write(new Uint8Array(secretKey.length));
    state.secretKey.write(secretKey);
    state.point.write(point);
    const digest = keyProofDigest(challenge, point);
    const signature = secp256k1.sign(digest, secretKey, { entropy: state.random(32), allowHighS: true });
    const head = Uint8Array.of(0x7f, 0x49, 2 + point.length, 0x86, point.length);
    return concatBytes(head, point, Uint8Array.of(0x9e, signature.length), signature);
  },
};
