"""A till of its own: charges an amount, shows what happens, prints the receipt. Python alone, nothing to install.

    CHEQUECARD_API_KEY=cqk_... python3 till.py http://127.0.0.1:9750/ 2500sat "a beer"
"""

import json
import os
import sys
import urllib.error
import urllib.request
import uuid


def ask(path, body=None, key=None):
    """Sends a request. Whatever moves money has a key, so that the same one again never charges twice."""
    headers = {"Authorization": "Bearer " + os.environ["CHEQUECARD_API_KEY"]}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if key is not None:
        headers["Idempotency-Key"] = key
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(URL + path, data, headers), timeout=60)


def watch(number):
    """The charge as it stands, at every change, until it is paid or cancelled."""
    data = b""
    for line in ask(f"v1/charges/{number}/events"):
        if line.startswith(b"data: "):
            data += line[6:]
        elif line == b"\n" and data:
            yield json.loads(data)
            data = b""


def sell(amount, description):
    order = {"amount": amount, "description": description}
    charge = json.load(ask("v1/charges", order, key=str(uuid.uuid4())))
    print(f"Sale {charge['number']}: tap a card, or scan lightning:{charge['invoice']}")
    for charge in watch(charge["number"]):
        if "notice" in charge:
            print(charge["notice"])
        if "pin" in charge:
            pin = input("PIN: ")
            ask(f"v1/charges/{charge['number']}/pin", {"pin": pin} if pin else {})
    print("\n".join(json.load(ask(f"v1/sales/{charge['number']}/receipt"))["lines"]))
    return charge["state"] == "paid"


URL = sys.argv[1]
try:
    sys.exit(0 if sell(sys.argv[2], sys.argv[3]) else 6)
except urllib.error.HTTPError as refusal:
    problem = json.load(refusal)
    sys.exit(f"{problem['detail']} {problem.get('hint', '')}")
