# Sourced by install.sh: moves an installation of the original project (two services, one emails.db) over.
# shellcheck shell=bash

# Its services, as its different releases named them.
ORIGINAL_UNITS=(mail-smtp.service smtp-server.service mail-api.service)

is_original() { [ -n "$1" ] && grep -qxF "$1" < <(printf '%s\n' "${ORIGINAL_UNITS[@]}"); }

original_units() {
  local one
  for one in "${ORIGINAL_UNITS[@]}"; do [ ! -e "$UNITS/$one" ] || echo "$one"; done
}

migrate_original() {
  require_root
  [ -s "$ORIGINAL/emails.db" ] || fail "$ORIGINAL/emails.db 不存在；原项目在别处就用 --original 目录" \
    "there is no $ORIGINAL/emails.db; where the original lies elsewhere: --original DIR"
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
  write_units
  switch_to "$NEW_RELEASE"
  make_admin
  stop_original
  if ! import_original || ! take_into_use "$NEW_RELEASE"; then
    show_log
    bring_back_original
    fail "没有迁移成；原项目照常运行，它的文件没有动过" "the move failed; the original runs as before, its files were not touched"
  fi
  run systemctl enable --quiet mailapp.service "${STARTED_UNITS[@]}"
  set_aside_original_site
  set_up_proxy
  open_firewall
  say "原项目的文件留在 $ORIGINAL，没有改动；服务已停用" "The original's files stay in $ORIGINAL as they were; its services are disabled"
  afterwards
}

stop_original() {
  local units=()
  step "停用原项目的服务" "Disabling the original's services"
  mapfile -t units < <(original_units)
  [ "${#units[@]}" -gt 0 ] || { say "  没有" "  there are none"; return; }
  run systemctl disable --quiet --now "${units[@]}"
}

# The site its script wrote for Caddy: two for one name would be none. Kept under another name.
set_aside_original_site() {
  local site=/etc/caddy/conf.d/mail_server.caddy
  [ ! -e "$site" ] || run mv "$site" "$site.before-mailapp"
}

bring_back_original() {
  local units=()
  run systemctl disable --quiet --now mailapp.service || true
  mapfile -t units < <(original_units)
  [ "${#units[@]}" -eq 0 ] || run systemctl enable --quiet --now "${units[@]}" || true
}

# From a copy our account may read; the original's own file is opened for reading only.
import_original() {
  local copy=$DATA/original.db
  step "导入用户和邮件" "Importing users and mail"
  if [ "$DRY_RUN" = yes ]; then
    echo "  copy $ORIGINAL/emails.db to $copy"
  else
    "$PYTHON" - "$ORIGINAL/emails.db" "$copy" <<'PYTHON' || return 1
import sqlite3, sys
source, target = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True), sqlite3.connect(sys.argv[2])
source.backup(target)
target.close()
PYTHON
    chown "$ACCOUNT:$ACCOUNT" "$copy"
  fi
  as_mailapp "$APP/current/bin/mailapp" import-original "$copy" || return 1
  run rm -f "$copy"
}
