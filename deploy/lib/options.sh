# Sourced by install.sh: options, and the few questions.
# shellcheck shell=bash

usage() {
  cat <<'TEXT'
install.sh [ACTION] [options]

Actions (install where left out; each can be repeated without harm)
  install            put mailapp on this machine, or put an installation right
  upgrade            install the release that lies here beside the running one, with a backup and a way back
  rollback           go back to the release before, over the same data
  status             what runs, since when, and what is wrong
  uninstall          take mailapp away; data and settings stay unless --purge
  migrate-original   move an installation of the original project in /opt/mail_api over, with its mail and users

Answers (asked where they are missing and somebody is there to ask)
  --domain D            mail for D is received                    INSTALL_DOMAIN
  --host H              name of this machine, mail.D if left out  INSTALL_HOST
  --admin ADDRESS       first account, admin@D if left out        INSTALL_ADMIN
  --password-file F     its password (or INSTALL_PASSWORD); made up and shown once where left out
  --language L          zh-CN or en                               INSTALL_LANGUAGE

Choices
  --proxy P             auto, caddy, nginx (a snippet to include) or none
  --tls T               acme (a certificate from Let's Encrypt), internal (Caddy's own authority), or the https:// address
                        of another authority's ACME directory
  --local               no domain yet: pages on this machine only, to be reached through ssh
  --insecure            with --local: pages on the open network without HTTPS, passwords readable on the way
  --http-port N         where the pages are served on this machine, 2099 if left out
  --take-port-25        stop and disable what holds port 25 without asking
  --original DIR        where the original project lies, /opt/mail_api if left out
  --purge               with uninstall: erase all mail, settings and backups too
  --yes                 never ask
  --dry-run             show every step, change nothing

Environment: PIP_INDEX_URL and other PIP_ variables are honoured. RELEASE_URL (with RELEASE_SHA256 or a .sha256 file
beside it) names a release archive to install instead of the checkout this lies in.
TEXT
}

parse_options() {
  ACTION=install DOMAIN=${INSTALL_DOMAIN:-} HOST=${INSTALL_HOST:-} ADMIN=${INSTALL_ADMIN:-}
  PASSWORD=${INSTALL_PASSWORD:-} PROXY='' TLS_BY='' LOCAL=no INSECURE=no HTTP_PORT='' TAKE_PORT_25=no
  ORIGINAL=/opt/mail_api PURGE=no YES=no
  unset INSTALL_PASSWORD
  case "${1:-}" in
    install | upgrade | rollback | status | uninstall | migrate-original) ACTION=$1; shift ;;
  esac
  while [ $# -gt 0 ]; do
    case "$1" in
      --domain | --host | --admin | --password-file | --language | --proxy | --tls | --http-port | --original)
        [ $# -ge 2 ] || wrong "$1 needs a value"
        take_value "$1" "$2"
        shift
        ;;
      --local) LOCAL=yes ;;
      --insecure) INSECURE=yes ;;
      --take-port-25) TAKE_PORT_25=yes ;;
      --purge) PURGE=yes ;;
      --yes) YES=yes ;;
      --dry-run) DRY_RUN=yes ;;
      -h | --help) usage; exit 0 ;;
      *) wrong "unknown: $1" ;;
    esac
    shift
  done
  check_options
}

take_value() {
  case "$1" in
    --domain) DOMAIN=$2 ;;
    --host) HOST=$2 ;;
    --admin) ADMIN=$2 ;;
    --password-file) PASSWORD=$(head -n 1 -- "$2") || wrong "$2 cannot be read" ;;
    --language) LANGUAGE=$2 ;;
    --proxy) PROXY=$2 ;;
    --tls) TLS_BY=$2 ;;
    --http-port) HTTP_PORT=$2 ;;
    --original) ORIGINAL=${2%/} ;;
  esac
}

wrong() {
  printf '%s\n%s\n' "install.sh: $1" "install.sh --help shows every option." >&2
  exit 2
}

check_options() {
  case "$PROXY" in "" | auto | caddy | nginx | none) ;; *) wrong "--proxy is auto, caddy, nginx or none" ;; esac
  case "$TLS_BY" in
    "" | acme | internal) ;;
    *) is_directory "$TLS_BY" || wrong "--tls is acme, internal or the https:// address of an ACME directory" ;;
  esac
  if [ -n "$HTTP_PORT" ] && ! { [[ $HTTP_PORT =~ ^[0-9]{1,5}$ ]] && [ "$HTTP_PORT" -ge 1 ] && [ "$HTTP_PORT" -le 65535 ]; }; then
    wrong "--http-port is a number from 1 to 65535"
  fi
  if [ "$INSECURE" = yes ] && [ "$LOCAL" = no ]; then wrong "--insecure goes with --local"; fi
  [ -z "$DOMAIN" ] || is_domain "$DOMAIN" || wrong "--domain $DOMAIN is not a domain. Example: --domain example.com"
  [ -z "$HOST" ] || is_domain "$HOST" || wrong "--host $HOST is not a host name. Example: --host mail.example.com"
  [ -z "$ADMIN" ] || is_address "$ADMIN" || wrong "--admin $ADMIN is not an address. Example: --admin lin@example.com"
  [ -z "$PASSWORD" ] || [ "${#PASSWORD}" -ge 12 ] || wrong "the password is too short: at least 12 characters"
}

