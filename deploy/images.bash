# Functions of deploy/test that make images without pulling any.
# shellcheck shell=bash

readonly SIZE_LIMIT=25500000

# Podman's own storage for this test. runc and cgroupfs work without systemd. Limits above the current ones would need
# a capability that containers in CI lack.
podman_settings() {
  export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf DISABLE_HC_SYSTEMD=true
  mkdir -p "$TOOLS/podman" "$TOOLS/cache"
  cat >"$work/containers.conf" <<END
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
END
  cat >"$work/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$TOOLS/podman"
runroot = "$work/run"
END
}

# Returns whether a program of this machine runs in a container.
can_run_containers() {
  rust_image && podman run --rm --network none --volume /usr:/usr:ro localhost/polyhost-test/rust true
}

# Makes the base image for the Dockerfile: the links of the root folder, and variables for the mounted toolchain.
rust_image() {
  local folder=$work/rust name
  mkdir -p "$folder/root/cargo" "$folder/root/toolchain" "$folder/root/tmp" "$folder/root/usr"
  for name in bin lib lib32 lib64 libx32 sbin; do
    [ ! -L "/$name" ] || cp -P "/$name" "$folder/root/"
  done
  cat >"$folder/Containerfile" <<'END'
FROM scratch
COPY root/ /
ENV PATH=/toolchain/bin:/usr/local/bin:/usr/bin CARGO_HOME=/cargo CARGO_NET_OFFLINE=true
END
  podman build --quiet --tag localhost/polyhost-test/rust --file "$folder/Containerfile" "$folder" >/dev/null
}

image() {
  local folder volumes
  cargo fetch --locked
  volumes=(--volume "$(rustc --print sysroot):/toolchain:ro" --volume "$CARGO_HOME:/cargo")
  # Not /usr/local, in which the Dockerfile mounts its cache.
  for folder in /etc/alternatives /etc/ssl /usr/{bin,include,lib,lib64,libexec,share}; do
    [ ! -d "$folder" ] || volumes+=(--volume "$folder:$folder:ro")
  done
  # The build cache is below TMPDIR.
  TMPDIR=$TOOLS/cache podman build --format docker --network none --file deploy/Dockerfile --tag "$IMAGE" \
    --build-arg RUST_IMAGE=localhost/polyhost-test/rust "${volumes[@]}" .
}

# Copies the program out of the image, for checks without a container.
program() {
  local container
  container=$(podman create "$IMAGE")
  podman cp "$container:/polyhost" "$TOOLS/polyhost"
  podman rm "$container" >/dev/null
}

size() {
  local size
  size=$(podman image inspect --format '{{.Size}}' "$IMAGE")
  echo "image: $size bytes, at most $SIZE_LIMIT"
  [ "$size" -le "$SIZE_LIMIT" ] || fault "the image is too large"
  podman image inspect "$IMAGE" | jq -e '
    .[0] | .Config | .User == "65532:65532" and .StopSignal == "SIGTERM" and .Entrypoint == ["/polyhost"]
    and (.ExposedPorts | keys == ["8080/tcp", "9090/tcp"])
    and .Labels["org.opencontainers.image.licenses"] == "Apache-2.0"' >/dev/null ||
    fault "the settings of the image differ"
}

# Makes an image of programs in a Debian package, with the libraries of this machine: tag, package, PROGRAM=PATH...
debian_image() {
  local tag=$1 package=$2 folder=$work/images/$2 program path library
  shift 2
  mkdir -p "$folder/root/tmp"
  chmod 1777 "$folder/root/tmp"
  (cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root "$package" && dpkg -x ./*.deb package)
  for program in "$@"; do
    path=$folder/root/${program#*=} program=$folder/package/${program%%=*}
    mkdir -p "$(dirname "$path")"
    cp "$program" "$path"
    ! ldd "$path" | grep 'not found' || fault "$program needs libraries that are not installed"
    for library in $(ldd "$path" | grep -o '/[^ ]*'); do
      mkdir -p "$folder/root/$(dirname "$library")"
      cp -L "$library" "$folder/root/$library"
    done
  done
  printf 'FROM scratch\nCOPY root/ /\nENV PATH=/usr/sbin:/usr/bin:/bin\n' >"$folder/Containerfile"
  podman build --quiet --tag "$tag" --file "$folder/Containerfile" "$folder" >/dev/null
}

# Makes images for compose.yaml, under names that cannot be pulled.
images() {
  [ "$EUID" -ne 0 ] || apt-get update -qq
  debian_image "$NGINX_IMAGE" nginx usr/sbin/nginx=usr/sbin/nginx
  debian_image "$PROMETHEUS_IMAGE" prometheus usr/bin/prometheus=bin/prometheus
  # One program under several names.
  debian_image "$REDIS_IMAGE" redis-tools usr/bin/redis-check-rdb=usr/bin/redis-server \
    usr/bin/redis-cli=usr/bin/redis-cli
}
