# Sourced by install.sh: what the system must be and have.
# shellcheck shell=bash

check_system() {
  step "检查系统" "Looking at the system"
  has apt-get || fail "只支持 Debian 和 Ubuntu" "only Debian and Ubuntu are supported"
  if ! has systemctl; then
    fail "没有 systemd，请用 compose.yaml（见 docs/install.zh-CN.md）" "there is no systemd here: use compose.yaml (docs/install.md)"
  fi
  case "$(uname -m)" in
    x86_64 | aarch64) ;;
    *) warn "没有在 $(uname -m) 上试过" "never tried on $(uname -m)" ;;
  esac
  check_room
  # said before anything is installed
  if [ -x "$SYSTEM_BIN/python3" ] && [ -z "$(a_python sys)" ]; then too_old; fi
}

check_room() {
  local free_kib memory_kib
  free_kib=$(df -Pk /opt 2>/dev/null | awk 'NR==2 {print $4}')
  memory_kib=$(awk '/^MemTotal/ {print $2}' /proc/meminfo)
  [ "${free_kib:-500000}" -ge 500000 ] || fail "/opt 至少要有 500 MB 空闲" "/opt needs 500 MB free"
  [ "$memory_kib" -ge 400000 ] || warn "内存不到 512 MB" "there is less than 512 MB of memory"
}

# apt_get ARGUMENTS...: waits for whoever holds apt's locks, up to ten minutes; never takes one away.
# Nor is any service of somebody else's restarted (needrestart, on Ubuntu).
apt_get() {
  run env LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get -o DPkg::Lock::Timeout=600 -q "$@"
}

# The lists' lock is one that apt does not wait for by itself.
update_lists() {
  local tries
  for tries in $(seq 60); do
    if apt_get update 2>"$LOG"; then return 0; fi
    grep -q 'lock' "$LOG" || { cat "$LOG" >&2; return 1; }
    [ "$tries" -gt 1 ] || say "  等另一个 apt 结束……" "  waiting for another apt to end ..."
    sleep 10
  done
  return 1
}

install_packages() {
  local wanted=(python3 python3-venv ca-certificates openssl) missing=() name
  step "系统软件包" "Packages of the system"
  if uses_caddy && ! has caddy; then wanted+=(caddy); fi
  for name in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    LOG=$(mktemp)
    # one source of somebody's that is out of order is in nobody's way: what is needed may be had all the same
    update_lists || warn "有些软件包列表取不到，看网络和 /etc/apt" "some lists of packages cannot be fetched: look at the network and /etc/apt"
    apt_get install -y --no-install-recommends "${missing[@]}" >/dev/null || fail "软件包装不上：${missing[*]}" "packages cannot be installed: ${missing[*]}"
    rm -f "$LOG"
  fi
  say "  有了：${wanted[*]}" "  there: ${wanted[*]}"
  find_python
}

# a_python MODULES: the first Python of the system we run on that has these modules; nothing where there is none. Not one
# in somebody's home, which our account could not read.
a_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$SYSTEM_BIN/$name" -c "import $1, sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then
      echo "$SYSTEM_BIN/$name"
      return
    fi
  done
}

find_python() {
  PYTHON=$(a_python "venv, ensurepip")
  if [ -z "$PYTHON" ] && [ "$DRY_RUN" = yes ]; then PYTHON=$SYSTEM_BIN/python3; fi
  [ -n "$PYTHON" ] || too_old
}

too_old() {
  fail "需要 Python 3.11 或更新版本；这个系统太旧，请用 Debian 12、Ubuntu 24.04 或更新的系统" \
    "Python 3.11 or newer is needed; this system is too old: take Debian 12, Ubuntu 24.04 or newer"
}

make_account() {
  step "系统账户 $ACCOUNT" "System account $ACCOUNT"
  if id "$ACCOUNT" >/dev/null 2>&1; then say "  已经有了" "  there already"; return; fi
  local group=--user-group
  if getent group "$ACCOUNT" >/dev/null; then group="--gid=$ACCOUNT"; fi
  run useradd --system "$group" --home-dir "$DATA" --no-create-home --shell /usr/sbin/nologin "$ACCOUNT"
}

