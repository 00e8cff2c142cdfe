# Sourced by bin/run and bin/test: makes a virtual environment when it is missing or pyproject.toml changed.

# Prints the newest Python this project runs on, or fails with one line that says what to install.
find_python() {
  local name
  for name in ${MAILAPP_PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null 2>&1 &&
      "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$name"
      return
    fi
  done
  echo "mailapp needs Python 3.11 or newer. On Debian or Ubuntu: apt-get install python3 python3-venv" >&2
  return 1
}

# ensure_venv DIRECTORY EXTRAS: EXTRAS like "[test]" or "".
ensure_venv() {
  local venv=$1 extras=$2 python stamp
  stamp="$(sha256sum pyproject.toml | cut -d' ' -f1)$extras"
  # the test extras contain everything that running needs
  case "$(cat "$venv/.mailapp" 2>/dev/null)" in
    "$stamp" | "${stamp%"$extras"}[test]") [ -x "$venv/bin/mailapp" ] && return ;;
  esac
  python=$(find_python)
  if [ ! -x "$venv/bin/python" ] || [ ! -x "$venv/bin/pip" ]; then
    echo "Making $venv with $("$python" --version) ..."
    rm -rf "$venv"
    if ! "$python" -m venv "$venv" >/dev/null 2>&1; then
      rm -rf "$venv"
      if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
        "$python" -m venv "$venv"
      else
        echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2
        return 1
      fi
    fi
  fi
  echo "Installing mailapp's dependencies ..."
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable ".$extras"
  echo "$stamp" >"$venv/.mailapp"
}
