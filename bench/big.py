"""Sends one very large mail over a plain socket: python -m bench.big attachment|html PORT RECIPIENT.

Prints the reply to the content, a bar, and the seconds from DATA to it.
"""

import socket
import sys
import time

from bench import mailgen


def main() -> None:
    kind, port, recipient = sys.argv[1:4]
    pieces = mailgen.big_attachment(1) if kind == "attachment" else mailgen.big_html(1)
    with socket.create_connection(("127.0.0.1", int(port)), 60) as one, one.makefile("rb") as replies:

        def reply() -> str:
            line = replies.readline()
            while line[3:4] == b"-":
                line = replies.readline()
            return line.decode("utf-8", "replace").strip()

        reply()
        for command in ("EHLO big.bench.example", "MAIL FROM:<big@sender.example>", f"RCPT TO:<{recipient}>", "DATA"):
            one.sendall(command.encode() + b"\r\n")
            answer = reply()
        if not answer.startswith("354"):
            raise SystemExit(answer)
        started = time.monotonic()
        for piece in pieces:
            one.sendall(piece)
        one.sendall(b".\r\n")
        print(f"{reply()}|{time.monotonic() - started:.3f}")


if __name__ == "__main__":
    main()
