"""The programs that fetch a package and run it, and what their options mean.

The tables are whole, because an option that is not known may take the next word as its value, and
that word would be taken for the package: then a value, or a stranger's package of that name, would
be looked at instead. Rules: the definitions of npm 11.19 (which say more than its help) and what its
npx takes, tried; uv 0.13 with the options that its help hides; the help of pipx 1.18, pnpm 10.34 and
Docker 28.2, the manuals of Bun 1.3, Yarn 4 and Podman 5.
"""

from typing import NamedTuple


class Runner(NamedTuple):
    """A way to start a runner, and its options that may stand before the package.

    An option that is in no table makes the command one that is not understood.
    """

    start: tuple[str, ...]
    registry_type: str  # npm, pypi or oci
    naming: frozenset[str]  # they name the package; the word after them is its command
    valued: frozenset[str]
    switches: frozenset[str]
    local: frozenset[str]
    """Of these, the ones with which the package may be another than the usual registry's: a
    project of this machine goes first, or a file says where packages are from."""
    adding: frozenset[str]  # they add requirements, which may be folders of this machine
    has_clusters: bool  # -it is -i -t, and -eNAME is -e NAME
    reads_all: bool  # its options may also stand behind the package


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _long(text: str, prefix: str = "--") -> frozenset[str]:
    return frozenset(prefix + word for word in text.split())


_NPM_VALUED = _long(
    "access allow-directory allow-file allow-git allow-remote allow-scripts also audit-level "
    "auth-type before ca cache cache-max cache-min cafile cert cidr cpu depth diff diff-dst-prefix "
    "diff-src-prefix diff-unified editor enjoy-by expect-result-count expires fetch-retries "
    "fetch-retry-factor fetch-retry-maxtimeout fetch-retry-mintimeout fetch-timeout git heading "
    "https-proxy proxy noproxy include install-strategy key libc local-address location "
    "lockfile-version loglevel logs-dir logs-max maxsockets message min-release-age "
    "min-release-age-exclude node-gyp node-options omit only os otp prefix replace-registry-host "
    "scope script-shell searchlimit searchopts searchstaleness shell tag tag-version-prefix umask "
    "user-agent viewer workspace"
) | _set("-C -L -m -w")
_NPM_ON = (
    "all allow-same-version audit bin-links bypass-2fa commit-hooks "
    "dangerously-allow-all-scripts description dev dry-run engine-strict expect-results force "
    "foreground-scripts format-package-lock fund git-tag-version global global-style if-present "
    "ignore-scripts include-attestations include-staged include-workspace-root init-private "
    "install-links json legacy-bundling legacy-peer-deps link long offline "
    "omit-lockfile-registry-resolved optional package-lock package-lock-only parseable "
    "prefer-dedupe prefer-offline prefer-online production progress provenance read-only "
    "rebuild-bundle save save-bundle save-dev save-exact save-optional save-peer save-prod "
    "shrinkwrap sign-git-commit sign-git-tag strict-allow-scripts strict-peer-deps strict-ssl "
    "timing unicode update-notifier usage version versions workspaces workspaces-update yes"
)
_NPM_SWITCHES = (
    _long(_NPM_ON)
    | _long(_NPM_ON, "--no-")
    | _set(
        "-y -q -s -d -dd -ddd -f -g -l -a -S -D -E -O -P -B --quiet --silent --verbose --no -n "
        "--no-install --ignore-existing --readonly --porcelain --local -iwr -ws --iwr --ws "
        "-yes --y -Y --no-cache"
    )
)
_NPM_LOCAL = _set(
    "--prefix -C --location -L --workspace -w --workspaces --ws -ws --include-workspace-root --iwr "
    "-iwr --global -g --offline --no --no-yes --no-install -n --link --dir --cwd --local"
)

