"""Which package an entry of a client config means: never a stranger's by a name of one's own."""

import json
import sqlite3
from contextlib import closing

import pytest

from crawler.catalog import Catalog
from crawler.catalog.rows import statement_of
from crawler.client_config import config_servers, launched_package
from crawler.gathered import Gathered
from crawler.identify import merging_keys
from crawler.launchers import package_of
from crawler.records import Listing, Package, Provenance, Server
from crawler.registries import other_registry
from crawler.runners import RUNNERS

SECRET = "hunter2Do9Not4Keep"  # noqa: S105 - the point of these tests


def server(entry: dict) -> Server:
    (found,), problems = config_servers({"mcpServers": {"mine": entry}})
    assert problems == []
    return found


def package(line: str, **more: object) -> Package:
    command, *arguments = line.split()
    (found,) = server({"command": command, "args": arguments} | more).packages
    return found


OF_THIS_MACHINE = """
npx ./weather
npx -y ./is-odd
npx -y ../is-odd
npx .
npx ~/src/srv
npx ~srv
npx /home/me/srv
npx C:\\src\\srv
npx C:/src/srv
npx .\\srv
npx file:../srv
npx srv-1.0.0.tgz
npx srv@file:../srv
npx srv@./srv
npx srv@../srv.tgz
npx srv@srv.tgz
npx srv@npm:other@1
npx srv@me/srv
npx me/srv
npx github:me/srv
npx git@h.example:me/srv.git
npx -y -p ./srv weather
npx --package=/home/me/srv weather
npx --package ~/srv weather
npx srv@workspace:*
npx ${PACKAGE}
npm exec ./srv
npm x -- ./srv
bunx ./srv
bun x ../srv
pnpm dlx ./srv
pnpm dlx --package ./srv weather
pnpx ./srv
yarn dlx -p ./srv weather
uvx /home/me/proj
uvx ./proj
uvx .
uvx --from . weather
uvx --from=. weather
uvx --from ~/proj weather
uvx --from /home/me/src/mcp-server-time my-own-server
uvx --from D:\\proj weather
uvx --from file:///home/me/proj weather
uvx --from dist/proj-1.0-py3-none-any.whl weather
uvx --from proj-1.0-py3-none-any.whl weather
uvx --from proj.tar.gz weather
uvx --from proj@./proj weather
uvx --from proj@proj.zip weather
uvx --from srv.py weather
uvx proj/
uvx python server.py
uvx python@3.12 server.py
uv tool run ./proj
pipx run ./proj
pipx run --spec ./proj weather
pipx run --spec . weather
pipx run --spec=proj.zip weather
pipx run server.py
"""
NOT_UNDERSTOOD = """
npx --loglevels error pkg
npx --nonsense pkg
npx --nonsense=1 pkg
npx -z pkg
npx -registry https://r.example pkg
npx -y=true pkg
npx -c weather
npx -p pkg -c weather
npx -p a -p b weather
npx -p pkg
npx -p pkg ./weather.js
npx -y
npx -y true
npx --loglevel
npm exec pkg --package=./srv
npm exec -y pkg -p other
pnpm dlx --nonsense pkg
bunx --nonsense pkg
yarn dlx --nonsense pkg
uvx --nonsense pkg
uvx -x pkg
uvx --from
pipx run --spe ./proj weather
docker run --nonsense value img
docker run -z img
docker run --rm NAME=value
docker run $IMAGE
docker compose run service
podman run --rootfs /srv/root
npm run start
uv run server.py
yarn weather
"""


@pytest.mark.parametrize("line", (OF_THIS_MACHINE.strip() + NOT_UNDERSTOOD.rstrip()).splitlines())
def test_what_is_no_package_of_a_registry(line: str) -> None:
    found = package(line)
    assert found.registry_type == "command"
    assert found.identifier == line.partition(" ")[0]
    assert merging_keys(Server(name="x", packages=(found,))) == ()


@pytest.mark.parametrize("line", OF_THIS_MACHINE.strip().splitlines()[:12])
def test_a_folder_is_no_package_without_a_version_either(line: str) -> None:
    command, *arguments = line.split()
    assert launched_package({"command": command, "args": arguments}) is None


