# Sourced by install.sh: systemd's units, and whether what they start is alive.
# shellcheck shell=bash

STARTED_UNITS=(mailapp-backup.timer mailapp-check.timer mailapp-certificate.timer mailapp-certificate.path)

# unit_of NAME RELEASE_FILES: a unit with this machine's names in it.
unit_text() { sed "s/@HOST@/$HOST/g; s/@AUTHORITY@/$(authority_directory)/g" "$1"; }

# What Caddy calls the directory for certificates of the authority of --tls.
authority_directory() {
  case "${TLS_BY:-acme}" in
    acme) echo acme-v02.api.letsencrypt.org-directory ;;
    internal) echo local ;;
    *) lower "$TLS_BY" | sed 's#^https://##; s#/*$##; s#[/:]#-#g' ;;
  esac
}

# The units and the command, from the files of a release ($1, where left out: what lies here).
write_units() {
  local from=${1:-$here} file
  step "systemd 单元" "Units of systemd"
  for file in "$from"/deploy/systemd/*; do
    unit_text "$file" | put "$UNITS/${file##*/}" 0644 root:root
  done
  put /usr/local/bin/mailapp 0755 root:root <"$from/deploy/bin/mailapp"
  run systemctl daemon-reload
}

start_service() {
  step "启动" "Starting"
  run systemctl enable --quiet mailapp.service "${STARTED_UNITS[@]}"
  if ! run systemctl restart mailapp.service || ! is_healthy 30; then
    show_log
    fail "服务没有起来，原因见上" "the service did not come up: see above why"
  fi
  run systemctl restart "${STARTED_UNITS[@]}"
  say "  正常：/healthz 回答 ok" "  well: /healthz says ok"
}

# is_healthy SECONDS: whether /healthz says ok within that time.
is_healthy() {
  local until=$((SECONDS + $1))
  [ "$DRY_RUN" = no ] || { echo "  wait up to $1 s for http://127.0.0.1:$HTTP_PORT/healthz"; return 0; }
  while true; do
    if health >/dev/null 2>&1; then return 0; fi
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.5
  done
}

# What /healthz says; fails where that is not that all is well.
health() {
  "${PYTHON:-python3}" - "http://127.0.0.1:$HTTP_PORT/healthz" <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    with urllib.request.urlopen(sys.argv[1], timeout=5) as answer:
        print(answer.read(500).decode())
except urllib.error.HTTPError as error:
    sys.exit(error.read(500).decode("utf-8", "replace"))
except OSError as error:
    sys.exit(str(error))
PYTHON
}

show_log() { journalctl -u mailapp.service -n 15 --no-pager -o cat >&2 2>/dev/null || true; }

# The admin's account, where it is not there yet, and the domain with it as its catch-all.
make_admin() {
  local bin=$APP/current/bin/mailapp
  step "管理员 $ADMIN" "Admin $ADMIN"
  # cut off between the two, the second is still to be done; later the catch-all is the admin's own affair
  local unfinished=$ETC/admin-being-made
  if has_account; then
    say "  已经有了（忘了密码：mailapp account password $ADMIN）" "  there already (password lost: mailapp account password $ADMIN)"
    [ -e "$unfinished" ] || return 0
  else
    run touch "$unfinished"
    [ "$DRY_RUN" = yes ] || gather_password
    # not through a pipe: where nobody reads (--dry-run) that would be an error
    as_mailapp "$bin" account add "$ADMIN" --admin --password-stdin --language "$LANGUAGE" <<<"$PASSWORD" ||
      fail "管理员账户没有建成" "the admin's account was not made"
    PASSWORD=
  fi
  as_mailapp "$bin" domain add "$DOMAIN" --catch-all "$ADMIN" >/dev/null
  run rm -f "$unfinished"
}

has_account() {
  [ -x "$APP/current/bin/mailapp" ] && [ "$DRY_RUN" = no ] || return 1
  # not into grep -q: it would leave while the list is still being written
  grep -qixF -- "$ADMIN" <<<"$(as_mailapp "$APP/current/bin/mailapp" account list | cut -f1)"
}
