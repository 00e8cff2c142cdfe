# Sourced by install.sh: upgrade with a way back, rollback, status, uninstall.
# shellcheck shell=bash

HEALTH_S=30

require_installed() {
  require_root
  [ -n "$(current_release)" ] && [ -r "$SETTINGS" ] || fail "还没有安装，先运行 install.sh" "nothing is installed: run install.sh first"
  YES_BEFORE=$YES YES=yes
  gather_answers
  YES=$YES_BEFORE
}

upgrade_mailapp() {
  require_installed
  check_room
  install_packages
  build_release
  if is_another_in_use; then upgrade_to "$NEW_RELEASE"; return; fi
  is_healthy "$HEALTH_S" || fail "已是这个版本，但服务不正常：install.sh status" "this release is in use already, but it is not well: install.sh status"
  say "已经是这个版本：$NEW_RELEASE" "This release is in use already: $NEW_RELEASE"
}

# Also where an upgrade was cut off, by a lost connection for instance: it is gone through again.
is_another_in_use() {
  [ -n "$(current_release)" ] && { [ "$(current_release)" != "$NEW_RELEASE" ] || [ -n "$(upgrading_from)" ]; }
}

# upgrade_to RELEASE: with a backup first, and back to the one in use where it is not well in time.
upgrade_to() {
  local before
  before=$(upgrading_from)
  before=${before:-$(current_release)}
  back_up "$1" "$before"
  step "换上 ${1##*/}" "Changing to ${1##*/}"
  link upgrading "$before"
  write_units
  if take_into_use "$1"; then
    [ "$before" = "$1" ] || link previous "$before"
    run rm -f "$APP/upgrading"
    prune_releases
    say "  正常。要退回：install.sh rollback" "  well. The way back: install.sh rollback"
    return
  fi
  show_log
  step "新版本起不来，退回 ${before##*/}" "The new release does not come up: back to ${before##*/}"
  write_units "$before/installer"
  take_into_use "$before" || fail "旧版本也没有起来：journalctl -u mailapp" "the old one does not come up either: journalctl -u mailapp"
  run rm -f "$APP/upgrading"
  [ "$before" = "$1" ] || run rm -rf "$1"
  fail "升级没有成功，${before##*/} 照常运行，邮件一封不少" "the upgrade failed; ${before##*/} runs as before, and no mail is lost"
}

