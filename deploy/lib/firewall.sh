# Sourced by install.sh: opens 25, 80 and 443 in a firewall that is in use. Never turns one on, never closes anything.
# shellcheck shell=bash

open_ports() {
  echo 25
  case "$(chosen_proxy)" in
    none) [ "$INSECURE" = no ] || echo "$HTTP_PORT" ;;
    *) echo 80; echo 443 ;;
  esac
}

open_firewall() {
  step "防火墙" "Firewall"
  if has ufw && grep -q '^Status: active' <<<"$(LC_ALL=C ufw status 2>/dev/null)"; then open_ufw
  elif has iptables && refuses_by_iptables; then open_iptables
  elif has nft && [ -n "$(closed_chain)" ]; then open_nftables
  else say "  没有启用的防火墙会拦" "  none in use that is in the way"; fi
  say "  云服务商的防火墙（安全组）要在它的网页上放行：$(open_ports | paste -sd' ')" \
    "  your provider's own firewall (security group) is opened on its pages: $(open_ports | paste -sd' ')"
}

open_ufw() {
  local port
  for port in $(open_ports); do run ufw allow "$port/tcp" comment mailapp >/dev/null; done
  say "  ufw：放行 $(open_ports | paste -sd' ')" "  ufw: $(open_ports | paste -sd' ') opened"
}

# As on Oracle's images: a list of ACCEPTs that ends in REJECT.
refuses_by_iptables() { grep -Eq -- '^-P INPUT DROP|^-A INPUT -j (REJECT|DROP)' <<<"$(iptables -S INPUT 2>/dev/null)"; }

open_iptables() {
  local port tool
  for tool in iptables ip6tables; do
    has "$tool" || continue
    for port in $(open_ports); do
      "$tool" -C INPUT -p tcp --dport "$port" -m comment --comment mailapp -j ACCEPT 2>/dev/null ||
        run "$tool" -I INPUT -p tcp --dport "$port" -m comment --comment mailapp -j ACCEPT
    done
  done
  if has netfilter-persistent; then run netfilter-persistent save >/dev/null 2>&1
  else warn "重启后要保留：apt-get install iptables-persistent" "to keep this over a restart: apt-get install iptables-persistent"; fi
  say "  iptables：放行 $(open_ports | paste -sd' ')" "  iptables: $(open_ports | paste -sd' ') opened"
}

# "family table chain" of an input chain that drops what it does not know.
closed_chain() {
  nft list ruleset 2>/dev/null | awk '
    $1 == "table" {family = $2; table = $3}
    $1 == "chain" {chain = $2}
    /hook input/ && /policy drop/ {print family, table, chain; exit}'
}

open_nftables() {
  local family table chain ports
  read -r family table chain < <(closed_chain)
  ports=$(open_ports | paste -sd,)
  if grep -q 'comment "mailapp"' <<<"$(nft list chain "$family" "$table" "$chain")"; then say "  已经放行" "  open already"; return; fi
  run nft insert rule "$family" "$table" "$chain" tcp dport "{ $ports }" accept comment '"mailapp"'
  say "  nftables：放行 $ports。要在重启后保留，在 /etc/nftables.conf 的 chain $chain 里加：" \
    "  nftables: $ports opened. To keep it over a restart, add to chain $chain in /etc/nftables.conf:"
  echo "    tcp dport { $ports } accept comment \"mailapp\""
}
