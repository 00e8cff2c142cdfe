"""install.sh where something is in its way: other services, no network, a full disk, cut off in the middle."""

import os
from pathlib import Path

import pytest

from tests.deploy.script import ROOT, Shell

FULL = ("--yes", "--domain", "example.com", "--language", "en")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_whoever_holds_the_ports_of_the_pages_is_named_before_anything_is_installed(shell: Shell) -> None:
    shell.stand_in("ss", f'[[ "$*" != *443* ]] || echo "LISTEN 0 128 *:443 *:* users:((x,pid={os.getpid()},fd=3))"')
    refused = shell.functions("HOST=mail.example.com; HTTP_PORT=2099; free_web_ports", *FULL)
    assert refused.returncode == 1
    assert f"port 443 is held by {Path('/proc/self/comm').read_text().strip()}" in refused.stderr
    assert "--proxy none" in refused.stderr
    others = shell.functions("HOST=mail.example.com; HTTP_PORT=2099; free_web_ports", *FULL, "--proxy", "none")
    assert others.returncode == 0, others.stderr


def test_names_are_taken_in_small_letters_whatever_the_language(shell: Shell) -> None:
    given = ("--yes", "--language", "en", "--domain", "Example.COM", "--admin", "Lin@EXAMPLE.com")
    said = shell.functions('gather_answers; echo "$DOMAIN $HOST $ADMIN"', *given, LC_ALL="tr_TR.UTF-8")
    assert said.stdout == "example.com mail.example.com Lin@example.com\n"


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh_CN.UTF-8", "zh-CN"), ("zh_TW.utf8", "zh-CN"), ("zh_CN.GBK", "en"), ("C", "en"), ("de_DE.UTF-8", "en")],
)
def test_it_speaks_chinese_only_where_the_terminal_can_show_it(shell: Shell, locale: str, language: str) -> None:
    said = shell.functions('echo "$LANGUAGE"', "--yes", "--domain", "example.com", LANG=locale)
    assert said.stdout == f"{language}\n"


def test_a_machine_with_ipv6_alone_gets_records_and_a_tunnel_for_it(shell: Shell) -> None:
    only = "public_address() { :; }; public_address_6() { echo 2001:db8::7; }; HOST=mail.example.com; HTTP_PORT=2099; "
    said = shell.functions(only + "show_records; show_tunnel", *FULL).stdout
    assert " A " not in said
    assert "AAAA  2001:db8::7" in said
    assert "2001:db8::7                        PTR   mail.example.com." in said
    assert "ssh -L 2099:127.0.0.1:2099 root@2001:db8::7\n" in said
    opened = shell.functions(only + "own_settings", *FULL, "--local", "--insecure").stdout
    assert "MAILAPP_HTTP=[::]:2099" in opened
    assert "MAILAPP_PUBLIC_URL=http://[2001:db8::7]:2099" in opened


def test_what_was_half_built_when_the_index_cannot_be_reached_is_taken_away_again(shell: Shell, tmp_path: Path) -> None:
    shell.stand_in(
        "python3", 'mkdir -p "$3/bin"; printf "#!/bin/bash\\nexit 1\\n" >"$3/bin/pip"; chmod +x "$3/bin/pip"'
    )
    failed = shell.functions(f'APP="{tmp_path}"; PYTHON=python3; build_release', *FULL)
    assert failed.returncode == 1
    assert "set PIP_INDEX_URL to a mirror" in failed.stderr
    assert list((tmp_path / "releases").iterdir()) == []


def test_a_full_disk_is_said_to_be_one(shell: Shell, tmp_path: Path) -> None:
    shell.stand_in("df", 'printf "Filesystem\\n/dev/vda 1 1 2000 99%% /\\n"')
    assert "500 MB free" in shell.functions("check_room", *FULL).stderr
    shell.stand_in("cat", "exit 1")
    refused = shell.functions(f'echo new | put "{tmp_path}/file" 0644 root:root; echo "went on"', *FULL)
    assert refused.returncode == 1
    assert "is the disk full?" in refused.stderr
    assert "went on" not in refused.stdout
    assert not list(tmp_path.glob("file*"))