# back_up NEW OLD: a backup with the old release; nothing restores it by itself.
back_up() {
  local file
  while file=$DATA/backups/before-${1##*/}-$(date -u +%Y-%m-%dT%H%M%SZ).tar.zst && [ -e "$file" ]; do
    sleep 1 # an upgrade that was cut off left its own within this second
  done
  step "备份到 $file" "Backup to $file"
  as_mailapp "$2/installer/deploy/bin/backup-now" "$file" ||
    fail "备份没有成功（要有两倍于数据的空闲磁盘），没有升级" "the backup failed (it needs free disk twice the data's size), so nothing was changed"
  # the newest three of these; those of every day are the server's to count
  find "$DATA/backups" -maxdepth 1 -name 'before-*' -printf '%T@ %p\n' 2>/dev/null | sort -rn | tail -n +4 | cut -d' ' -f2- |
    while IFS= read -r file; do run rm -f "$file"; done
}

# take_into_use RELEASE: stops, migrates, starts, looks; false where it is not well in time.
take_into_use() {
  run systemctl stop mailapp.service || true
  run systemctl reset-failed mailapp.service 2>/dev/null || true
  link current "$1" || return 1
  # in its own time: a large database may take minutes, and the 30 s are for the start
  if as_mailapp "$1/bin/mailapp" migrate --help >/dev/null 2>&1; then as_mailapp "$1/bin/mailapp" migrate || return 1; fi
  run systemctl start mailapp.service || return 1
  is_healthy "$HEALTH_S" || return 1
  run systemctl restart "${STARTED_UNITS[@]}" || true
}

# Over the same database: every migration leaves a schema the release before runs on.
rollback_mailapp() {
  local now before
  require_installed
  now=$(current_release)
  before=$(upgrading_from)
  before=${before:-$(previous_release)}
  if [ -z "$before" ] || [ ! -x "$before/bin/mailapp" ]; then
    say "没有更早的版本可退，现在是 ${now##*/}" "There is no release before ${now##*/} to go back to"
    return
  fi
  step "退回 ${before##*/}" "Back to ${before##*/}"
  write_units "$before/installer"
  if take_into_use "$before"; then
    # gone back once is enough: doing it again must not go forward
    run rm -f "$APP/previous" "$APP/upgrading"
    say "  正常。${now##*/} 留在 $now" "  well. ${now##*/} is kept in $now"
    return
  fi
  show_log
  write_units "$now/installer"
  take_into_use "$now" || fail "两个版本都没有起来：journalctl -u mailapp" "neither release comes up: journalctl -u mailapp"
  fail "${before##*/} 起不来，仍用 ${now##*/}" "${before##*/} does not come up; ${now##*/} stays in use"
}

show_status() {
  require_installed
  local state
  state=$(systemctl is-active mailapp.service 2>/dev/null) || true
  say "版本：$(current_release)（之前：$(previous_release)）" "release: $(current_release) (before: $(previous_release))"
  say "服务：$state，自 $(systemctl show -p ActiveEnterTimestamp --value mailapp.service)" \
    "service: $state, since $(systemctl show -p ActiveEnterTimestamp --value mailapp.service)"
  say "网页：$(public_url)" "pages: $(public_url)"
  say "数据：$DATA（$(du -sh "$DATA" 2>/dev/null | cut -f1)），备份：$(find "$DATA/backups" -type f 2>/dev/null | wc -l) 份" \
    "data: $DATA ($(du -sh "$DATA" 2>/dev/null | cut -f1)), backups: $(find "$DATA/backups" -type f 2>/dev/null | wc -l)"
  openssl x509 -noout -subject -issuer -enddate -in "$TLS/cert.pem" 2>/dev/null | sed 's/^/STARTTLS: /' || true
  systemctl list-timers --no-pager 'mailapp-*' 2>/dev/null | grep mailapp || true
  if health; then return; fi
  fail "不正常：journalctl -u mailapp" "it is not well: journalctl -u mailapp"
}

uninstall_mailapp() {
  require_root
  if [ "$PURGE" = yes ] && [ "$YES" = no ] && [ "$DRY_RUN" = no ]; then
    confirm "连同全部邮件、设置和备份一起删除？无法恢复" "Erase all mail, settings and backups too? Nothing brings them back" ||
      fail "没有确认（或加 --yes）" "not confirmed (or add --yes)"
  fi
  step "停止并移除服务" "Stopping and removing the service"
  run systemctl disable --quiet --now mailapp.service "${STARTED_UNITS[@]}" 2>/dev/null || true
  run rm -f "$UNITS"/mailapp.service "$UNITS"/mailapp-{backup,check,certificate}.{service,timer,path} "$UNITS"/.mailapp*.new.?????? /usr/local/bin/mailapp
  run systemctl daemon-reload
  if [ -e "$CADDY_SITE" ]; then
    run rm -f "$CADDY_SITE"
    run systemctl reload caddy.service 2>/dev/null || true
  fi
  # not from within what is being removed
  cd /
  run rm -rf "$APP"
  say "防火墙里给 25、80、443 的放行规则（注释 mailapp）没有动。" "Firewall rules for 25, 80 and 443 (comment mailapp) are left as they are."
  if [ "$PURGE" = yes ]; then purge; return; fi
  say "已移除。邮件和备份留在 $DATA，设置留在 $ETC；再次安装会接着用。" \
    "Removed. Mail and backups stay in $DATA, settings in $ETC; installing again goes on with them."
}

purge() {
  run rm -rf "$DATA" "$ETC"
  id "$ACCOUNT" >/dev/null 2>&1 && run userdel "$ACCOUNT"
  say "已全部删除。" "All of it is erased."
}
