#!/usr/bin/env bash
# Puts mailapp on this machine, and looks after it there:
#   install.sh [install] [options]     install, or put an installation right; run it as often as you like
#   install.sh upgrade                 this checkout's release beside the old one, with a way back
#   install.sh rollback | status | uninstall | migrate-original
#   install.sh --help                  every option
# Debian 12, 13, Ubuntu 24.04, 26.04; x86-64 and arm64. --dry-run shows every step and changes nothing.
set -euo pipefail
umask 022

# read from a pipe it lies nowhere, and what lies in the current directory is none of its own
here=/nowhere
[ -z "${BASH_SOURCE[0]:-}" ] || here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

# A release named by RELEASE_URL, or a lone copy of this file: gets the release, checks it and goes on from there.
bootstrap() {
  local work archive expected actual
  if [ -z "${RELEASE_URL:-}" ]; then
    echo "install.sh stands alone here. Get the whole of it: git clone <repository> mailapp && cd mailapp && ./install.sh" >&2
    exit 1
  fi
  case "$RELEASE_URL" in https://* | file://*) ;; *) echo "RELEASE_URL must begin with https://" >&2; exit 1 ;; esac
  command -v python3 >/dev/null || { echo "python3 is missing: apt-get install python3 python3-venv" >&2; exit 1; }
  work=$(mktemp -d)
  archive=$work/release.tar.gz
  download "$RELEASE_URL" "$archive"
  expected=${RELEASE_SHA256:-}
  if [ -z "$expected" ]; then
    download "$RELEASE_URL.sha256" "$work/sha256"
    expected=$(cut -d' ' -f1 "$work/sha256")
  fi
  actual=$(sha256sum "$archive" | cut -d' ' -f1)
  if [ "$actual" != "$expected" ]; then
    echo "The release is not the one that was announced: SHA-256 is $actual, expected ${expected:-nothing}. Stopped." >&2
    exit 1
  fi
  mkdir "$work/release"
  tar -xzf "$archive" -C "$work/release" --strip-components=1 --no-same-owner
  exec env -u RELEASE_URL -u RELEASE_SHA256 RELEASE_WORK="$work" bash "$work/release/install.sh" "$@"
}

download() {
  python3 - "$1" "$2" <<'PYTHON' || { echo "Cannot be downloaded: $1" >&2; exit 1; }
import shutil, sys, urllib.request
try:
    with urllib.request.urlopen(sys.argv[1], timeout=60) as source, open(sys.argv[2], "wb") as target:
        shutil.copyfileobj(source, target)
except OSError as error:
    sys.exit(f"{error}")
PYTHON
}

if [ -n "${RELEASE_URL:-}" ] || [ ! -f "$here/deploy/lib/base.sh" ]; then bootstrap "$@"; fi
if [ "${RELEASE_WORK:-}/release" = "$here" ]; then trap 'rm -rf "$RELEASE_WORK"' EXIT; fi

# shellcheck source=deploy/lib/base.sh
. "$here/deploy/lib/base.sh"
# shellcheck source=deploy/lib/options.sh
. "$here/deploy/lib/options.sh"
# shellcheck source=deploy/lib/system.sh
. "$here/deploy/lib/system.sh"
# shellcheck source=deploy/lib/release.sh
. "$here/deploy/lib/release.sh"
# shellcheck source=deploy/lib/settings.sh
. "$here/deploy/lib/settings.sh"
# shellcheck source=deploy/lib/units.sh
. "$here/deploy/lib/units.sh"
# shellcheck source=deploy/lib/proxy.sh
. "$here/deploy/lib/proxy.sh"
# shellcheck source=deploy/lib/firewall.sh
. "$here/deploy/lib/firewall.sh"
# shellcheck source=deploy/lib/after.sh
. "$here/deploy/lib/after.sh"
# shellcheck source=deploy/lib/lifecycle.sh
. "$here/deploy/lib/lifecycle.sh"
# shellcheck source=deploy/lib/original.sh
. "$here/deploy/lib/original.sh"

main() {
  parse_options "$@"
  choose_language
  [ "$ACTION" = status ] || only_one
  case "$ACTION" in
    install) install_mailapp ;;
    upgrade) upgrade_mailapp ;;
    rollback) rollback_mailapp ;;
    status) show_status ;;
    uninstall) uninstall_mailapp ;;
    migrate-original) migrate_original ;;
  esac
}

install_mailapp() {
  require_root
  check_system
  gather_answers
  show_plan
  install_packages
  make_account
  make_directories
  free_ports
  build_release
  write_settings
  make_first_certificate
  if is_another_in_use; then
    upgrade_to "$NEW_RELEASE"
  else
    write_units
    switch_to "$NEW_RELEASE"
    make_admin
    start_service
  fi
  set_up_proxy
  open_firewall
  afterwards
}

main "$@"