VALUES = """
npx --loglevel error @m/srv
npx -y --loglevel=error @m/srv
npx --cache /tmp/c @m/srv
npx --script-shell bash @m/srv
npx --node-options --no-warnings @m/srv
npx --no-audit @m/srv
npx -yq @m/srv
npx -yes @m/srv
npx --no-cache -y @m/srv
bunx --yes @m/srv
bunx -y @m/srv
npx -y -- @m/srv
npx --prefer-offline --no-fund @m/srv
npm exec -p @m/srv
npm exec --yes -- @m/srv --port 1
npm x -y @m/srv
bunx --bun --silent @m/srv
bun x @m/srv
pnpm dlx --reporter silent @m/srv
pnpm dlx --allow-build @m/x @m/srv
pnpx -s @m/srv
yarn dlx -q @m/srv
npx.cmd -y @m/srv
/usr/bin/env npx -y @m/srv
env A=b npx -y @m/srv
cmd /d /s /c npx -y @m/srv
cmd.exe /C npx @m/srv
"""
PYTHON_VALUES = """
uvx --index-strategy unsafe-best-match srv
uvx --link-mode copy srv
uvx -w httpx srv
uvx --with httpx,anyio>=4,<5 srv
uvx --with mcp[cli,ws]==1.2 srv
uvx -p 3.12 srv
uvx -p3.12 srv
uvx -qp 3.12 srv
uvx --python=3.12 --refresh --no-cache srv
uvx -C a=b --exclude-newer 2026-01-01 srv
uvx --keyring-provider subprocess srv
uvx --directory /home/me srv
uvx --python-preference only-managed srv
uvx --python-fetch manual --allow-python-downloads --no-color srv
uv tool run --link-mode copy srv
pipx run --python 3.12 srv
pipx run --backend uv --cooldown 3 srv
pipx run --pip-args=--pre srv
uvx srv[cli]
"""
IMAGES = """
docker run -it --rm img
docker run -itv /a:/b img
docker run -eKEY=value img
docker run -i --log-opt splunk-token=x img
docker run --cpuset-cpus 0 --ulimit nofile=1 img
docker run --init --name x -p 1:1 img
docker container run -i img
podman run --replace --userns keep-id --secret s img
"""


@pytest.mark.parametrize(
    ("line", "kind", "name"),
    [(line, kind, name)
     for lines, kind, name in ((VALUES, "npm", "@m/srv"), (PYTHON_VALUES, "pypi", "srv"), (IMAGES, "oci", "img"))
     for line in lines.strip().splitlines()],
)  # fmt: skip
def test_the_value_of_an_option_is_no_package(line: str, kind: str, name: str) -> None:
    found = package(line)
    assert (found.registry_type, found.identifier) == (kind, name)
    assert other_registry(found) is None


@pytest.mark.parametrize("runner", RUNNERS, ids=lambda runner: " ".join(runner.start))
def test_no_option_of_a_runner_is_in_two_tables(runner) -> None:
    assert not runner.valued & runner.switches
    assert not runner.naming & (runner.valued | runner.switches)
    assert all(flag.startswith("-") for flag in runner.valued | runner.switches)


@pytest.mark.parametrize(
    "line",
    [
        "npx --prefix /srv/app srv",
        "npx -C /srv/app srv",
        "npx -w ws srv",
        "npx --workspace=ws srv",
        "npx --workspaces srv",
        "npx --no srv",
        "npx --no-install srv",
        "npx --no-yes srv",
        "npx --yes=false srv",
        "npx --offline srv",
        "npx -g srv",
        "npx --reg https://r.example srv",
        "npx --registry https://registry.npmjs.example --registry https://r.example srv",
        "bunx --no-install srv",
        "pnpm dlx -C /srv/app srv",
        "uvx --with-editable . srv",
        "uvx --with ./srv srv",
        "uvx -w /srv/srv srv",
        "uvx --with srv@file:///srv srv",
        "uvx --with git+https://h.example/srv srv",
        "uvx --with-requirements r.txt srv",
        "uvx --overrides o.txt srv",
        "uvx --no-index srv",
        "uvx --offline srv",
        "pipx run --editable srv",
        "pipx run --path srv",
        "pipx run --with ./x srv",
        "pipx run --pip-args=-rreq.txt srv",
        "pipx run --pip-args=--no-index srv",
        "NPM_CONFIG_REGISTRY=https://r.example npx srv",
        "env UV_INDEX_URL=https://r.example uvx srv",
    ],
)
def test_where_a_project_or_file_has_a_say_the_usual_registry_is_not_asked(line: str) -> None:
    found = package(line)
    assert (found.registry_type in {"npm", "pypi"}, found.identifier) == (True, "srv")
    assert other_registry(found)


PARTS = {"npm": ["registry", "npmjs", "org"], "pypi": ["pypi", "org"]}
USUAL = {kind: "https://" + ".".join(parts) for kind, parts in PARTS.items()}