def releases(tmp_path: Path, current: str, **links: str) -> str:
    """Shell lines after which releases 1 and 2 are there, `current` in use, and nothing really starts or stops."""
    for name in ("1", "2"):
        (tmp_path / f"releases/{name}/bin").mkdir(parents=True)
        (tmp_path / f"releases/{name}/bin/mailapp").write_text("#!/bin/bash\n")
        (tmp_path / f"releases/{name}/bin/mailapp").chmod(0o755)
    for link, target in {"current": current, **links}.items():
        (tmp_path / link).symlink_to(tmp_path / "releases" / target)
    return (
        f'APP="{tmp_path}"; DATA="{tmp_path}"; NEW_RELEASE="$APP/releases/2"; require_installed() {{ :; }}; '
        'back_up() { echo "backup of ${2##*/}"; }; write_units() { :; }; '
        'is_healthy() { [ "$(current_release)" != "${SICK:-}" ]; }; '
    )


def in_use(tmp_path: Path) -> dict[str, str]:
    return {name: (tmp_path / name).readlink().name for name in ("current", "previous", "upgrading")
            if (tmp_path / name).is_symlink()}  # fmt: skip


def test_an_upgrade_that_was_cut_off_is_gone_through_again_from_the_release_that_was_well(
    shell: Shell, tmp_path: Path
) -> None:
    lines = releases(tmp_path, "2", upgrading="1") + 'is_another_in_use && upgrade_to "$NEW_RELEASE"'
    done = shell.functions(lines, *FULL)
    assert done.returncode == 0, done.stderr
    assert "backup of 1\n" in done.stdout
    assert in_use(tmp_path) == {"current": "2", "previous": "1"}


def test_one_that_was_cut_off_and_does_not_come_up_goes_back_to_where_it_began(shell: Shell, tmp_path: Path) -> None:
    lines = releases(tmp_path, "2", upgrading="1") + 'SICK=$NEW_RELEASE; upgrade_to "$NEW_RELEASE"'
    failed = shell.functions(lines, *FULL)
    assert failed.returncode == 1
    assert "1 runs as before" in failed.stderr
    assert in_use(tmp_path) == {"current": "1"}
    assert not (tmp_path / "releases/2").exists()


def test_rolling_back_one_that_was_cut_off_goes_to_where_it_began(shell: Shell, tmp_path: Path) -> None:
    done = shell.functions(releases(tmp_path, "2", upgrading="1") + "rollback_mailapp", *FULL)
    assert done.returncode == 0, done.stderr
    assert in_use(tmp_path) == {"current": "1"}


def test_a_release_that_cannot_be_linked_is_not_called_well(shell: Shell, tmp_path: Path) -> None:
    shell.stand_in("ln", '[ "${*: -1}" != "$APP_/.current" ]')
    lines = releases(tmp_path, "1") + 'APP_=$APP; export APP_; upgrade_to "$NEW_RELEASE"'
    failed = shell.functions(lines, *FULL)
    assert failed.returncode == 1
    assert in_use(tmp_path)["current"] == "1"


def test_a_catch_all_that_was_not_set_before_a_cut_is_set_the_next_time_and_never_again(
    shell: Shell, tmp_path: Path
) -> None:
    shell.stand_in("runuser", '[[ "$*" != *"account list"* ]] || printf "admin@example.com\\tadmin\\n"')
    (tmp_path / "current/bin").mkdir(parents=True)
    (tmp_path / "current/bin/mailapp").write_text("")
    (tmp_path / "current/bin/mailapp").chmod(0o755)
    lines = f'APP="{tmp_path}"; ETC="{tmp_path}"; SETTINGS=/none; ADMIN=admin@example.com; make_admin'
    (tmp_path / "admin-being-made").touch()
    for _ in range(2):
        assert shell.functions(lines, *FULL).returncode == 0
    added = [call for call in shell.calls() if " domain add " in call]
    assert len(added) == 1
    assert added[0].endswith("domain add example.com --catch-all admin@example.com")
    assert not [call for call in shell.calls() if " account add " in call]


