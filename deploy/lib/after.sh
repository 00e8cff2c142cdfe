# Sourced by install.sh: what is left to do, above all the DNS records.
# shellcheck shell=bash

# The address this machine reaches the world with, nothing where it has only IPv6; nobody outside is asked.
public_address() { ip -4 route get 192.0.2.1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p' || true; }

public_address_6() { ip -6 -o addr show scope global 2>/dev/null | sed -n 's/.*inet6 \(2[0-9a-f:]*\).*/\1/p' | head -n 1 || true; }

# For an address bar: IPv4 where there is any, the IPv6 address in brackets, or this machine itself.
reached_at() {
  local four six
  four=$(public_address) six=$(public_address_6)
  if [ -n "$four" ] || [ -z "$six" ]; then echo "${four:-127.0.0.1}"; else echo "[$six]"; fi
}

is_private() { [[ $1 =~ ^(10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2[0-9]|3[01])\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.) ]]; }

show_records() {
  local four six
  four=$(public_address)
  six=$(public_address_6)
  if [ -z "$four$six" ] || is_private "$four"; then four=$(t "<这台主机的公网 IP>" "<public IP of this machine>"); fi
  step "DNS 记录（在域名服务商那里添加）" "DNS records (add them where your domain is managed)"
  [ -z "$four" ] || printf '  %-34s %-5s %s\n' "$HOST." A "$four"
  [ -z "$six" ] || printf '  %-34s %-5s %s\n' "$HOST." AAAA "$six"
  printf '  %-34s %-5s %s\n' "$DOMAIN." MX "10 $HOST." "$DOMAIN." TXT '"v=spf1 mx ~all"' \
    "_dmarc.$DOMAIN." TXT "\"v=DMARC1; p=none; rua=mailto:postmaster@$DOMAIN\""
  printf '  %-34s %-5s %s\n' "${four:-$six}" PTR "$HOST."
  say "  （PTR 在主机商的面板里设；用 Cloudflare 时 $HOST 要选 DNS only，即灰色云）" \
    "  (PTR is set at your hosting provider; at Cloudflare $HOST must be \"DNS only\", the grey cloud)"
  say "  经 SendGrid 等服务发信时，SPF 和 DKIM 再照它的页面添加，见 docs/install.zh-CN.md" \
    "  where you send through SendGrid or the like, add the SPF and DKIM its pages show: docs/install.md"
}

afterwards() {
  [ "$LOCAL" = yes ] || show_records
  send_test_mail
  offer_relay
  run_checks
  show_end
}

# A first letter to the admin, over SMTP like any other.
send_test_mail() {
  step "测试邮件" "Test mail"
  if [ "$DRY_RUN" = yes ]; then echo "  SMTP to 127.0.0.1:25, from $ADMIN to $ADMIN"; return; fi
  if "$APP/current/bin/python" - "$ADMIN" "$HOST" "$LANGUAGE" <<'PYTHON'
import smtplib, sys
from email.message import EmailMessage
admin, host, language = sys.argv[1:]
letter = EmailMessage()
letter["From"], letter["To"] = f"mailapp <{admin}>", admin
letter["Subject"] = "mailapp is installed" if language == "en" else "mailapp 安装好了"
letter.set_content(
    f"This letter came over SMTP on {host}: receiving works on this machine.\n"
    if language == "en" else f"这封信经由 {host} 的 SMTP 送达：本机收信正常。\n"
)
try:
    with smtplib.SMTP("127.0.0.1", 25, timeout=20) as server:
        server.send_message(letter, from_addr=admin, to_addrs=[admin])
except (OSError, smtplib.SMTPException) as error:
    sys.exit(f"{type(error).__name__}: {error}")
PYTHON
  then say "  已送到 $ADMIN 的收件箱" "  delivered to the inbox of $ADMIN"
  else warn "没有送到" "it was not delivered"; fi
}

offer_relay() {
  local preset='' host='' user='' secret=''
  step "发信" "Sending"
  if [ "$DRY_RUN" = no ] && [ -n "$(as_mailapp "$APP/current/bin/mailapp" relay list)" ]; then
    say "  已有中继" "  there is a relay already"
    return
  fi
  if ! confirm "收信不需要中继；对外发信需要。现在设置吗？" "Receiving needs no relay, sending to others does. Set one up now?"; then
    say "  以后：网页 管理 → 中继，或 mailapp relay set --help" "  later: Administration → Relays in the browser, or mailapp relay set --help"
    return
  fi
  ask preset "服务商（sendgrid mailgun ses brevo resend tencent aliyun custom）" "Service (sendgrid mailgun ses brevo resend tencent aliyun custom)" sendgrid
  [ "$preset" != custom ] || ask host "服务器（587 端口，STARTTLS）" "Server (port 587, STARTTLS)" ""
  [ "$preset" = sendgrid ] || ask user "用户名" "User name" ""
  read -r -s -p "$(t "密码或 API 密钥" "Password or API key"): " secret </dev/tty || true
  echo
  if as_mailapp "$APP/current/bin/mailapp" relay set --preset "$preset" ${host:+--host "$host"} \
    --username "${user:-apikey}" --password-stdin <<<"$secret"; then
    as_mailapp "$APP/current/bin/mailapp" relay test --to "$ADMIN" --from "$ADMIN" || true
  else
    warn "没有设成；稍后在网页里再试" "not set up; try again in the browser later"
  fi
}

run_checks() {
  step "自检" "Checks"
  if [ "$DRY_RUN" = yes ]; then echo "  $ mailapp check"; return; fi
  if ! as_mailapp "$APP/current/bin/mailapp" check --help >/dev/null 2>&1; then say "  /healthz：$(health)" "  /healthz: $(health)"; return; fi
  as_mailapp "$APP/current/bin/mailapp" check --language "$LANGUAGE" || say "  上面打叉的还要处理；DNS 要过几分钟到几小时才生效" \
    "  what is marked above is still to be done; DNS takes minutes to hours"
}

show_end() {
  step "完成" "Done"
  say "  网页：$(public_url)   账户：$ADMIN" "  pages: $(public_url)   account: $ADMIN"
  if [ -n "${MADE_PASSWORD:-}" ]; then
    say "  密码（只显示这一次）：$MADE_PASSWORD" "  password (shown this once): $MADE_PASSWORD"
  fi
  say "  命令：mailapp --help；日志：journalctl -u mailapp；状态：$APP/current/installer/install.sh status" \
    "  commands: mailapp --help; log: journalctl -u mailapp; state: $APP/current/installer/install.sh status"
}