_UV_VALUED = _long(
    "with with-editable with-requirements constraints constraint build-constraints "
    "build-constraint overrides override env-file python-platform torch-backend index-strategy "
    "keyring-provider upgrade-package upgrade-group resolution prerelease prerelease-package "
    "fork-strategy exclude-newer exclude-newer-package no-sources-package reinstall-package "
    "link-mode config-setting config-settings config-settings-package "
    "no-build-isolation-package no-build-package no-binary-package cache-dir refresh-package "
    "python color allow-insecure-host trusted-host directory project preview-features "
    "python-preference python-fetch"
) | _set("-w -c -b -P -C -p")
_UV_SWITCHES = _long(
    "isolated no-env-file lfs no-index upgrade no-upgrade pre no-sources reinstall no-reinstall "
    "force-reinstall compile-bytecode compile no-compile-bytecode no-build-isolation "
    "build-isolation no-build build no-binary binary require-build-hashes "
    "no-require-build-hashes no-cache no-cache-dir refresh no-refresh managed-python "
    "no-managed-python no-python-downloads quiet verbose system-certs native-tls no-native-tls "
    "offline no-offline no-progress no-config preview no-preview show-resolution version help "
    "allow-python-downloads no-color no-installer-metadata"
) | _set("-U -n -q -v -V -h")
_UV_LOCAL = _set("--with-editable --with-requirements --overrides --override --no-index --offline")

_PIPX_VALUED = _long("python python-args pip-args with fetch-python cooldown backend")
_PIPX_SWITCHES = _long(
    "quiet verbose skip-maintenance global no-cache refresh no-path-check path pypackages "
    "fetch-missing-python system-site-packages editable"
) | _set("-q -v -e")
_PIPX_LOCAL = _set("--path --pypackages --editable -e")

PIP_VALUED = _long("trusted-host no-binary only-binary timeout retries proxy cert")
"""Those of pip in `--pip-args` of pipx that do not say where a package is from, and take a value."""
PIP_SWITCHES = _long(
    "no-cache-dir pre quiet verbose upgrade no-deps disable-pip-version-check no-input "
    "no-build-isolation"
) | _set("-q -v -U")
"""The same that take none."""

_BUN_SWITCHES = _set("--bun -b --verbose --silent --no-install -y --yes")
_PNPM_VALUED = _set("--reporter --loglevel --allow-build --dir -C --store-dir")
_PNPM_SWITCHES = _set("--silent -s --prefer-offline --offline")

_DOCKER_VALUED = _long(
    "add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent "
    "cgroupns cidfile cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime "
    "cpu-shares cpus cpuset-cpus cpuset-mems detach-keys device device-cgroup-rule "
    "device-read-bps device-read-iops device-write-bps device-write-iops dns dns-opt dns-option "
    "dns-search domainname entrypoint env env-file expose gpus group-add health-cmd "
    "health-interval health-retries health-start-interval health-start-period health-timeout "
    "hostname io-maxbandwidth io-maxiops ip ip6 ipc isolation kernel-memory label label-file link "
    "link-local-ip log-driver log-opt mac-address memory memory-reservation memory-swap "
    "memory-swappiness mount name net net-alias network network-alias oom-score-adj pid "
    "pids-limit platform publish pull restart runtime security-opt shm-size stop-signal "
    "stop-timeout storage-opt sysctl tmpfs ulimit user userns uts volume volume-driver "
    "volumes-from workdir"
) | _set("-a -c -e -h -l -m -p -u -v -w")
_DOCKER_SWITCHES = _long(
    "detach disable-content-trust init interactive no-healthcheck oom-kill-disable privileged "
    "publish-all quiet read-only rm sig-proxy tty use-api-socket help"
) | _set("-d -i -P -q -t")
_PODMAN_VALUED = _DOCKER_VALUED | _long(
    "arch os variant authfile cert-dir cgroup-conf cgroups chrootdirs conmon-pidfile creds "
    "decryption-key env-merge gidmap uidmap gpus group-entry health-log-destination "
    "health-max-log-count health-max-log-size health-on-failure health-startup-cmd "
    "health-startup-interval health-startup-retries health-startup-success "
    "health-startup-timeout hostuser hosts-file image-volume init-path passwd-entry personality "
    "pidfile pod pod-id-file preserve-fd preserve-fds rdt-class requires retry retry-delay "
    "sdnotify seccomp-policy secret shm-size-systemd subgidname subuidname systemd timeout tz "
    "umask unsetenv"
)
_PODMAN_SWITCHES = _DOCKER_SWITCHES | _long(
    "env-host http-proxy no-hostname no-hosts passwd read-only-tmpfs replace rmi tls-verify "
    "unsetenv-all"
)

