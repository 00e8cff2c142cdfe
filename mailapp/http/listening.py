"""The socket pages and API are served on, and how Hypercorn serves it."""

import socket

from hypercorn.config import Config as HypercornConfig

from mailapp.config import Config


def listen(config: Config) -> socket.socket:
    """Bound here and not by Hypercorn, so that a taken port stops the start with its own error."""
    host, port = config.http
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=256)
    listening.setblocking(False)
    return listening


def hypercorn_config(listening: socket.socket, grace_s: float) -> HypercornConfig:
    """Settings for a socket that listens; shutting down waits for requests `grace_s` seconds."""
    settings = HypercornConfig()
    settings.bind = [f"fd://{listening.detach()}"]
    settings.accesslog = None
    settings.errorlog = None
    settings.include_server_header = False
    settings.graceful_timeout = grace_s
    settings.keep_alive_timeout = 75
    # one browser's requests for a list, its rows and its mail frames come over one connection
    settings.keep_alive_max_requests = 100_000
    settings.h11_max_incomplete_size = 65_536
    return settings
