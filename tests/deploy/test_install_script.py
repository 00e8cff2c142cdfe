"""install.sh: what it asks, says, shows and writes. bin/test-install runs it for real."""

import hashlib
import re
import tarfile
from pathlib import Path

import pytest

from mailapp import config
from tests.deploy.script import ROOT, SCRIPT, Shell

FULL = ("--yes", "--domain", "example.com", "--language", "en")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_dry_run_shows_every_step_and_changes_nothing(shell: Shell) -> None:
    shown = shell.script("--dry-run", *FULL)
    assert shown.returncode == 0, shown.stderr
    steps = [line[4:] for line in shown.stdout.splitlines() if line.startswith("==> ")]
    assert steps == [
        "Looking at the system", "What will be installed", "Packages of the system", "System account mailapp",
        "Directories", "Port 25", "Installing the release", "Settings in /etc/mailapp/mailapp.env",
        "Certificate for STARTTLS", "Units of systemd", "Admin admin@example.com", "Starting", "Pages", "Firewall",
        "DNS records (add them where your domain is managed)", "Test mail", "Sending", "Checks", "Done",
    ]  # fmt: skip
    assert not [
        call
        for call in shell.calls()
        if not call.startswith(("systemctl is-active", "ss ", "dpkg", "nft list", "iptables -S", "ufw status"))
    ]
    assert not Path("/opt/mailapp").exists()


@pytest.mark.parametrize("action", ["uninstall", "migrate-original"])
def test_other_actions_have_a_dry_run_too(shell: Shell, tmp_path: Path, action: str) -> None:
    (tmp_path / "emails.db").write_bytes(b"x")
    shown = shell.script(action, "--dry-run", *FULL, "--original", str(tmp_path))
    assert shown.returncode == 0, shown.stderr
    assert "rm -rf /opt/mailapp" in shown.stdout or "import-original /var/lib/mailapp/original.db" in shown.stdout
    assert not [
        call for call in shell.calls() if call.startswith(("useradd", "runuser", "systemctl stop", "systemctl disable"))
    ]


def test_it_says_exactly_which_records_to_add(shell: Shell) -> None:
    said = shell.functions(
        "public_address() { echo 198.51.100.7; }; public_address_6() { echo 2001:db8::7; };"
        " HOST=mail.example.com; show_records",
        *FULL,
    )  # fmt: skip
    rows = [line.split(maxsplit=2) for line in said.stdout.splitlines() if line.startswith("  ") and "(" not in line]
    assert rows[:6] == [
        ["mail.example.com.", "A", "198.51.100.7"],
        ["mail.example.com.", "AAAA", "2001:db8::7"],
        ["example.com.", "MX", "10 mail.example.com."],
        ["example.com.", "TXT", '"v=spf1 mx ~all"'],
        ["_dmarc.example.com.", "TXT", '"v=DMARC1; p=none; rua=mailto:postmaster@example.com"'],
        ["198.51.100.7", "PTR", "mail.example.com."],
    ]


def test_an_address_behind_nat_is_not_told_as_the_public_one(shell: Shell) -> None:
    said = shell.functions("public_address() { echo 10.0.0.5; }; HOST=mail.example.com; show_records", *FULL)
    assert "10.0.0.5" not in said.stdout
    assert "<public IP of this machine>" in said.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--domain", "no domain"), "not a domain"),
        (("--domain", "localhost"), "not a domain"),
        (("--host", "mail_1.example.com"), "not a host name"),
        (("--admin", "lin"), "not an address"),
        (("--admin", "a b@example.com"), "not an address"),
        (("--http-port", "0"), "from 1 to 65535"),
        (("--http-port", "99999"), "from 1 to 65535"),
        (("--proxy", "apache"), "auto, caddy, nginx or none"),
        (("--tls", "none"), "acme, internal or the https:// address"),
        (("--tls", "http://acme.example/dir"), "acme, internal or the https:// address"),
        (("--insecure",), "goes with --local"),
        (("--domain",), "needs a value"),
        (("--what",), "unknown: --what"),
        (("--language", "fr"), "zh-CN or en"),
    ],
)
def test_a_wrong_option_is_said_in_one_line(shell: Shell, arguments: tuple[str, ...], says: str) -> None:
    refused = shell.script("--dry-run", *arguments)
    assert refused.returncode == 2
    assert says in refused.stderr.splitlines()[0]
    assert shell.calls() == []


def test_a_short_password_is_refused_and_none_is_ever_printed(shell: Shell) -> None:
    refused = shell.script("--dry-run", *FULL, INSTALL_PASSWORD="short")
    assert refused.returncode == 2
    assert "at least 12" in refused.stderr
    shown = shell.script("--dry-run", *FULL, INSTALL_PASSWORD="correct horse battery")
    assert "correct horse" not in shown.stdout + shown.stderr