make_directories() {
  step "目录" "Directories"
  run install -d -m 0755 -o root -g root "$APP" "$APP/releases"
  run install -d -m 0700 -o "$ACCOUNT" -g "$ACCOUNT" "$DATA" "$DATA/backups"
  run install -d -m 0750 -o root -g "$ACCOUNT" "$ETC" "$TLS"
  # copied here from another machine, where the account had another number
  if [ -e "$DATA" ] && [ -n "$(find "$DATA" ! -user "$ACCOUNT" -print -quit 2>/dev/null)" ]; then
    run chown -hR "$ACCOUNT:$ACCOUNT" "$DATA"
    run chgrp -hR "$ACCOUNT" "$ETC"
  fi
}

# holder_of PORT: who listens there: "name unit", nothing where nobody does. Ours does not count.
holder_of() {
  local pid name unit
  has ss || return 0
  pid=$(ss -Hltnp "sport = :$1" 2>/dev/null | grep -o 'pid=[0-9]*' | head -n 1 | cut -d= -f2) || true
  if [ -z "$pid" ] || [ "$pid" = "$(systemctl show -p MainPID --value mailapp.service 2>/dev/null)" ]; then return 0; fi
  name=$(cat "/proc/$pid/comm" 2>/dev/null || echo "$pid")
  unit=$(sed -n 's#.*/\([^/]*\.service\).*#\1#p' "/proc/$pid/cgroup" 2>/dev/null | tail -n 1) || true
  echo "$name ${unit:-}"
}

free_ports() {
  free_port_25
  free_web_ports
}

# Caddy needs both. nginx and Apache are known as services and keep them; anybody else is named.
free_web_ports() {
  local port name unit
  uses_caddy || return 0
  for port in 80 443; do
    name='' unit=''
    read -r name unit < <(holder_of "$port") || true
    case "$name:$unit" in : | caddy:*) continue ;; esac
    warn "$port 端口被 $name${unit:+（$unit）} 占着，Caddy 用不了" "port $port is held by $name${unit:+ ($unit)}, and Caddy needs it"
    [ "$DRY_RUN" = yes ] || fail "请停掉它再运行一次，或用 --proxy none 并自己把 https://$HOST 转给 127.0.0.1:$HTTP_PORT" \
      "stop it and run this again, or take --proxy none and pass https://$HOST on to 127.0.0.1:$HTTP_PORT yourself"
  done
}

# Postfix and Exim come with some images and hold port 25: named, and stopped only if that is wanted.
free_port_25() {
  local name unit
  step "25 端口" "Port 25"
  read -r name unit < <(holder_of 25) || true
  if [ -z "${name:-}" ]; then say "  空着" "  free"; return; fi
  [[ $name != master* ]] || { name=Postfix; unit=postfix.service; }
  if is_original "${unit:-}" && [ "$ACTION" = migrate-original ]; then
    say "  由原项目占用，迁移时接过来" "  held by the original project, taken over in the move"
    return
  fi
  warn "25 端口被 $name${unit:+（$unit）} 占着，它在就收不到信" "port 25 is held by $name${unit:+ ($unit)}: no mail arrives while it is"
  if [ -z "$unit" ]; then fail "请停掉 $name，再运行一次" "stop $name, then run this again"; fi
  if [ "$TAKE_PORT_25" = yes ] || confirm "停用 $unit？（不删除，可用 systemctl enable $unit && systemctl start $unit 恢复）" \
    "Disable $unit? (not removed: systemctl enable $unit && systemctl start $unit brings it back)"; then
    disable_holder "$unit"
  elif [ "$DRY_RUN" = no ]; then
    fail "请先停用 $unit，或加上 --take-port-25" "disable $unit first, or add --take-port-25"
  fi
}

disable_holder() {
  # not `disable --now`: where the service is an old init script (Exim on Debian 12), that would not stop it
  run systemctl disable "$1"
  run systemctl stop "$1"
  # Debian's Postfix is one unit that starts another
  [ "$1" != postfix.service ] || run systemctl stop 'postfix@*.service'
  [ "$DRY_RUN" = yes ] || [ -z "$(holder_of 25)" ] || fail "$1 停了，25 端口仍被占着：ss -ltnp 'sport = :25'" \
    "$1 is stopped, but port 25 is still held: ss -ltnp 'sport = :25'"
}
