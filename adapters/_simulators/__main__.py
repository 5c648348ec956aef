"""`python -m adapters._simulators NAME --port N`: run one simulated department."""

import argparse
import os
import threading
import time
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Final

from adapters._shared import signing
from adapters._shared.signing import Keys
from adapters._simulators.card_centre import CardCentre
from adapters._simulators.card_machine import CardMachine
from adapters._simulators.courier import Courier
from adapters._simulators.identity import Identity
from adapters._simulators.mail_server import MailBoxes, listen
from adapters._simulators.province import SEAL_SERVERS, Province, all_departments
from adapters._simulators.server import serve
from adapters._simulators.simulator import Simulator

_NAMES: Final = ("card_machine", "courier", "identity", "card_centre", "province", "seals", "mail")


def main() -> None:
    """Serve one department until the process ends; prints its address first."""
    parser = argparse.ArgumentParser(prog="python -m adapters._simulators")
    parser.add_argument("name", choices=_NAMES)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--callback", default="http://127.0.0.1:8000/api/channels")
    parser.add_argument("--state", type=Path, help="where keys and what was sealed are kept")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long the work takes")
    parser.add_argument("--patience", type=float, default=0, help="seconds a payment may take")
    parser.add_argument("--parent", type=int, default=0, help="end when this process has ended")
    options = parser.parse_args()
    if options.parent:
        threading.Thread(target=_end_with, args=(options.parent,), daemon=True).start()
    made = _make(options)
    server = _served(made, options)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)  # noqa: T201
    if isinstance(made, MailBoxes):
        _deliver(made)
    server.serve_forever()


def _served(made: Simulator, options: argparse.Namespace) -> ThreadingHTTPServer:
    """At the address of the last time, if it is free: accounts and links of the demo name it."""
    kept = options.state / f"{options.name}.port" if options.state else None
    told = kept.read_text().strip() if kept is not None and kept.is_file() else ""
    last = int(told) if told.isdigit() else 0
    try:
        server = serve(made, options.port or last)
    except OSError:
        if options.port:
            raise
        server = serve(made, 0)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(str(server.server_address[1]))
    return server


def _deliver(boxes: MailBoxes) -> None:
    """Take mail beside the page; prints where."""
    listener = listen(boxes)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    print(f"smtp://127.0.0.1:{listener.server_address[1]}", flush=True)  # noqa: T201


def _end_with(parent: int) -> None:
    """Leave no department behind when the demo is killed."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def _make(options: argparse.Namespace) -> Simulator:
    plain: dict[str, type[Courier | MailBoxes]] = {"courier": Courier, "mail": MailBoxes}
    if options.name in plain:
        return plain[options.name]()
    if options.name == "card_machine":
        return CardMachine(seconds=options.seconds)
    if options.name == "identity":
        return _identity(options)
    # shared secrets come by the environment: arguments are visible to everyone on the machine
    if options.name == "province":
        keys = {name: _keys(name) for name in all_departments()}
        return Province(
            options.callback, keys=keys, seconds=options.seconds, patience=options.patience
        )
    if options.name == "seals":
        from adapters._simulators.seal_system import SealSystem  # noqa: PLC0415 - loads pyHanko

        keys = {name: _keys(name) for name in SEAL_SERVERS}
        return SealSystem(options.state, keys=keys)
    callback = f"{options.callback}/card_centre"
    return CardCentre(callback, keys=_keys("card_centre"), seconds=options.seconds)


def _keys(name: str) -> Keys:
    """The department's side of the keys of an adapter.

    `<NAME>_SIGNATURE` and `<NAME>_KEY` are the adapter's own settings; with SM2 the department has
    the files `<NAME>_SIMULATOR_SM2_KEY` (its private key) and `…_SM2_PEER` (our public key).
    """
    prefix = name.upper()
    told = {one: os.environ.get(f"{prefix}_{one}", "") for one in ("SIGNATURE", "KEY")}
    for one in ("SM2_KEY", "SM2_PEER"):
        told[one] = os.environ.get(f"{prefix}_SIMULATOR_{one}", "")
    return signing.keys_from({key: value for key, value in told.items() if value}, name)


def _identity(options: argparse.Namespace) -> Identity:
    """The application's pages are beside its channels; it may be reached by name as well."""
    base = str(options.callback).removesuffix("/api/channels")
    by_name = base.replace("127.0.0.1", "localhost")
    return Identity(
        client_id=os.environ["UNIFIED_IDENTITY_CLIENT_ID"],
        secret=os.environ["UNIFIED_IDENTITY_CLIENT_SECRET"],
        clients=(f"{base}/", f"{by_name}/"),
    )


if __name__ == "__main__":
    main()