def test_answers_come_from_the_environment_as_well(shell: Shell) -> None:
    shown = shell.script(
        "--dry-run", "--yes", INSTALL_DOMAIN="例.example.org".encode("idna").decode(), INSTALL_HOST="mx.example.org",
        INSTALL_ADMIN="lin@example.org", INSTALL_LANGUAGE="zh-CN",
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert "管理员 lin@example.org" in shown.stdout
    assert "https://mx.example.org" in shown.stdout


def test_without_a_domain_and_without_anybody_to_ask_it_says_what_is_missing(shell: Shell) -> None:
    refused = shell.script("--dry-run", "--yes", "--language", "en")
    assert refused.returncode == 1
    assert "--domain example.com" in refused.stderr


def test_a_system_whose_python_is_too_old_is_told_so_before_anything_is_installed(shell: Shell) -> None:
    shell.stand_in("python3", "exit 1")
    refused = shell.functions(f'SYSTEM_BIN="{shell.bin}"; check_system; install_packages', *FULL)
    assert refused.returncode == 1
    assert "Python 3.11 or newer is needed" in refused.stderr
    assert not [call for call in shell.calls() if call.startswith("apt-get")]


def test_what_holds_port_25_is_named_and_left_alone_unless_that_is_wanted(shell: Shell) -> None:
    held = 'holder_of() { grep -qs "systemctl stop" "$CALLS" || echo exim4 exim4.service; }; free_port_25'
    refused = shell.functions(held, *FULL, CALLS=str(shell.log))
    assert refused.returncode == 1
    assert "exim4.service" in refused.stderr
    assert not [call for call in shell.calls() if "disable" in call]
    assert shell.functions(held, *FULL, "--take-port-25", CALLS=str(shell.log)).returncode == 0
    assert shell.calls()[-2:] == ["systemctl disable exim4.service", "systemctl stop exim4.service"]
    stuck = shell.functions("holder_of() { echo exim4 exim4.service; }; free_port_25", *FULL, "--take-port-25")
    assert stuck.returncode == 1
    assert "still held" in stuck.stderr


def test_why_the_service_did_not_come_up_is_shown(shell: Shell) -> None:
    shell.stand_in("systemctl", '[ "$1" != restart ]')
    shell.stand_in("journalctl", "echo 'MAILAPP_HTTP: example'; echo noise >&2")
    failed = shell.functions("start_service", *FULL)
    assert failed.returncode == 1
    assert failed.stderr.startswith("MAILAPP_HTTP: example\n")
    assert "noise" not in failed.stderr


SETTINGS = 'SETTINGS="$PWD_/mailapp.env"; HOST=mail.example.com; ADMIN=lin@example.com; HTTP_PORT=2099; '


def settings(shell: Shell, tmp_path: Path, *arguments: str) -> dict[str, str]:
    written = shell.functions(SETTINGS + "merged_settings", *FULL, *arguments, PWD_=str(tmp_path))
    assert written.returncode == 0, written.stderr
    (tmp_path / "mailapp.env").write_text(written.stdout)
    lines = [line for line in written.stdout.splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_its_settings_are_ones_that_mailapp_starts_with(shell: Shell, tmp_path: Path) -> None:
    found = settings(shell, tmp_path)
    for name in ("MAILAPP_TLS_CERT", "MAILAPP_TLS_KEY"):
        assert found.pop(name).startswith("/etc/mailapp/tls/")
    loaded = config.load(found)
    assert (loaded.hostname, loaded.public_url, loaded.http) == (
        "mail.example.com", "https://mail.example.com", ("127.0.0.1", 2099)
    )  # fmt: skip
    assert ("0.0.0.0", 25) in loaded.smtp


def test_what_was_added_to_the_settings_by_hand_stays_and_a_second_run_changes_nothing(
    shell: Shell, tmp_path: Path
) -> None:
    settings(shell, tmp_path)
    file = tmp_path / "mailapp.env"
    file.write_text(file.read_text() + '# mine\nMAILAPP_LOG=json\nMAILAPP_MAX_MESSAGE_SIZE="50 MiB"\n')
    first = file.read_text()
    assert settings(shell, tmp_path)["MAILAPP_LOG"] == "json"
    assert file.read_text() == first
    lines = shell.functions(SETTINGS + "settings_lines", *FULL, PWD_=str(tmp_path)).stdout.splitlines()
    assert "MAILAPP_MAX_MESSAGE_SIZE=50 MiB" in lines


def test_pages_are_on_the_open_network_without_https_only_where_that_is_said(shell: Shell, tmp_path: Path) -> None:
    local = settings(shell, tmp_path, "--local")
    assert (local["MAILAPP_HTTP"], local["MAILAPP_PUBLIC_URL"]) == ("127.0.0.1:2099", "http://localhost:2099")
    assert settings(shell, tmp_path, "--local", "--insecure")["MAILAPP_HTTP"] == "0.0.0.0:2099"


def test_a_firewall_in_use_is_opened_and_none_is_turned_on(shell: Shell) -> None:
    nothing = shell.functions("HOST=mail.example.com; open_firewall", *FULL)
    assert nothing.returncode == 0, nothing.stderr
    assert not [call for call in shell.calls() if "allow" in call or "-I" in call or "insert" in call]
    shell.stand_in("ufw", '[ "$1" != status ] || echo "Status: active"')
    assert shell.functions("HOST=mail.example.com; open_firewall", *FULL).returncode == 0
    changed = [call for call in shell.calls() if call.startswith("ufw ") and "status" not in call]
    assert changed == [f"ufw allow {port}/tcp comment mailapp" for port in (25, 80, 443)]


def test_the_rules_of_oracles_images_are_opened_once(shell: Shell) -> None:
    shell.stand_in(
        "iptables", 'case "$1" in -S) echo "-A INPUT -j REJECT --reject-with icmp-host-prohibited";; -C) exit 1;; esac'
    )
    shell.stand_in("ip6tables", "exit 0")
    assert shell.functions("HOST=mail.example.com; open_firewall", *FULL).returncode == 0
    opened = [call for call in shell.calls() if "-I INPUT" in call]
    assert opened == [
        f"iptables -I INPUT -p tcp --dport {port} -m comment --comment mailapp -j ACCEPT" for port in (25, 80, 443)
    ]


def test_an_nftables_chain_that_drops_gets_one_rule(shell: Shell) -> None:
    shell.stand_in(
        "nft",
        'case "$*" in "list ruleset") printf "table inet filter {\\n chain input {\\n  type filter hook input priority'
        ' 0; policy drop;\\n }\\n}\\n";; esac',
    )
    assert shell.functions("HOST=mail.example.com; open_firewall", *FULL).returncode == 0
    rules = [call for call in shell.calls() if call.startswith("nft insert")]
    assert rules == ['nft insert rule inet filter input tcp dport { 25,80,443 } accept comment "mailapp"']


def archive(tmp_path: Path) -> Path:
    made = tmp_path / "mailapp.tar.gz"
    inside = tmp_path / "install.sh"
    inside.write_text('echo "the release goes on with: $*"\n')
    with tarfile.open(made, "w:gz") as packed:
        packed.add(inside, "mailapp-9/install.sh")
    return made


def alone(tmp_path: Path) -> str:
    """A copy of install.sh without what belongs to it, as after a download of that file alone."""
    (tmp_path / "alone").mkdir()
    copy = tmp_path / "alone" / "install.sh"
    copy.write_text(SCRIPT.read_text())
    return str(copy)


def test_a_release_archive_is_installed_only_where_its_sum_is_right(shell: Shell, tmp_path: Path) -> None:
    release, copy = archive(tmp_path), alone(tmp_path)
    right = hashlib.sha256(release.read_bytes()).hexdigest()
    url = f"file://{release}"
    good = shell._run(["bash", copy, "--yes"], RELEASE_URL=url, RELEASE_SHA256=right)
    assert good.stdout == "the release goes on with: --yes\n"
    Path(f"{release}.sha256").write_text(f"{right}  mailapp.tar.gz\n")
    assert shell._run(["bash", copy], RELEASE_URL=url).stdout.startswith("the release goes on")
    bad = shell._run(["bash", copy], RELEASE_URL=url, RELEASE_SHA256="0" * 64)
    assert bad.returncode == 1
    assert "SHA-256" in bad.stderr
    plain = shell._run(["bash", copy], RELEASE_URL="http://example.com/x", RELEASE_SHA256=right)
    assert "https://" in plain.stderr
    assert "git clone" in shell._run(["bash", copy]).stderr
    assert shell.script("--yes", RELEASE_URL=url, RELEASE_SHA256=right).stdout == good.stdout, (
        "not instead of a checkout"
    )


def test_read_from_a_pipe_it_takes_nothing_from_the_directory_it_stands_in(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "deploy/lib").mkdir(parents=True)
    (tmp_path / "deploy/lib/base.sh").write_text("echo taken\n")
    piped = shell._run(["bash", "-c", f'cd "{tmp_path}" && bash -s -- --yes <"{SCRIPT}"'])
    assert piped.returncode == 1
    assert "git clone" in piped.stderr
    assert "taken" not in piped.stdout


def test_help_names_every_option_that_is_taken(shell: Shell) -> None:
    helped = shell.script("--help").stdout
    taken = set(
        re.findall(r"^\s+((?:--[a-z0-9-]+(?: \| )?)+)\)", (ROOT / "deploy/lib/options.sh").read_text(), re.MULTILINE)
    )
    for group in taken:
        for option in group.split(" | "):
            assert option in helped, option
