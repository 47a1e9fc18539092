"""The root command `toolrisk`, and `classify`, which is the same as `toolrisk classify`.

Only the module of the command that is asked for is imported: start-up is a feature.
Exit codes: 0 done, 1 findings at or above --fail-on, 2 usage, 3 could not finish,
130 interrupted. stdout is data, stderr is everything else. What could not be printed to the end,
because the disk is full, the output closed or its reader gone (`| head`), is 3 in every command and
format: half a report is not taken for a whole one.
"""

import errno
import gc
import importlib
import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer.core import TyperCommand, TyperGroup

from classifier.resources import MODEL_VARIABLE
from classifier.verbs import VERBS
from crawler.inert import guard

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter


class _Verbs(TyperGroup):
    """The root command; its help names every command, whichever are loaded."""

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(verb, told) for verb, (_, told) in VERBS.items()])


class _Verb(TyperCommand):
    """A command that refuses an empty path, which would pass for the current folder."""

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        from crawler.errors import TargetError

        rest = super().parse_args(ctx, args)
        for param in self.params:
            given = ctx.params.get(param.name or "")
            values = given if isinstance(given, (list, tuple)) else (given,)
            if hasattr(param.type, "dir_okay") and "" in values:  # only a path's type has that
                name = param.opts[0] if param.opts[0].startswith("-") else "the path"
                raise TargetError(f"{name} is empty; give a path")
        return rest


def build(verbs: tuple[str, ...]) -> typer.Typer:
    """Return the app with these commands registered."""
    app = typer.Typer(
        name="toolrisk",
        cls=_Verbs,
        no_args_is_help=True,
        add_completion=_completes()
        or "--install-completion" in sys.argv
        or "--show-completion" in sys.argv,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help; the other kind takes longer to import than all the rest
        help="What an MCP tool can do, and the policy it warrants.",
    )

    @app.callback(invoke_without_command=False)
    def root(
        *,
        version: bool = typer.Option(
            False, "--version", help="Print the version and exit.", callback=_version, is_eager=True
        ),
        model: str = typer.Option(
            "",
            _MODEL,
            envvar=MODEL_VARIABLE,
            show_default=False,
            metavar="DIR",
            callback=_use,
            is_eager=True,
            help="Judge with the model that `toolrisk train --out DIR` wrote, not with the one that ships.",
        ),
    ) -> None:
        """Say what an MCP tool can do, and the policy it warrants."""

    for module in dict.fromkeys(VERBS[verb][0] for verb in verbs):
        importlib.import_module(module).register(app)
    for command in app.registered_commands:
        command.cls = _Verb
    return app


_MODEL = "--model"


def _use(directory: str) -> str:
    """Let this process and those that it forks judge with another model."""
    if directory:
        os.environ[MODEL_VARIABLE] = str(Path(directory).absolute())
    return directory


def _version(value: bool) -> None:
    if value:
        from classifier.versions import versions

        typer.echo(f"toolrisk {versions()}")
        raise typer.Exit


_GARBAGE = 400_000
"""Objects after which Python looks for cycles; by default 700, and definitions have none.

Of 25,794 definitions judged into a catalogue, that was 0.94 of the processor time that 50,000 took, and 18 MB more.
"""
_USAGE = 2
_INTERRUPTED = 130
_CUT_SHORT = 3
"""Not all could be printed; whether findings are among it is not known to who reads it."""
_LONGEST_MESSAGE = 4000


