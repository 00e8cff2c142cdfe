"""What the SMTP entrance is told at start: where to listen, how much to accept, how long to wait."""

from dataclasses import field
from pathlib import Path

from mailapp.values import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class SmtpLimits:
    """Bounds that keep one client, or many, from using up the machine. Times are seconds, sizes bytes."""

    connections: int = 2000
    """Open connections in all; start() lowers it where the file-descriptor limit is small."""
    per_client: int = 100
    """Open connections of one client: an IPv4 address, or an IPv6 /64."""
    command_timeout: float = 300.0
    """From one reply to the end of the next command line, however the bytes trickle in (RFC 5321 4.5.3.2.7)."""
    data_chunk_timeout: float = 180.0
    """Between two pieces of a message (RFC 5321 4.5.3.2.5)."""
    handshake_timeout: float = 30.0
    """For the TLS handshake after STARTTLS."""
    session_duration: float = 7200.0
    """A whole connection; a delivery that runs is never cut short."""
    recipients: int = 500
    """Forward-paths per message."""
    messages: int = 1000
    """Messages per connection."""
    memory_total: int = 64 * MIB
    """Message bytes held in memory over all connections together; beyond it messages are spooled earlier."""
    spool_total: int = 1024 * MIB
    """Message bytes in the spool over all connections together; beyond it a message gets 452."""
    spool_threshold: int = MIB
    """A message above this size is spooled to disk."""
    command_line: int = 2048
    """A command line with its CRLF: the 512 of RFC 5321 4.5.3.1.4 and room for what the extensions add."""
    endless_line: int = 65_536
    """Bytes without a line end after which the connection is closed."""
    junk_commands: int = 20
    """Unknown, malformed or misplaced commands since the last message."""
    idle_commands: int = 100
    """NOOP, RSET, HELP, VRFY, HELO and EHLO since the last message."""
    refused_recipients: int = 50
    """Permanently refused forward-paths per connection."""

    @property
    def commands(self) -> int:
        """All commands since the last message: room for twice the recipients that fit."""
        return 2 * self.recipients + self.junk_commands + self.idle_commands


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """One SMTP entrance."""

    listen: list[tuple[str, int]]
    """(host, port) pairs; port 0 takes a free one, see SmtpServer.addresses."""
    hostname: str
    """The name in the banner and in EHLO's answer."""
    spool_dir: Path
    """Where messages above the threshold wait; must exist."""
    max_message_size: int = 35 * MIB
    """Bytes of content after dot-unstuffing."""
    tls_cert: Path | None = None
    """PEM certificate chain; STARTTLS is offered when this and tls_key are set."""
    tls_key: Path | None = None
    limits: SmtpLimits = field(default_factory=SmtpLimits)
