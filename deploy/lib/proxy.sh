# Sourced by install.sh: HTTPS in front of the pages. Nobody else's sites are touched.
# shellcheck shell=bash

CADDY_SITE=/etc/caddy/conf.d/mailapp.caddy
CADDYFILE=/etc/caddy/Caddyfile

# Which one: an nginx or Apache that serves already keeps its ports, else Caddy.
chosen_proxy() {
  if [ "$LOCAL" = yes ]; then echo none
  elif [ "${PROXY:-auto}" != auto ]; then echo "$PROXY"
  elif is_active nginx.service; then echo nginx
  elif is_active apache2.service; then echo other
  else echo caddy; fi
}

uses_caddy() { [ "$(chosen_proxy)" = caddy ]; }
is_active() { has systemctl && systemctl is-active --quiet "$1" 2>/dev/null; }

filled() {
  local tls='# a certificate by itself'
  case "${TLS_BY:-acme}" in
    acme) ;;
    internal) tls='tls internal' ;;
    *) tls="tls {\\n\\t\\tca $TLS_BY\\n\\t}" ;;
  esac
  sed "s/@HOST@/$HOST/g; s/@PORT@/$HTTP_PORT/g; s|@TLS@|$tls|" "$1"
}

set_up_proxy() {
  step "网页" "Pages"
  case "$(chosen_proxy)" in
    caddy) set_up_caddy ;;
    nginx) leave_snippet ;;
    none) show_tunnel ;;
    *)
      say "  Apache 占着 80 和 443：请把 https://$HOST 转给 http://127.0.0.1:$HTTP_PORT（见 docs/install.zh-CN.md）" \
        "  Apache holds 80 and 443: let it pass https://$HOST on to http://127.0.0.1:$HTTP_PORT (docs/install.md)"
      ;;
  esac
  run "$APP/current/installer/deploy/bin/copy-certificate" "$HOST"
}

# Our site is a file of its own; the Caddyfile gets one line that includes it, where it is as the distribution left it.
set_up_caddy() {
  run install -d -m 0755 /etc/caddy/conf.d
  filled "$here/deploy/proxy/mailapp.caddy" | put "$CADDY_SITE" 0644 root:root
  if ! grep -qs '^[[:space:]]*import[[:space:]].*conf\.d/\*' "$CADDYFILE"; then
    if [ "${PROXY:-auto}" = auto ] && ! is_untouched "$CADDYFILE"; then
      say "  Caddy 已有您自己的配置。请在 $CADDYFILE 里加一行，再运行 systemctl reload caddy：" \
        "  Caddy has a configuration of yours. Add a line to $CADDYFILE, then run systemctl reload caddy:"
      echo "    import /etc/caddy/conf.d/*.caddy"
      return
    fi
    include_sites
  fi
  if ! run caddy validate --adapter caddyfile --config "$CADDYFILE" >/dev/null 2>&1; then
    run rm -f "$CADDY_SITE"
    fail "Caddy 的配置不成立，已撤回我们的文件；caddy validate --config $CADDYFILE 会说明原因" \
      "Caddy's configuration does not hold; our file was taken back. caddy validate --config $CADDYFILE says why"
  fi
  run systemctl enable --quiet caddy.service
  run systemctl reload-or-restart caddy.service || fail "Caddy 没有起来：journalctl -u caddy" "Caddy did not come up: journalctl -u caddy"
  say "  Caddy 提供 https://$HOST，证书自动申请和续期" "  Caddy serves https://$HOST and gets and renews its certificate"
}

include_sites() {
  if [ "$DRY_RUN" = yes ]; then echo "  add to $CADDYFILE: import /etc/caddy/conf.d/*.caddy"; return; fi
  [ -e "$CADDYFILE.before-mailapp" ] || cp -p "$CADDYFILE" "$CADDYFILE.before-mailapp"
  printf '\n# added for mailapp\nimport /etc/caddy/conf.d/*.caddy\n' >>"$CADDYFILE"
}

# Whether a configuration file is still the one its package brought.
is_untouched() {
  local sum
  sum=$(dpkg-query -W -f '${Conffiles}\n' 2>/dev/null | awk -v file="$1" '$1 == file {print $2; exit}')
  [ ! -e "$1" ] || [ "$(md5sum "$1" | cut -d' ' -f1)" = "$sum" ]
}

leave_snippet() {
  filled "$here/deploy/proxy/mailapp.nginx" | put "$ETC/nginx.conf" 0644 root:root
  say "  nginx 已经在用，我们不动它。申请证书后启用这段配置：" "  nginx is in use and left alone. With a certificate there, put this in use:"
  echo "    certbot certonly --nginx -d $HOST"
  echo "    ln -s $ETC/nginx.conf /etc/nginx/sites-enabled/mailapp.conf && nginx -t && systemctl reload nginx"
}

show_tunnel() {
  if [ "$INSECURE" = yes ]; then
    warn "没有 HTTPS：http://$(reached_at):$HTTP_PORT，密码在路上可以被读到" \
      "no HTTPS: http://$(reached_at):$HTTP_PORT, and passwords can be read on the way"
    return
  fi
  say "  在您自己的电脑上运行，再打开 http://localhost:$HTTP_PORT ：" "  Run this on your own computer, then open http://localhost:$HTTP_PORT:"
  echo "    ssh -L $HTTP_PORT:127.0.0.1:$HTTP_PORT root@$(reached_at | tr -d '[]')"
}
