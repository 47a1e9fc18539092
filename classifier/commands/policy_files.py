"""What `toolrisk policy` does with files: write, merge, check, simulate, list."""

from __future__ import annotations

import json
import os
import re  # noqa: TID251  # one class of characters over a server's key, linear
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import typer

from classifier import policies
from classifier.enforcement import calls as simulated
from classifier.enforcement.check import KINDS, LEFT_OUT
from classifier.enforcement.check import check as check_policy
from classifier.enforcement.memory import SUFFIX, Memory, read_memory
from classifier.enforcement.merge import merge as merge_rules
from classifier.enforcement.only_server import only_server
from classifier.enforcement.ownership import after_replacing, may_replace
from classifier.enforcement.reading import documented_form, lint, simulator
from classifier.enforcement.target import Output
from classifier.enforcement.words import quoted
from classifier.errors import PolicyError
from classifier.intent import Intent
from classifier.pipeline import policy_keys
from classifier.pipeline.saving import make_folder, print_whole, save
from crawler.inert import print_json
from crawler.local import local_path
from crawler.records import sha256

Intents = Mapping[str, list[Intent]]
Keys = str | Mapping[str, str] | None
SHOWN_PER_KIND = 20
_WAY = "--server-key SERVER=KEY"


def show_targets() -> None:
    """Print every target: what it expresses, and what ran its policies in our tests."""
    for target in policies.targets():
        powers = ", ".join(sorted(target.expresses)) or "nothing"
        engine = target.checked_by or "not run in the real engine"
        typer.echo(f"{target.id:<17} {target.file_name:<22} {powers}; {engine}")


def require_target(target_id: str) -> None:
    """Refuse an unknown target before anything is fetched for it.

    Raises:
        PolicyError: there is none of that name.

    """
    policies.target(target_id)


def write(target_id: str, out: Path | None, intents: Intents, keys: Keys) -> None:
    """Write one policy, or one per server into a folder where the target wants it so.

    All are made and every file is looked at before the first is written.
    """
    target = policies.target(target_id)
    if target.whole_set or len(intents) == 1:
        everything = [intent for given in intents.values() for intent in given]
        _put([(policies.render(target_id, _keys(target_id, intents, keys), everything), out)])
        return
    if out is None:
        raise PolicyError(
            f"{target.title} takes one file per server, and there are {len(intents)} servers; "
            "give a folder with --out"
        )
    chosen = _keys(target_id, intents, keys)
    folders = _folders(chosen)
    outputs: list[tuple[Output, Path | None]] = []
    for server, given in intents.items():
        key = chosen[server]
        output = policies.render(target_id, key, given)
        outputs.append((output, out / folders[key] / output.file_name))
    _put(outputs, make_folders=True)


def _folders(chosen: Mapping[str, str]) -> dict[str, str]:
    """Return a folder's name for each key; keys that would share one are told apart by a digest."""
    plain = {key: re.sub(r"[^A-Za-z0-9_.-]+", "-", key).strip(".-")[:80] for key in chosen.values()}
    holders = Counter(name.casefold() for name in plain.values())
    return {
        key: name
        if name and holders[name.casefold()] == 1
        else f"{name}-{sha256(json.dumps(key))[:10]}"
        for key, name in plain.items()
    }


def _keys(target_id: str, intents: Intents, given: Keys) -> dict[str, str]:
    """Return a key for every server: the given one, its name where that can be one, or a guess."""
    if isinstance(given, str):
        if len(intents) > 1:
            raise PolicyError(f"one --server-key for {len(intents)} servers; use SERVER=KEY")
        return dict.fromkeys(intents, given)
    named = given or {}
    if unknown := sorted(set(named) - set(intents)):
        raise PolicyError(
            f"--server-key names {quoted(unknown[0])}, which is not among the servers"
        )
    keys = policy_keys.choose(target_id, intents, named, _WAY)
    if told := policy_keys.guessed(keys, named, _WAY):
        typer.echo(f"{target_id}: {told}", err=True)
    return keys


def _put(outputs: list[tuple[Output, Path | None]], *, make_folders: bool = False) -> None:
    planned = [(output, out, _texts(output, out) if out else {}) for output, out in outputs]
    remembered = [_require_ours(output, texts) for output, _, texts in planned]
    for (output, out, texts), beside in zip(planned, remembered, strict=True):
        _tell(output)
        if out is None:
            print_whole(output.text)
            continue
        if make_folders:
            make_folder(out.parent)
        for number, (path, text) in enumerate((texts | beside).items()):
            save(path, text)
            if number:
                typer.echo(f"{output.target.id}: also wrote {path}", err=True)
        typer.echo(f"{output.target.id}: {output.target.install}", err=True)


def _texts(output: Output, out: Path) -> dict[Path, str]:
    """Return every file of a policy, the policy first."""
    file = out / output.file_name if out.is_dir() else out
    if output.extra and file.exists() and not file.is_file():
        raise PolicyError(
            f"{output.target.title} takes {len(output.extra) + 1} files, and {_path(file)} is none; "
            "give a file or a folder with --out"
        )
    return {file: output.text, **{file.parent / name: text for name, text in output.extra}}


def _tell(output: Output) -> None:
    for line in (*output.report, *output.target.unproven):
        typer.echo(f"{output.target.id}: {line}", err=True)