def test_two_at_once_are_not_let_go_at_it(shell: Shell, tmp_path: Path) -> None:
    shell.stand_in("id", "echo 0")
    held = f'exec 8>"{tmp_path}/lock"; flock 8; '
    refused = shell.functions(held + "only_one; echo on", *FULL, INSTALL_LOCK=str(tmp_path / "lock"))
    assert refused.returncode == 1
    assert "another install.sh is running" in refused.stderr
    assert shell.functions("only_one; echo on", *FULL, INSTALL_LOCK=str(tmp_path / "lock")).stdout == "on\n"


def test_a_list_of_packages_that_cannot_be_fetched_is_no_reason_to_stop(shell: Shell) -> None:
    shell.stand_in("dpkg-query", "echo not-installed")
    shell.stand_in("apt-get", '[[ "$*" != *update ]]')
    done = shell.functions("find_python() { :; }; install_packages", *FULL, "--proxy", "none")
    assert done.returncode == 0, done.stderr
    assert "some lists of packages cannot be fetched" in done.stderr
    assert [call for call in shell.calls() if call.startswith("apt-get") and " install -y " in call]


@pytest.mark.parametrize(
    ("tls", "directory"),
    [
        ("acme", "acme-v02.api.letsencrypt.org-directory"),
        ("internal", "local"),
        ("https://ACME.example:14000/dir/", "acme.example-14000-dir"),
    ],
)
def test_the_certificate_is_looked_for_where_caddy_puts_that_authoritys(shell: Shell, tls: str, directory: str) -> None:
    lines = f'HOST=mail.example.com; unit_text "{ROOT}/deploy/systemd/mailapp-certificate.path"'
    unit = shell.functions(lines, *FULL, "--tls", tls).stdout
    assert f"PathChanged=/var/lib/caddy/.local/share/caddy/certificates/{directory}/mail.example.com\n" in unit
    assert "@" not in unit


def test_an_nginx_that_serves_already_is_left_alone_and_gets_a_snippet(shell: Shell, tmp_path: Path) -> None:
    shell.stand_in("systemctl", '[ "$*" = "is-active --quiet nginx.service" ]')
    lines = f'ETC="{tmp_path}"; HOST=mail.example.com; HTTP_PORT=2099; mkdir -p "$ETC/x"; '
    lines += 'chown() { :; }; run() { [ "${1##*/}" = copy-certificate ] || "$@"; }; set_up_proxy'
    done = shell.functions(lines, *FULL)
    assert done.returncode == 0, done.stderr
    assert "server_name mail.example.com;" in (tmp_path / "nginx.conf").read_text()
    assert f"ln -s {tmp_path}/nginx.conf /etc/nginx/sites-enabled/" in done.stdout
    assert [call for call in shell.calls() if call.startswith("systemctl")] == [
        "systemctl is-active --quiet nginx.service"
    ]
    assert not [call for call in shell.calls() if call.startswith("caddy")]


CADDY = 'run() { [ "${1##*/}" = copy-certificate ] || "$@"; }; chown() { :; }; HOST=mail.example.com; HTTP_PORT=2099; '


def test_a_caddyfile_of_somebodys_own_is_not_changed_and_they_are_told_the_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "Caddyfile").write_text("shop.example {\n}\n")
    lines = CADDY + f'CADDYFILE="{tmp_path}/Caddyfile"; CADDY_SITE="{tmp_path}/mailapp.caddy"; '
    lines += "install() { :; }; is_untouched() { return 1; }; set_up_proxy"
    done = shell.functions(lines, *FULL)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "Caddyfile").read_text() == "shop.example {\n}\n"
    assert "    import /etc/caddy/conf.d/*.caddy\n" in done.stdout
    assert not [call for call in shell.calls() if "reload" in call]


def test_a_configuration_that_caddy_refuses_is_taken_back(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "Caddyfile").write_text("import /etc/caddy/conf.d/*.caddy\n")
    shell.stand_in("caddy", "exit 1")
    lines = CADDY + f'CADDYFILE="{tmp_path}/Caddyfile"; CADDY_SITE="{tmp_path}/mailapp.caddy"; install() {{ :; }}; '
    failed = shell.functions(lines + "set_up_proxy", *FULL)
    assert failed.returncode == 1
    assert "our file was taken back" in failed.stderr
    assert not (tmp_path / "mailapp.caddy").exists()
    assert not [call for call in shell.calls() if "reload" in call]
