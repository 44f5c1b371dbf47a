"""Talks SCP03 to a card with Yubico's own implementation (yubikit), through two pipes or on a PC/SC reader.

Arguments: the reader's name, or - for the pipes; AID, key version, Key-ENC, Key-MAC, Key-DEK, then plain commands, all in
hex. On the pipes a line `> apdu` asks for the answer of the card as a line of hex; a line `= answer` reports what came out
of the channel.
"""

import sys

from yubikit.core import TRANSPORT
from yubikit.core.smartcard import ApduError, SmartCardConnection, SmartCardProtocol
from yubikit.core.smartcard.scp import KeyRef, Scp03KeyParams, StaticKeys


class PipeConnection(SmartCardConnection):
    transport = TRANSPORT.NFC

    def send_and_receive(self, apdu):
        print(">", bytes(apdu).hex(), flush=True)
        answer = bytes.fromhex(sys.stdin.readline())
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def close(self):
        pass


class ReaderConnection(SmartCardConnection):
    transport = TRANSPORT.NFC

    def __init__(self, name):
        # pyscard comes with yubikit, and is needed on readers alone.
        from smartcard.System import readers

        self.connection = next(each for each in readers() if each.name == name).createConnection()
        self.connection.connect()

    def send_and_receive(self, apdu):
        answer, sw1, sw2 = self.connection.transmit(list(apdu))
        return bytes(answer), sw1 << 8 | sw2

    def close(self):
        self.connection.disconnect()


reader, aid, version, *rest = sys.argv[1:]
keys = StaticKeys(*(bytes.fromhex(key) for key in rest[:3]))
connection = PipeConnection() if reader == "-" else ReaderConnection(reader)
card = SmartCardProtocol(connection)
card.select(bytes.fromhex(aid))
card.init_scp(Scp03KeyParams(KeyRef(0x01, int(version, 16)), keys))
for plain in (bytes.fromhex(command) for command in rest[3:]):
    cla, ins, p1, p2 = plain[:4]
    data = plain[5 : 5 + plain[4]] if len(plain) > 5 else b""
    try:
        print("=", (card.send_apdu(cla, ins, p1, p2, data) + b"\x90\x00").hex(), flush=True)
    except ApduError as error:
        print("=", f"{error.sw:04x}", flush=True)
connection.close()
