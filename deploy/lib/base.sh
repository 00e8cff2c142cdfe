# Sourced by install.sh: where things lie, how it speaks and asks, how it changes anything.
# shellcheck shell=bash disable=SC2034

APP=/opt/mailapp
DATA=/var/lib/mailapp
ETC=/etc/mailapp
SETTINGS=$ETC/mailapp.env
TLS=$ETC/tls
UNITS=/etc/systemd/system
ACCOUNT=mailapp
SYSTEM_BIN=/usr/bin
LOCK=${INSTALL_LOCK:-/run/mailapp-install.lock}
DRY_RUN=no
LANGUAGE=${INSTALL_LANGUAGE:-}
# a shell from `su` does not know where useradd is; somebody's Python path is none of ours
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
unset PYTHONPATH PYTHONHOME
# steps that are only shown are seen even where the step's own output is not
exec 3>&1

# t CHINESE ENGLISH: the text in the language of whoever installs.
t() { if [ "$LANGUAGE" = en ]; then printf '%s' "$2"; else printf '%s' "$1"; fi; }
say() { printf '%s\n' "$(t "$1" "$2")"; }
step() { printf '\n==> %s\n' "$(t "$1" "$2")"; }
warn() { printf '!!  %s\n' "$(t "$1" "$2")" >&2; }
fail() {
  printf '\n%s %s\n' "$(t 停止： Stopped:)" "$(t "$1" "$2")" >&2
  exit 1
}

# run COMMAND...: carries it out; with --dry-run only shows it.
run() {
  if [ "$DRY_RUN" = yes ]; then
    printf '  $%s\n' "$(printf ' %q' "$@")" >&3
  else
    "$@"
  fi
}

# put FILE MODE OWNER: writes standard input there in one move, where it differs from what is there.
put() {
  local file=$1 mode=$2 owner=$3 new
  local unfinished=${file%/*}/.${file##*/}.new
  if [ "$DRY_RUN" = yes ]; then
    cat >/dev/null
    printf '  write %s (%s %s)\n' "$file" "$mode" "$owner"
    return
  fi
  # what a run that was cut off left behind
  rm -f "$unfinished".??????
  new=$(mktemp "$unfinished.XXXXXX") || fail "$file 写不进去" "$file cannot be written"
  if ! { cat >"$new" && chmod "$mode" "$new" && chown "$owner" "$new" && mv -f "$new" "$file"; }; then
    rm -f "$new"
    fail "$file 写不进去，磁盘满了吗？" "$file cannot be written: is the disk full?"
  fi
}

# lower TEXT: in small letters, whatever the language of the shell (in Turkish, I is not the capital of i).
lower() {
  local LC_ALL=C
  printf '%s' "${1,,}"
}

# ask VARIABLE CHINESE ENGLISH DEFAULT: keeps what is set already; without a terminal or with --yes takes the default.
ask() {
  local variable=$1 default=$4 answer
  [ -z "${!variable:-}" ] || return 0
  answer=$default
  if may_ask; then
    read -r -p "$(t "$2" "$3")${default:+ [$default]}: " answer </dev/tty || answer=
    answer=${answer:-$default}
  fi
  printf -v "$variable" '%s' "$answer"
}

# confirm CHINESE ENGLISH: yes or no; no where nobody can be asked.
confirm() {
  local answer=
  may_ask || return 1
  read -r -p "$(t "$1" "$2") [y/N] " answer </dev/tty || return 1
  [[ $answer =~ ^([yY]|[yY][eE][sS]|是)$ ]]
}

may_ask() { [ "${YES:-no}" = no ] && [ "$DRY_RUN" = no ] && { true </dev/tty; } 2>/dev/null; }

has() { command -v "$1" >/dev/null 2>&1; }

choose_language() {
  local answer=
  case "$LANGUAGE" in
    en* | EN*) LANGUAGE=en ;;
    zh* | ZH*) LANGUAGE=zh-CN ;;
    "")
      # our Chinese is UTF-8: on a terminal of another encoding English can be read
      case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in zh*[Uu][Tt][Ff]*8*) LANGUAGE=zh-CN ;; *) LANGUAGE=en ;; esac
      if [ "$ACTION" = install ] && may_ask; then
        read -r -p "1 中文  2 English [$([ "$LANGUAGE" = en ] && echo 2 || echo 1)]: " answer </dev/tty || answer=
        case "$answer" in 1) LANGUAGE=zh-CN ;; 2) LANGUAGE=en ;; esac
      fi
      ;;
    *) echo "--language is zh-CN or en" >&2; exit 2 ;;
  esac
}

# Two at once would build, stop and start over each other.
only_one() {
  if [ "$DRY_RUN" = yes ] || [ "$(id -u)" != 0 ]; then return 0; fi
  exec 9>"$LOCK"
  flock -n 9 || fail "另一个 install.sh 正在运行" "another install.sh is running"
}

require_root() {
  if [ "$DRY_RUN" = no ] && [ "$(id -u)" != 0 ]; then
    fail "要以 root 运行：sudo $0" "this must run as root: sudo $0"
  fi
}

# as_mailapp COMMAND...: as the system account, with the settings and nothing else of our environment.
as_mailapp() {
  local line settings=()
  while IFS= read -r line; do settings+=("$line"); done < <(settings_lines)
  run runuser -u "$ACCOUNT" -- env -i PATH=/usr/bin:/bin HOME="$DATA" LANG=C.UTF-8 "${settings[@]}" "$@"
}

# The settings file as NAME=VALUE lines, quotes taken off.
settings_lines() {
  [ -r "$SETTINGS" ] || return 0
  sed -n -E 's/^(MAILAPP_[A-Z_]+)="?([^"]*)"?$/\1=\2/p' "$SETTINGS"
}
