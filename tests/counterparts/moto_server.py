"""moto (PyPI, Apache-2.0): an emulator of AWS, on loopback, in a thread of the tests. It shows the shape of calls and is no store under lock.

with moto_server() as address:
    ...                             any boto3 client with endpoint_url=address
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from importlib.metadata import version

from . import Counterpart, free_port

MOTO = Counterpart("moto", version("moto"), "emulator")
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "csvgen-tests", "AWS_SECRET_ACCESS_KEY": "csvgen-tests", "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}  # fmt: skip
"""Variables that let boto3 in, and keep whatever this machine has out."""


@contextlib.contextmanager
def moto_server() -> Iterator[str]:
    """The address of a running emulator with nothing in it."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    try:
        yield f"http://127.0.0.1:{server._port}"
    finally:
        server.stop()
