"""A real mail server on loopback (aiosmtpd): takes what is sent and keeps it for the test to read. Started in this process, its own thread."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib import metadata

from . import Counterpart, free_port

MAIL = Counterpart("aiosmtpd", metadata.version("aiosmtpd"), "real server")


@dataclass
class Post:
    """What arrived."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuses: str = ""
    """An address the server knows nobody under."""

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, _server: object, _session: object, envelope: object, address: str, _options: object
    ) -> str:
        if address == self.refuses:
            return "550 nobody here has that name"
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[attr-defined, arg-type]
        self.recipients.append(list(envelope.rcpt_tos))  # type: ignore[attr-defined]
        return "250 taken"


@contextlib.contextmanager
def mail_server() -> Iterator[Post]:
    """A server that takes mail inside the block."""
    from aiosmtpd.controller import Controller

    post = Post(free_port())
    controller = Controller(post, hostname="127.0.0.1", port=post.port)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()
