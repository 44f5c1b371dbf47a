import { concatBytes } from "../common/bytes.js";
import { ParseError } from "../common/errors.js";
import { command, decodeCommandApdu, decodeResponseApdu, encodeCommandApdu } from "./command-apdu.js";
import { CLA, INS } from "./constants.js";
import { isMoreData, isWrongLe } from "./status-words.js";
import type { Transport } from "./transport.js";

/** Most bytes that one answer may have over all its GET RESPONSE parts. */
const MAX_ANSWER = 4096;

/**
 * A transport that fetches the rest of an answer (61xx, GET RESPONSE) and repeats a command with the length the
 * card asks for (6Cxx), as T=0 cards and some readers demand. 6Cxx means that the command was not run
 * (ISO 7816-4 §5.1.3), so repeating it is safe.
 * @throws ParseError when the card's answer never ends or exceeds 4096 bytes
 */
export function withResponseChaining(inner: Transport): Transport {
  return {
    async transmit(bytes) {
      let raw = await inner.transmit(bytes);
      let { data, sw } = decodeResponseApdu(raw);
      if (isWrongLe(sw)) {
        raw = await inner.transmit(encodeCommandApdu({ ...decodeCommandApdu(bytes), le: sw & 0xff || 256 }));
        ({ data, sw } = decodeResponseApdu(raw));
      }
      if (!isMoreData(sw)) return raw;
      const parts = [data];
      let total = data.length;
      while (isMoreData(sw)) {
        const next = command(CLA.ISO, INS.GET_RESPONSE, { le: sw & 0xff || 256 });
        ({ data, sw } = decodeResponseApdu(await inner.transmit(encodeCommandApdu(next))));
        total += data.length;
        if (total > MAX_ANSWER || (data.length === 0 && isMoreData(sw)))
          throw new ParseError(
            "response",
            `an answer of more than ${MAX_ANSWER} bytes, or one that never ends`,
          );
        parts.push(data);
      }
      return concatBytes(...parts, Uint8Array.of(sw >> 8, sw & 0xff));
    },
  };
}
