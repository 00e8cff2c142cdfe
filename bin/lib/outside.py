"""The world around a machine that bin/test-install or bin/test-container started: mail to port 25, browsers on 443."""

import contextlib
import http.client
import smtplib
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

HOST, DOMAIN, ADMIN, PASSWORD = "mail.example.com", "example.com", "lin@example.com", "correct horse battery"
BEGAN = time.monotonic()


def told(text: str) -> None:
    print(f"  {time.monotonic() - BEGAN:6.1f} s  {text}", flush=True)


def eventually(what: str, holds: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while True:
        error: Exception | None = None
        try:
            if holds():
                return
        except (OSError, http.client.HTTPException) as caught:
            error = caught
        assert time.monotonic() < until, f"{what}: not within {seconds} s ({error})"
        time.sleep(0.3)


def letter(subject: str, to: str = f"shop@{DOMAIN}") -> None:
    """A letter over SMTP on port 25, with STARTTLS."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "code@shop.example", to, subject
    message.set_content("验证码 482913，五分钟内有效。")
    with smtplib.SMTP("127.0.0.1", 25, timeout=20) as server:
        server.starttls(context=ssl._create_unverified_context())
        server.send_message(message)


def certificate_of_smtp() -> str:
    """Who signed the certificate STARTTLS shows, and for whom."""
    with smtplib.SMTP("127.0.0.1", 25, timeout=20) as server:
        server.starttls(context=ssl._create_unverified_context())
        assert isinstance(server.sock, ssl.SSLSocket)
        shown = server.sock.getpeercert(binary_form=True)
    assert shown is not None
    found = subprocess.run(
        ["openssl", "x509", "-noout", "-issuer", "-ext", "subjectAltName"],
        input=ssl.DER_cert_to_PEM_cert(shown), capture_output=True, text=True,
    )  # fmt: skip
    return found.stdout


class Pages(http.client.HTTPSConnection):
    """HTTPS to the machine, trusting one authority (a PEM file) and nobody else."""

    def __init__(self, authority: Path) -> None:
        super().__init__(HOST, 443, timeout=20, context=ssl.create_default_context(cafile=str(authority)))

    def connect(self) -> None:
        raw = socket.create_connection(("127.0.0.1", 443), timeout=20)
        self.sock = self._context.wrap_socket(raw, server_hostname=HOST)  # type: ignore[attr-defined]


def status_of(authority: Path, path: str) -> tuple[int, dict[str, str], bytes]:
    with contextlib.closing(Pages(authority)) as pages:
        pages.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = pages.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def logged_in(authority: Path) -> str:
    """The Cookie field of the admin's session."""
    pages = Pages(authority)
    form = f"address={ADMIN.replace('@', '%40')}&password={PASSWORD.replace(' ', '+')}"
    pages.request(
        "POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}"}
    )
    answer = pages.getresponse()
    assert answer.status == 303, (answer.status, answer.read()[:300])
    return "; ".join(value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie")


def streams(authority: Path) -> None:
    """An event comes through Caddy the moment it happens, uncompressed."""
    pages = Pages(authority)
    pages.request("GET", "/events", headers={"Accept-Encoding": "gzip", "Cookie": logged_in(authority)})
    answer = pages.getresponse()
    assert answer.status == 200 and not answer.getheader("content-encoding"), answer.getheaders()
    began = time.monotonic()
    letter("over the stream", ADMIN)
    seen = b""
    while b"over the stream" not in seen:
        seen += answer.read1(65_536)
        assert time.monotonic() - began < 10
    pages.close()
    told(
        f"an event came through Caddy uncompressed {1000 * (time.monotonic() - began):.0f} ms after a letter was begun"
    )


def sees_in_browser(pictures: Path, subject: str, password: str = PASSWORD, address: str = ADMIN) -> None:
    """Log in with Chromium over HTTPS, see the subject; then see another one arrive while the page is open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", f"--host-resolver-rules=MAP {HOST} 127.0.0.1"],
        )
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.goto(f"https://{HOST}/login")
        page.fill("input[name=address]", address)
        page.fill("input[name=password]", password)
        page.locator("form").filter(has=page.locator("input[name=password]")).locator(
            "button[type=submit], button:not([type])"
        ).first.click()
        page.wait_for_url("**/mail/inbox*", timeout=20_000)
        rows = page.locator("#message-list")
        try:
            rows.filter(has_text=subject).wait_for(timeout=10_000)
        except PlaywrightError:
            page.screenshot(path=str(pictures / "page.png"))
            raise
        letter(f"live after {subject}", address)
        rows.filter(has_text=f"live after {subject}").wait_for(timeout=10_000)
        browser.close()