_NONE = frozenset[str]()


def _npm(
    start: str, naming: str, valued: frozenset[str], switches: frozenset[str], *, all_: bool = False
) -> Runner:
    words = tuple(start.split())
    return Runner(words, "npm", _set(naming), valued, switches, _NPM_LOCAL, _NONE,
                  has_clusters=False, reads_all=all_)  # fmt: skip


def _uv(start: str) -> Runner:
    return Runner(tuple(start.split()), "pypi", _set("--from"), _UV_VALUED, _UV_SWITCHES, _UV_LOCAL,
                  _set("--with -w"), has_clusters=True, reads_all=False)  # fmt: skip


def _container(start: str, valued: frozenset[str], switches: frozenset[str]) -> Runner:
    return Runner(tuple(start.split()), "oci", _NONE, valued, switches, _NONE, _NONE,
                  has_clusters=True, reads_all=False)  # fmt: skip


RUNNERS = (
    _npm("npx", "-p --package", _NPM_VALUED, _NPM_SWITCHES - {"-n"}),
    # -p is --parseable there, not --package
    _npm("npm exec", "--package", _NPM_VALUED, _NPM_SWITCHES | {"-p"}, all_=True),
    _npm("npm x", "--package", _NPM_VALUED, _NPM_SWITCHES | {"-p"}, all_=True),
    _npm("bunx", "-p --package", _NONE, _BUN_SWITCHES),
    _npm("bun x", "-p --package", _NONE, _BUN_SWITCHES),
    _npm("pnpm dlx", "--package", _PNPM_VALUED, _PNPM_SWITCHES),
    _npm("pnpx", "--package", _PNPM_VALUED, _PNPM_SWITCHES),
    _npm("yarn dlx", "-p --package", _NONE, _set("-q --quiet")),
    _uv("uvx"),
    _uv("uv tool run"),
    Runner(("pipx", "run"), "pypi", _set("--spec"), _PIPX_VALUED, _PIPX_SWITCHES, _PIPX_LOCAL,
           _set("--with"), has_clusters=True, reads_all=False),
    _container("docker run", _DOCKER_VALUED, _DOCKER_SWITCHES),
    _container("docker container run", _DOCKER_VALUED, _DOCKER_SWITCHES),
    _container("podman run", _PODMAN_VALUED, _PODMAN_SWITCHES),
    _container("podman container run", _PODMAN_VALUED, _PODMAN_SWITCHES),
)  # fmt: skip

PROGRAMS = frozenset(runner.start[0] for runner in RUNNERS)
"""The programs among them, by name."""

REGISTRY_OPTIONS = frozenset(
    ["--registry", "--reg", "--index-url", "--extra-index-url", "--index", "--default-index",
     "--find-links", "--userconfig", "--globalconfig", "--config-file"]
)  # fmt: skip
"""Options that have a runner fetch from another registry than its own, or that may."""
SHORT_REGISTRY_OPTIONS = frozenset(["-i", "-f"])
"""The same of pip, pipx and uv; of others they are something else."""

REGISTRY_VARIABLES = frozenset(
    ["NPM_CONFIG_REGISTRY", "UV_INDEX", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "PIP_INDEX_URL",
     "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_FIND_LINKS", "PIP_FIND_LINKS",
     "BUN_CONFIG_REGISTRY", "YARN_NPM_REGISTRY_SERVER", "YARN_REGISTRY"]
)  # fmt: skip
"""Variables that name a registry."""
LOCAL_VARIABLES = frozenset(
    ["UV_CONFIG_FILE", "PIP_CONFIG_FILE", "NPM_CONFIG_USERCONFIG", "NPM_CONFIG_GLOBALCONFIG",
     "NPM_CONFIG_PACKAGE", "NPM_CONFIG_CALL", "NPM_CONFIG_WORKSPACE", "NPM_CONFIG_WORKSPACES",
     "NPM_CONFIG_OFFLINE", "UV_OVERRIDE", "UV_NO_INDEX", "PIP_NO_INDEX", "PIP_REQUIREMENT",
     "YARN_RC_FILENAME"]
)  # fmt: skip
"""Variables with which a package may be another than the usual registry's, as with a file."""
