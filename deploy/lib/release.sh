# Sourced by install.sh: a release is a directory of its own in /opt/mailapp/releases; `current` points at one.
# shellcheck shell=bash disable=SC2154

# What a release is made of: two checkouts with the same sum are the same release.
source_sum() {
  (
    cd "$here" && find pyproject.toml install.sh mailapp templates static migrations deploy -type f \
      ! -name '*.pyc' ! -path '*/.*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64
  )
}

source_version() { sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$here/mailapp/__init__.py"; }

# The directory for what lies here: <version>, or <version>-2 ... where another build of that version is there.
release_directory() {
  local version=$1 sum=$2 name=$1 number=1
  while [ -e "$APP/releases/$name" ] && [ "$(cat "$APP/releases/$name/source" 2>/dev/null)" != "$sum" ]; do
    # one that was never finished is in nobody's way
    [ -e "$APP/releases/$name/source" ] || break
    number=$((number + 1))
    name=$version-$number
  done
  echo "$APP/releases/$name"
}

current_release() { readlink "$APP/current" 2>/dev/null || true; }
previous_release() { readlink "$APP/previous" 2>/dev/null || true; }
# The release that ran well when an upgrade began; nothing where none was cut off in the middle.
upgrading_from() { readlink "$APP/upgrading" 2>/dev/null || true; }

# Builds it unless it is there; what is half built never gets its `source` file and is built anew.
build_release() {
  local sum
  step "安装这个版本" "Installing the release"
  if [ ! -f "$here/pyproject.toml" ]; then
    NEW_RELEASE=$(current_release) # run from what is installed
    [ -n "$NEW_RELEASE" ] || fail "请从源码目录运行" "run this from a checkout"
    say "  已经装好：$NEW_RELEASE" "  there already: $NEW_RELEASE"
    return
  fi
  sum=$(source_sum)
  NEW_RELEASE=$(release_directory "$(source_version)" "$sum")
  if [ -f "$NEW_RELEASE/source" ]; then say "  已经装好：$NEW_RELEASE" "  there already: $NEW_RELEASE"; return; fi
  say "  $NEW_RELEASE（要一两分钟）" "  $NEW_RELEASE (takes a minute or two)"
  run rm -rf "$NEW_RELEASE"
  run "$PYTHON" -m venv "$NEW_RELEASE"
  run "$NEW_RELEASE/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir --prefer-binary "$here" || {
    run rm -rf "$NEW_RELEASE" # what it took of the disk is given back
    check_room
    fail "依赖装不上：看网络，国内可设 PIP_INDEX_URL=https://pypi.tuna.tsinghua.edu.cn/simple" \
      "the packages cannot be installed: look at the network, or set PIP_INDEX_URL to a mirror"
  }
  keep_installer "$NEW_RELEASE"
  run "$NEW_RELEASE/bin/mailapp" --version || {
    run rm -rf "$NEW_RELEASE"
    fail "这个版本跑不起来，没有启用" "the release does not run; it was not put in use"
  }
  echo "$sum" | put "$NEW_RELEASE/source" 0644 root:root
}

# The script and its files go along, so that status, rollback and uninstall need no checkout.
keep_installer() {
  run install -d -m 0755 "$1/installer"
  run cp -r "$here/install.sh" "$here/deploy" "$1/installer/"
  run chmod -R u=rwX,go=rX "$1/installer"
}

# link NAME TARGET: points /opt/mailapp/NAME at a release in one move.
link() {
  run ln -sfn "$2" "$APP/.$1" && run mv -T "$APP/.$1" "$APP/$1"
}

switch_to() {
  local from
  from=$(current_release)
  [ "$from" != "$1" ] || return 0
  [ -z "$from" ] || link previous "$from"
  link current "$1"
}

# Everything but the release in use and the one before it.
prune_releases() {
  local one
  for one in "$APP"/releases/*/; do
    one=${one%/}
    [ -d "$one" ] || continue
    [ "$one" = "$(current_release)" ] || [ "$one" = "$(previous_release)" ] || run rm -rf "$one"
  done
}