def _require_ours(output: Output, texts: Mapping[Path, str]) -> dict[Path, str]:
    """Refuse to write over what a person wrote; return what to remember of rules, by path."""
    module = policies.module_of(output.target.id)
    merges = hasattr(module, "read_rules")
    beside: dict[Path, str] = {}
    for file, text in texts.items():
        if file.exists() and not file.is_file() and not file.is_dir():
            continue  # a pipe or a device holds nothing of anybody, and nothing stays in it
        old = _read(file) if file.exists() else ""
        memory = _memory(output, file) if merges and old else None
        if not may_replace(module, old, text, memory or Memory()):
            way = f"--merge {file} keeps it" if merges else "take it away"
            what = "did not write" + (" or does not remember" if merges else "")
            raise PolicyError(
                f"{_path(file)} holds what toolrisk {what}; {way}, or give another --out"
            )
        if merges:
            after = after_replacing(module, old, text, memory)
            beside[_beside(file)] = after.text(output.target.id)
    return beside


def _beside(file: Path) -> Path:
    """Return where it is kept which rules of a settings file are ours."""
    return file.with_name(file.name + SUFFIX)


def _memory(output: Output, file: Path) -> Memory | None:
    beside = _beside(file)
    if not beside.exists():
        return None
    with _about(beside):
        return read_memory(_read(beside), output.target.id)


def folder_or_file(out: str) -> Path:
    """Return where to write; a name that ends in a slash is a folder, made if it is not there."""
    path = local_path(out)
    if out.endswith(("/", os.sep)):
        make_folder(path)
    return path


def merge(target_id: str, file: Path, intents: Intents, keys: Keys, *, dry_run: bool) -> None:
    """Bring a settings file up to date; the diff is the output."""
    everything = [intent for given in intents.values() for intent in given]
    output = policies.render(target_id, _keys(target_id, intents, keys), everything)
    if file.exists() and not file.is_file():
        raise PolicyError(f"{_path(file)} is no file that could be brought up to date; give one")
    memory = _beside(file)
    old = _read(file) if file.is_file() else ""
    remembered = _read(memory) if memory.is_file() else None
    with _about(file), documented_form(output.target):
        merged = merge_rules(policies.module_of(target_id), output, old, remembered)
    faults = lint(output.target, policies.module_of(target_id), merged.text)
    if merged.text == old and merged.ours == remembered:
        told = f"{_path(file)} is up to date"
    elif dry_run:
        told = f"{_path(file)} is as it was; leave out --dry-run to write it"
    else:
        save(file, merged.text)
        save(memory, merged.ours)
        told = f"wrote {_path(file)}"
    sys.stdout.write(merged.diff)  # after the files: who reads it may stop, as `head` does
    more = (f"and {len(faults) - SHOWN_PER_KIND} more",) if len(faults) > SHOWN_PER_KIND else ()
    for line in (
        *merged.kept, *output.report, *faults[:SHOWN_PER_KIND], *more, *output.target.unproven,
        told,
    ):  # fmt: skip
        typer.echo(f"{target_id}: {line}", err=True)


def check(target_id: str, file: Path, intents: Intents, keys: Keys) -> int:
    """Print what is wrong with a policy; return 1 if anything is, else 0.

    Tools that are refused because no rule can name them are told on stderr, and are no fault.
    """
    target = policies.target(target_id)
    chosen = _keys(target_id, intents, keys)
    by_key = {chosen[server]: given for server, given in intents.items()}
    shown: Counter[str] = Counter()
    text = _read(file)
    with _about(file):
        faults = list(check_policy(target, policies.module_of(target_id), text, by_key))
    for fault in faults:
        shown[fault.kind] += 1
        is_aside = fault.kind == LEFT_OUT  # what is at fault is printed whole: it is what to mend
        if not is_aside or shown[fault.kind] <= SHOWN_PER_KIND:
            typer.echo(f"{fault.kind}: {fault.text}", err=is_aside)
    for kind, count in shown.items():
        typer.echo(f"{target_id}: {count} {kind} ({KINDS[kind]})", err=True)
    return 1 if set(shown) - {LEFT_OUT} else 0


def simulate(target_id: str, words: list[str], calls: Path | None, keys: Keys) -> None:
    """Print a JSON object for each call: allow, ask, deny or limited."""
    target = policies.target(target_id)
    if len(words) != 1 or calls is None:
        raise PolicyError("simulate needs one policy FILE and --calls FILE (or - for stdin)")
    text = _read(Path(words[0]))
    module = policies.module_of(target_id)
    with _about(Path(words[0])):
        decide = simulator(target, module, text)
    how = f"the real engine {target.checked_by}" if target.checked_by else "our model of the order"
    typer.echo(f"{target_id}: answered by {how}", err=True)
    given = keys if isinstance(keys, str) else None
    key = cache(lambda: given or only_server(target, module, text))
    lines = sys.stdin.buffer if str(calls) == "-" else _bytes(calls).split(b"\n")
    named = {} if isinstance(keys, str) else dict(keys or {})
    for answer in simulated.answers(decide, simulated.read_calls(lines, key, named)):
        print_json(json.dumps(answer) + "\n")


def _path(file: Path | str) -> str:
    """Return a path whole, for a terminal: its end says which file it is."""
    return json.dumps(str(file))


@contextmanager
def _about(file: Path) -> Iterator[None]:
    """Name the file in what is said to be wrong with it."""
    try:
        yield
    except PolicyError as error:
        raise PolicyError(f"{_path(file)}: {error}") from error


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(file, error) from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{_path(file)} is not UTF-8 text") from error


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> PolicyError:
    return PolicyError(f"cannot read {_path(file)}: {error.strerror}")


def require_rules_of_ours(file: Path, head: str) -> None:
    """Refuse to write over a policy.toml that does not begin as ours do.

    Raises:
        PolicyError: a person wrote it.

    """
    if file.is_file() and (old := _read(file)).strip() and head not in old.partition("\n")[0]:
        raise PolicyError(f"{_path(file)} holds what toolrisk did not write; give another --out")