@pytest.mark.parametrize(
    ("line", "env"),
    [
        (f"npx --registry {USUAL['npm']} --registry https://r.example srv", {}),
        (f"uvx --default-index {USUAL['pypi']} --index https://r.example srv", {}),
        (f"npx --registry {USUAL['npm']} srv", {"npm_config_registry": "https://r.example"}),
        ("uvx srv", {"UV_INDEX_URL": USUAL["pypi"], "UV_INDEX": "https://r.example"}),
        ("uvx srv", {"UV_EXTRA_INDEX_URL": f"{USUAL['pypi']} https://r.example"}),
        ("uvx srv", {"UV_INDEX": f"{USUAL['pypi']},https://r.example"}),
    ],
)
def test_a_second_registry_is_not_hidden_by_the_usual_one(line: str, env: dict) -> None:
    assert other_registry(package(line, env=env)) == "https://r.example"


def test_the_usual_registry_by_name_is_the_usual_one() -> None:
    assert other_registry(package(f"npx --registry {USUAL['npm']} srv")) is None
    assert other_registry(package("npx srv", env={"NPM_CONFIG_REGISTRY": ""})) is None
    named = package("uvx srv", env=["UV_INDEX_URL=https://r.example", "TOKEN"])
    assert other_registry(named) == "https://r.example"
    assert named.required_inputs == ("UV_INDEX_URL",)


@pytest.mark.parametrize("key", ["cwd", "workingDirectory"])
def test_npm_and_pipx_look_into_the_folder_of_an_entry_first(key: str) -> None:
    assert other_registry(package("pipx run srv", **{key: "/srv/app"}))
    assert other_registry(package("npx srv", **{key: "/srv/app"}))
    assert other_registry(package("npx srv", **{key: ""})) is None
    assert other_registry(package("uvx srv", **{key: "/srv/app"})) is None


@pytest.mark.parametrize("folder", [".", "${workspaceFolder}", None])
def test_the_folder_that_a_client_starts_in_anyway_says_nothing(folder: str | None) -> None:
    assert other_registry(package("npx srv", cwd=folder)) is None


@pytest.mark.parametrize(
    ("line", "name", "version"),
    [
        ("uvx srv>=1.0,<2", "srv", ">=1.0,<2"),
        ("uvx srv==1.*", "srv", "1.*"),
        ("uvx srv@latest", "srv", "latest"),
        ("uvx --from srv[a,b]==1.0 x", "srv", "1.0"),
        ("npx @m/srv@^1.2", "@m/srv", "^1.2"),
        ("npx srv@", "srv", None),
        (f"npx srv@https://u:{SECRET}@h.example/x.tgz?t={SECRET}", "https://h.example/x.tgz", None),
        (f"uvx srv@git+https://{SECRET}@h.example/x", "git+https://h.example/x", None),
    ],
)
def test_names_and_versions(line: str, name: str, version: str | None) -> None:
    found = package(line)
    assert (found.identifier, found.version) == (name, version)


LINES = [
    f"npx -y some-mcp --api-key {SECRET}",
    f"API_KEY={SECRET} npx -y some-mcp",
    f"API_KEY='{SECRET} and more' npx -y some-mcp",
    f"API_KEY={SECRET}\\ more npx -y some-mcp",
    f'API_KEY="{SECRET} npx -y some-mcp',
    f"API_KEY=$(echo {SECRET} ) npx -y some-mcp",
    f"API_KEY=`echo {SECRET} ` npx -y some-mcp",
    f"API-KEY={SECRET} npx -y some-mcp",
    f"env API_KEY={SECRET} npx -y some-mcp",
    f"env -u X API_KEY={SECRET} npx some-mcp",
    f"cmd /c npx -y some-mcp --api-key {SECRET}",
    f'cmd /c "npx -y some-mcp --api-key {SECRET}"',
    f"sh -c 'API_KEY={SECRET} npx some-mcp --key {SECRET}'",
    f"npx -y some-mcp --url https://h.example/{SECRET}",
    f"/usr/bin/npx -y some-mcp https://h.example/{SECRET}",
    f"/opt/my tools/run https://h.example/{SECRET}",
    f"C:\\Program Files\\nodejs\\npx.cmd -y some-mcp --key {SECRET}",
    f"C:\\My Tools\\run {SECRET}",
    f"docker run --log-opt splunk-token={SECRET} some-mcp",
    f"docker run --new-option token={SECRET} some-mcp",
    f"docker run --new-option {SECRET}= some-mcp",
    f"npx -y\tsome-mcp\n--api-key\t{SECRET}",
    f"export API_KEY={SECRET}; npx some-mcp",
]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("rest", [None, [], ["--verbose"], [SECRET]])
@pytest.mark.parametrize("as_list", [False, True])
def test_no_secret_of_a_command_in_one_string_is_kept(line: str, rest: object, as_list: bool) -> None:  # fmt: skip
    found = server({"command": [line] if as_list else line, "args": rest})
    kept = statement_of(found).lower()
    assert SECRET.lower() not in kept
    assert "and more" not in kept