is_domain() {
  local LC_ALL=C
  [ "${#1}" -le 253 ] && [[ $1 =~ ^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$ ]]
}
is_address() {
  local LC_ALL=C
  [[ $1 =~ ^[A-Za-z0-9.!#%\&\'*+/=?^_\`{|}~-]{1,64}@(.+)$ ]] && is_domain "${BASH_REMATCH[1]}"
}
is_directory() {
  local LC_ALL=C
  [[ $1 =~ ^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$ ]]
}

# What is installed already answers first: a second run asks nothing again.
gather_answers() {
  local url
  url=$(setting MAILAPP_PUBLIC_URL)
  HOST=${HOST:-$(setting MAILAPP_HOSTNAME)}
  HTTP_PORT=${HTTP_PORT:-$(setting MAILAPP_HTTP | sed 's/.*://')}
  HTTP_PORT=${HTTP_PORT:-2099}
  [[ $HTTP_PORT =~ ^[0-9]{1,5}$ ]] || fail "$SETTINGS 里的 MAILAPP_HTTP 不对，例如 127.0.0.1:2099" \
    "MAILAPP_HTTP in $SETTINGS is wrong. Example: 127.0.0.1:2099"
  if [ -n "$url" ] && [ "${url#https:}" = "$url" ] && [ -z "$DOMAIN" ]; then LOCAL=yes; fi
  PROXY=${PROXY:-$(setting_note proxy)} PROXY=${PROXY:-auto}
  TLS_BY=${TLS_BY:-$(setting_note tls)} TLS_BY=${TLS_BY:-acme}
  if [ "$LOCAL" = yes ] && [ "$(setting_note insecure)" = yes ]; then INSECURE=yes; fi
  DOMAIN=${DOMAIN:-$(setting_note domain)}
  ADMIN=${ADMIN:-$(setting_note admin)}
  if [ "$LOCAL" = no ]; then
    ask DOMAIN "接收邮件的域名，还没有就留空" "Domain to receive mail for, nothing if there is none yet" ""
    [ -n "$DOMAIN" ] || no_domain
  fi
  DOMAIN=${DOMAIN:-localhost.localdomain}
  is_domain "$DOMAIN" || fail "$DOMAIN 不是域名，例如 example.com" "$DOMAIN is not a domain. Example: example.com"
  ask HOST "这台主机的名字" "Name of this machine" "mail.$DOMAIN"
  ask ADMIN "管理员的邮箱地址" "Address of the admin" "admin@$DOMAIN"
  is_domain "$HOST" || fail "$HOST 不是主机名，例如 mail.example.com" "$HOST is not a host name. Example: mail.example.com"
  is_address "$ADMIN" || fail "$ADMIN 不是邮箱地址" "$ADMIN is not an address. Example: lin@example.com"
  # Caddy's directories have small letters
  DOMAIN=$(lower "$DOMAIN") HOST=$(lower "$HOST") ADMIN=${ADMIN%@*}@$(lower "${ADMIN##*@}")
}

no_domain() {
  if may_ask; then LOCAL=yes; return; fi
  fail "缺少域名：--domain example.com，还没有域名就用 --local" "the domain is missing: --domain example.com, or --local where there is none yet"
}

# Asked only where the admin's account has to be made. Made up where nobody can be asked.
gather_password() {
  local again=
  [ -z "$PASSWORD" ] || return 0
  if may_ask; then
    while true; do
      read -r -s -p "$(t "管理员密码（至少 12 个字符，留空则生成一个）" "Password of the admin (12 characters or more, nothing to have one made)"): " PASSWORD </dev/tty
      echo
      [ -n "$PASSWORD" ] || break
      if [ "${#PASSWORD}" -lt 12 ]; then say "太短，至少 12 个字符。" "Too short: 12 characters or more."; continue; fi
      read -r -s -p "$(t 再输入一次 "Once more"): " again </dev/tty
      echo
      [ "$again" != "$PASSWORD" ] || return 0
      say "两次不一样。" "They differ."
    done
  fi
  PASSWORD=$(python3 -c 'import secrets; print("-".join(secrets.token_hex(2) for _ in range(5)))')
  MADE_PASSWORD=$PASSWORD
}

show_plan() {
  step "将要安装" "What will be installed"
  say "  域名 $DOMAIN，主机 $HOST，管理员 $ADMIN" "  domain $DOMAIN, host $HOST, admin $ADMIN"
  say "  程序 $APP，数据 $DATA，设置 $SETTINGS" "  program $APP, data $DATA, settings $SETTINGS"
  if [ "$LOCAL" = yes ]; then
    say "  网页只在本机（或经 ssh）打开，没有 HTTPS" "  pages on this machine (or through ssh) only, without HTTPS"
  else
    say "  网页 https://$HOST" "  pages at https://$HOST"
  fi
}
