#!/usr/bin/env python3
"""Uses a chequecard from Python over PC/SC: SELECT, then AUTHORIZE for one invoice hash.

A second implementation of the terminal's half of specs/01, in a few lines. Needs pyscard
(Debian: python3-pyscard) and a card on a reader, for example:

    chequecard simulate new card.json
    chequecard simulate insert card.json &
    python3 examples/pyscard/tap.py 2500 lnbcrt25u1...
"""

import hashlib
import json
import sys

from smartcard.CardRequest import CardRequest
from smartcard.CardType import AnyCardType
from smartcard.System import readers
from smartcard.util import toBytes, toHexString

SELECT = toBytes("00 A4 04 00 08 F0 43 48 45 51 55 45 01 00")


def transmit(connection, apdu):
    data, sw1, sw2 = connection.transmit(apdu)
    while sw1 == 0x61:  # the rest of the answer, on T=0
        more, sw1, sw2 = connection.transmit([0x00, 0xC0, 0x00, 0x00, sw2])
        data += more
    if (sw1, sw2) != (0x90, 0x00):
        sys.exit(f"The card answered {sw1:02X}{sw2:02X}.")
    return data


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: tap.py AMOUNT_SAT INVOICE [READER]")
    amount_msat = int(sys.argv[1]) * 1000
    invoice = sys.argv[2].lower().removeprefix("lightning:")
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    found = [reader for reader in readers() if wanted in str(reader)]
    if not found:
        sys.exit("No reader.")
    request = CardRequest(timeout=10, readers=found[:1], cardType=AnyCardType())
    connection = request.waitforcard().connection
    connection.connect()
    fci = transmit(connection, SELECT)
    # specs/01 section 6: amount u64, then SHA-256 of the canonical invoice.
    data = amount_msat.to_bytes(8, "big") + hashlib.sha256(invoice.encode("ascii")).digest()
    token = transmit(connection, [0x80, 0x30, 0x00, 0x00, len(data), *data, 0x00])
    print(json.dumps({"fci": toHexString(fci), "token": bytes(token).hex()}))


main()
