# Sourced by install.sh: the settings file and the certificate it names.
# shellcheck shell=bash

# setting NAME: what the settings file says now, nothing where it does not.
setting() { settings_lines | sed -n "s/^$1=//p" | tail -n 1; }
# setting_note NAME: what the installer wrote down for itself, as a comment.
setting_note() { [ -r "$SETTINGS" ] && sed -n "s/^# installer: $1=//p" "$SETTINGS" | tail -n 1 || true; }

public_url() {
  if [ "$LOCAL" = no ]; then echo "https://$HOST"
  elif [ "$INSECURE" = yes ]; then echo "http://$(reached_at):$HTTP_PORT"
  else echo "http://localhost:$HTTP_PORT"; fi
}

# Lines the installer answers for; whatever else stands in the file stays.
own_settings() {
  local http=127.0.0.1
  if [ "$INSECURE" = yes ]; then
    http=0.0.0.0
    [ -n "$(public_address)" ] || http='[::]'
  fi
  cat <<TEXT
# installer: domain=$DOMAIN
# installer: admin=$ADMIN
# installer: proxy=$PROXY
# installer: tls=$TLS_BY
# installer: insecure=$INSECURE
MAILAPP_DATA_DIR=$DATA
MAILAPP_HTTP=$http:$HTTP_PORT
MAILAPP_SMTP=0.0.0.0:25,[::]:25
MAILAPP_HOSTNAME=$HOST
MAILAPP_PUBLIC_URL=$(public_url)
MAILAPP_TLS_CERT=$TLS/cert.pem
MAILAPP_TLS_KEY=$TLS/key.pem
TEXT
}

# Our lines, then what somebody added by hand: a name that stands there already in another way is theirs only if it is
# none of ours.
merged_settings() {
  local ours name
  ours=$(own_settings)
  if [ ! -e /proc/net/if_inet6 ]; then ours=${ours//,\[::\]:25/}; fi
  echo "# Settings of mailapp: docs/configuration.md lists them all. After a change: systemctl restart mailapp"
  echo "$ours"
  [ -r "$SETTINGS" ] || return 0
  while IFS= read -r name; do
    case "$name" in '# Settings of mailapp:'* | '# installer:'*) continue ;; esac
    grep -qs -- "^${name%%=*}=" <<<"$ours" || echo "$name"
  done <"$SETTINGS"
}

write_settings() {
  local new
  step "设置 $SETTINGS" "Settings in $SETTINGS"
  new=$(merged_settings)
  echo "$new" | put "$SETTINGS" 0640 "root:$ACCOUNT"
}

# A certificate of our own, so that STARTTLS is there from the first minute; the real one takes its place.
make_first_certificate() {
  step "STARTTLS 的证书" "Certificate for STARTTLS"
  if [ -s "$TLS/cert.pem" ] && [ -s "$TLS/key.pem" ]; then say "  已经有了" "  there already"; return; fi
  run openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=$HOST" \
    -addext "subjectAltName=DNS:$HOST" -keyout "$TLS/.key.pem" -out "$TLS/.cert.pem" 2>/dev/null
  run chown "root:$ACCOUNT" "$TLS/.key.pem" "$TLS/.cert.pem"
  run chmod 0640 "$TLS/.key.pem" "$TLS/.cert.pem"
  # under their names only when they are as they must be: what is there is not looked at again
  run mv -f "$TLS/.key.pem" "$TLS/key.pem"
  run mv -f "$TLS/.cert.pem" "$TLS/cert.pem"
}
