"""Talks SCP03 to a card through two pipes with Yubico's own implementation (yubikit).

Arguments: AID, key version, Key-ENC, Key-MAC, Key-DEK, then plain commands, all in hex. A line `> apdu` asks for the
answer of the card as a line of hex; a line `= answer` reports what came out of the channel.
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


aid, version, *rest = sys.argv[1:]
keys = StaticKeys(*(bytes.fromhex(key) for key in rest[:3]))
card = SmartCardProtocol(PipeConnection())
card.select(bytes.fromhex(aid))
card.init_scp(Scp03KeyParams(KeyRef(0x01, int(version, 16)), keys))
for plain in (bytes.fromhex(command) for command in rest[3:]):
    cla, ins, p1, p2 = plain[:4]
    data = plain[5 : 5 + plain[4]] if len(plain) > 5 else b""
    try:
        print("=", (card.send_apdu(cla, ins, p1, p2, data) + b"\x90\x00").hex(), flush=True)
    except ApduError as error:
        print("=", f"{error.sw:04x}", flush=True)
