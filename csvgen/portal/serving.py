"""Serving the room: a socket, the application, and uvicorn between them. Ends when it is told to, after the pages under way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from csvgen.config import Config
from csvgen.errors import ConfigError
from csvgen.extras import how_to_add
from csvgen.portal.settings import PortalSettings, read_portal


def settings_of(config: Config, port: int | None) -> PortalSettings:
    """[portal] of the project, with the port of the command line."""
    return read_portal({**config.portal, **({"port": str(port)} if port is not None else {})})


def serve(config: Config, system: str, settings: PortalSettings, say: Callable[[str], None]) -> None:
    """Answer until the process is told to end. Raises ConfigError when the address cannot be listened on."""
    try:
        import uvicorn

        from csvgen.portal.app import make_app
        from csvgen.portal.collecting import Collecting
        from csvgen.portal.room import Room
    except ModuleNotFoundError as missing:
        raise ConfigError(f"the review room needs {missing.name}", hint=how_to_add("portal")) from None

    with Collecting():
        room = Room(config, system, settings)
        room.snapshot()  # what cannot be read is told here, and not to the first visitor
        listening = _listen(settings)
        port = int(listening.getsockname()[1])
        origins = settings.origins(port)
        say(f"The review room of {system} is open at {origins[0]}")
        say("Ctrl-C closes it; what is signed is signed, and nothing is left half done.")
        server = uvicorn.Server(
            uvicorn.Config(
                make_app(room, origins),
                log_level="warning",
                access_log=False,
                server_header=False,
                lifespan="off",
                ws="none",
                ssl_certfile=settings.certificate or None,
                ssl_keyfile=settings.key or None,
                proxy_headers=bool(settings.proxies),
                forwarded_allow_ips=settings.proxies or "127.0.0.1",
                timeout_keep_alive=15,
                limit_concurrency=1_000,
                backlog=256,
                timeout_graceful_shutdown=30,
            )
        )
        closing = threading.Event()
        threading.Thread(target=room.keep_fresh, args=(closing,), name="csvgen-fresh", daemon=True).start()
        try:
            server.run(sockets=[listening])
        finally:
            closing.set()
            room.tell_refused(all_of_them=True)


def _listen(settings: PortalSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
    try:
        return socket.create_server((settings.address, settings.port), family=family, backlog=256)
    except OSError as problem:
        where = f"{settings.address} port {settings.port}"
        raise ConfigError(
            f"the address cannot be listened on: {problem.strerror}", where=where, hint="--port 0 takes a free one"
        ) from None