def main(arguments: list[str] | None = None) -> None:
    """Run `toolrisk` and exit with its code; one clear line instead of a traceback."""
    words = _model_first(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(_GARBAGE, 20, 20)
    _open_streams()
    guard()
    sys.exit(_run(_needed(words), words))


def _model_first(words: list[str]) -> list[str]:
    """Move --model to the front, where it is understood: who adds it to a command writes it at its end."""
    end = words.index("--") if "--" in words else len(words)
    for at, word in enumerate(words[:end]):
        if word == _MODEL or word.startswith(_MODEL + "="):
            if words[at:] == [_MODEL]:
                return [_MODEL]  # what it lacks is told of it, and of nothing else
            after = at + (2 if word == _MODEL else 1)
            return [*words[at:after], *words[:at], *words[after:]]
    return words


def _open_streams() -> None:
    """Let all three streams be there, in UTF-8, and take whole what is printed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # started with it closed; what is data then fails to print
            access = os.O_WRONLY if name == "stderr" else os.O_RDONLY
            handle = os.open(os.devnull, access)
            setattr(sys, name, os.fdopen(handle, mode, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # a terminal of another encoding ends no report half-way
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        # PYTHONUNBUFFERED: what a pipe or disk does not take of one write would be lost unsaid
        sys.stdout = os.fdopen(
            sys.stdout.fileno(), "w", buffering=1, closefd=False,
            encoding="utf-8", errors="backslashreplace",
        )  # fmt: skip


def _needed(words: list[str]) -> tuple[str, ...]:
    """Return the commands to load: the one asked for; all, where any may be meant. --model comes first."""
    rest = words[2:] if words[:1] == [_MODEL] else words
    asked = next((word for word in rest if not word.startswith("-")), None)
    if asked in VERBS:
        return (asked,)
    return tuple(VERBS) if asked or _completes() else ()


def _completes() -> bool:
    """Say whether a shell asks what the words so far can become."""
    return "_TOOLRISK_COMPLETE" in os.environ


def main_classify() -> None:
    """Run `classify`, the short spelling of `toolrisk classify`."""
    main(["classify", *sys.argv[1:]])


def _run(verbs: tuple[str, ...], words: list[str]) -> int:
    try:
        try:
            build(verbs)(args=words, prog_name="toolrisk")
        finally:
            sys.stdout.flush()  # a full disk shows here, and must not end as 1, which means findings
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:  # typer catches Ctrl-C and says nothing
            _print("toolrisk: interrupted")
        if isinstance(stop.__context__, BrokenPipeError):  # typer's 1; ours means findings
            _drop_output()
            return _CUT_SHORT
        return stop.code if isinstance(stop.code, int) else 1
    except KeyboardInterrupt:
        _print("toolrisk: interrupted")
        return _INTERRUPTED
    except OSError as error:
        _drop_output()
        code = _unwritten(error)
    except Exception as error:  # noqa: BLE001 - what is none of ours is raised again
        code = _failed(error)
    else:
        code = 0
    return code


def _unwritten(error: OSError) -> int:
    """Return the code where output could not be written, and say why, unless its reader left."""
    from classifier.errors import ClassifierError
    from crawler.errors import CrawlError

    ended = error.__context__
    if isinstance(code := getattr(ended, "exit_code", None), int):
        return code  # what typer could not say of wrong usage
    if isinstance(ended, (CrawlError, ClassifierError)):
        return _failed(ended)  # why the command ended, which its lost output must not hide
    if error.errno == errno.EBADF:
        told = "the output is closed, so nothing was printed; > /dev/null if none is wanted"
        _say(told, _CUT_SHORT)
    elif not isinstance(error, BrokenPipeError):
        _say(f"{error.filename or 'output'}: {error.strerror or error}", _CUT_SHORT)
    code = ended.code if isinstance(ended, SystemExit) else None
    return code if code in (_USAGE, _INTERRUPTED) else _CUT_SHORT


def _failed(error: Exception) -> int:
    """Say what went wrong, if it is something that can; anything else is a fault of ours."""
    from classifier.errors import AddressError, ClassifierError, LabelError, PolicyError
    from crawler.errors import CrawlError, NoCatalogError, TargetError

    if isinstance(error, (TargetError, NoCatalogError, PolicyError, LabelError, AddressError)):
        return _say(error, 2)
    if isinstance(error, (CrawlError, ClassifierError)):
        return _say(error, 3)
    raise error


def _drop_output() -> None:
    """Let what is still buffered go nowhere, so that Python's own end does not fail again."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(error: object, code: int) -> int:
    from crawler.printable import one_line

    _print(f"toolrisk: {one_line(str(error), _LONGEST_MESSAGE)}")
    return code


def _print(line: str) -> None:
    """Tell people a line, if anybody can be told: the exit code holds either way."""
    with suppress(OSError):
        print(line, file=sys.stderr)