@pytest.mark.parametrize(
    "words",
    [
        [f"--api-key {SECRET}"], [f"--header=X: {SECRET}"], [f"--header:{SECRET}"], [f"-p{SECRET}"],
        ["--key", f"--{SECRET}"], ["--key", f"-{SECRET}"], [f"--k\t{SECRET}"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["npx", "node"])
def test_no_secret_that_looks_like_an_option_is_kept(command: str, words: list[str]) -> None:
    found = server({"command": command, "args": ["some-mcp", *words]})
    assert SECRET.lower() not in statement_of(found).lower()


def test_arguments_without_a_command_are_no_command() -> None:
    for entry in ({"args": [SECRET]}, {"command": {"name": "x"}, "args": [SECRET]}):
        found, problems = config_servers(
            {"mcpServers": {"a": entry, "b": {"url": "https://h.example"}}}
        )
        assert [one.name for one in found] == ["b"]
        assert SECRET not in str(problems)


def test_a_command_in_one_string_is_recognised() -> None:
    for line in LINES[:3] + LINES[8:9] + LINES[10:12] + LINES[16:17]:
        (found,) = server({"command": line, "args": []}).packages
        assert (found.registry_type, found.identifier) == ("npm", "some-mcp"), line
    (found,) = server({"command": LINES[1]}).packages
    assert found.required_inputs == ("API_KEY",)
    for command in ("/Users/me/My Tools/npx", "C:\\Users\\Me You\\bin\\npx", "C:/Me You/npx.cmd"):
        (found,) = server({"command": command, "args": ["-y", "some-mcp"]}).packages
        assert (found.registry_type, found.identifier) == ("npm", "some-mcp")


def test_a_line_without_words() -> None:
    for command in (" ", "''", "A=b", "/", "cmd /c", "'"):
        (found,) = server({"command": command}).packages
        assert (found.registry_type, found.identifier in {"unknown", "cmd"}) == ("command", True)
    assert package_of(["node", "x.js"], ()).identifier == "node"


def test_a_crawl_and_its_report_hold_no_secret(toolrisk, tmp_path) -> None:
    entries = {str(number): {"command": line, "args": []} for number, line in enumerate(LINES)}
    (tmp_path / "a.json").write_text(json.dumps({"mcpServers": entries}))
    done = toolrisk("crawl", "a.json", "--no-probe", "--db", "k.db", "--format", "json")
    assert done.returncode == 0, done.stderr
    judged = toolrisk("classify", "a.json", "--no-launch")
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("k.db*")).lower()
    told = (done.stdout + done.stderr + judged.stdout + judged.stderr).lower()
    assert b"some-mcp" in stored
    assert (SECRET.lower().encode() in stored, SECRET.lower() in told) == (False, False)


def test_the_program_of_a_package_that_an_entry_names() -> None:
    lines = {
        "npx -y -p @x/multi bin-a": "bin-a",
        "npx --package=@x/multi -- bin-a": "bin-a",
        "pnpm dlx --package @x/multi bin-a": "bin-a",
        "yarn dlx -p @x/multi bin-a": "bin-a",
        "bunx -p @x/multi bin-a": "bin-a",
        "uvx --from multi bin-a": "bin-a",
        "uvx --from multi@latest bin-a.exe": "bin-a",  # as Windows has it
        "uv tool run --from multi Bin-a.EXE": "Bin-a",
        "pipx run --spec multi==1 bin-a": "bin-a",
        "npx @x/multi bin-a": None,
        "uvx multi bin-a": None,
    }
    for line, command in lines.items():
        assert package(line).command == command, line


def test_two_programs_of_a_package_are_two_servers(tmp_path) -> None:
    def keys(line: str) -> tuple:
        return merging_keys(Server(name="x", packages=(package(line),)))

    plain = keys("npx @x/multi")
    assert keys("npx -p @x/multi multi") == plain
    assert len({plain, keys("npx -p @x/multi a"), keys("npx -p @x/multi b")}) == 3
    assert keys("uvx --from my_srv my-srv") == keys("uvx my-srv")
    entry = {"command": "npx", "args": ["-p", "@x/multi", "bin-a"]}
    with Catalog.open(tmp_path / "c.db") as catalog:
        stated = server(entry)
        where = Provenance(source="client-config", url="a.json", fetched_at="2026-11-21T00:00:00Z")
        catalog.record_many(
            [Gathered(server=stated, listing=Listing(server=stated, provenance=where))]
        )
        (known,) = catalog.servers()
        assert known.server.packages[0].command == "bin-a"
    with closing(sqlite3.connect(tmp_path / "c.db")) as db:
        assert db.execute("SELECT command FROM package").fetchall() == [("bin-a",)]
