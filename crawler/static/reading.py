"""A package to its tools: manifest, scripts and Python sources, read and never run."""

from pathlib import Path

from crawler.static import artefacts, manifest
from crawler.static.files import Texts, texts_of
from crawler.static.found import Found, Reading

MAX_TOOLS = 5_000


def read(path: Path, dependencies: Path | None = None) -> Reading:
    """Read the tools that a package defines: a folder, `.tgz`, `.whl`, `.tar.gz`, `.zip`, `.mcpb`.

    Files that the program's entry points lead to are read first; only where they define nothing
    are the others, so that an example or a client beside the server adds no tool. `dependencies`
    is npm's folder of them: those that belong to the package are read where its own source
    defines nothing.

    Raises:
        UnreadableError: it is no package, or over a limit as a whole.

    """
    texts = texts_of(path)
    reading = Reading(left_out=texts.left_out, files=len(texts.files))
    _keep(reading, [*manifest.tools(texts), *_scripts(texts), *_modules(texts, reading)])
    if dependencies is not None and not reading.tools:
        _keep(reading, _beside(texts, reading, dependencies))
    return reading


def _keep(reading: Reading, found: list[Found]) -> None:
    """Keep the best definition of each name, in the order of the source; count the rest."""
    values = artefacts.enum_values(found)
    best: dict[str, Found] = {}
    for one in found:
        why = artefacts.reason(one, values)
        if why is None and one.name not in best and len(best) >= MAX_TOOLS:
            why = "over the limit of a package"
        if why is not None:
            reading.artefacts[why] += 1
        elif one.name not in best or one.weight > best[one.name].weight:
            best[one.name] = one
    reading.tools = list(best.values())


def _scripts(texts: Texts) -> list[Found]:
    from crawler.static.js_tools import ScriptTools, reachable
    from crawler.static.js_values import Scripts

    scripts = Scripts(texts.files)
    if not scripts.paths:
        return []
    finder = ScriptTools(scripts)
    starts = (scripts.resolve_path("package.json", f"./{p}") for p in manifest.scripts(texts))
    near = reachable(scripts, [path for path in starts if path])
    found = [one for module in near for one in finder.find(module)]
    if not found:
        rest = (scripts.module(path) for path in scripts.paths)
        found = [one for module in rest if module is not None for one in finder.find(module)]
    return found


def _beside(texts: Texts, reading: Reading, root: Path) -> list[Found]:
    """Read what a package's scripts import of the packages that belong to it."""
    from crawler.static.dependencies import Dependencies
    from crawler.static.js_tools import ScriptTools, reachable
    from crawler.static.js_values import Scripts

    others = Dependencies(root, manifest.name_of(texts))
    scripts = Scripts(texts.files, others)
    finder = ScriptTools(scripts)
    starts = (scripts.resolve_path("package.json", f"./{p}") for p in manifest.scripts(texts))
    modules = reachable(scripts, [path for path in starts if path])
    found = [one for module in modules for one in finder.find(module)]
    reading.files += len(modules)
    reading.left_out.update(others.texts.left_out)
    return found


def _modules(texts: Texts, reading: Reading) -> list[Found]:
    from crawler.static.py_modules import Sources
    from crawler.static.py_tools import PythonTools, reachable

    sources = Sources(texts.files)
    if not sources.paths:
        return []
    finder = PythonTools(sources)
    starts = (sources.path_of(name) for name in manifest.modules(texts))
    near = reachable(sources, [path for path in starts if path])
    found = [one for source in near for one in finder.find(source)]
    if not found:
        rest = (sources.source(path) for path in sources.paths)
        found = [one for source in rest if source is not None for one in finder.find(source)]
    reading.left_out["no Python"] += sources.unreadable
    return found
