"""What a shell sees of a command: signals, and streams that may be closed, full or unable to show a letter."""

import atexit
import codecs
import io
import os
import signal
import sys
import time
import warnings
from contextlib import suppress

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
BROKEN_PIPE = 128 + 13  # as a shell reports a program that SIGPIPE ended
INTERRUPTED = "interrupted: nothing is half written; give the same command to run it again"
_LOOKALIKES = {
    "£": "GBP ",
    "→": "->",
    "←": "<-",
    "…": "...",
    "≤": "<=",
    "≥": ">=",
    "·": ".",
    "•": "-",
    "“": '"',
    "”": '"',
    "\N{EN DASH}": "-",
    "—": "-",
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
}

received = None  # the signal that ends this command
_last = -1.0
_kept = ""
_tidy = False


def prepare():
    """Take over the signals, the streams and the warnings of a process that runs one command."""
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup does
            signal.signal(number, _end)
    register_lookalikes()
    _open_closed()
    sys.stdout, sys.stderr = _Stream(sys.stdout), _Stream(sys.stderr)
    warnings.showwarning = lambda message, *_, **__: say(message)


def tidy_up_first():
    """From now on an interrupt unwinds the command, as there is something to undo, instead of ending it at once."""
    global _tidy
    _tidy = True


def going_on(how):
    """From now on the line of an interrupt says how to go on, as finished work is kept."""
    global _kept
    _kept = how


def interrupted():
    """What an interrupted command says last."""
    return f"interrupted: {_kept}" if _kept else INTERRUPTED


def _end(number, _frame):
    """End at once while nothing needs undoing (imports may swallow exceptions), else by an exception."""
    global received, _last
    if not _tidy:
        _stop_server()
        with suppress(OSError):
            os.write(2, f"listsim: {interrupted()}\n".encode())
        os._exit(128 + number)
    again, _last = time.monotonic() - _last < 1, time.monotonic()
    if received is None or not again:  # a terminal that closes may send several
        received = number
        raise KeyboardInterrupt


def say(text):
    """One line on standard error."""
    print(f"listsim: {text}", file=sys.stderr)


def finish(code):
    """The exit code of a command that gave `code`, once what it printed has left; no signal counts any more."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    sys.stdout.flush()
    sys.stderr.flush()
    if received:  # taking all modules apart would take half a second
        _stop_server()
        atexit._run_exitfuncs()
        os._exit(code)
    error = sys.stdout.error
    if error is None:
        return code
    if isinstance(error, BrokenPipeError):
        return code or BROKEN_PIPE
    say(f"standard output cannot be written ({error.strerror}); results in a folder stand")
    return code or 1


def _stop_server():
    executors = sys.modules.get("sim.studies.executors")
    if hasattr(executors, "stop_server"):  # not yet there, nor any server, while the module is still being read
        executors.stop_server()


class _Stream(io.TextIOWrapper):
    """A standard stream that remembers its first error and then swallows all, and shows lookalikes of letters it lacks."""

    def __init__(self, stream):
        # with PYTHONUNBUFFERED, as containers have it, a stream writes through and does not buffer lines
        at_once = {"line_buffering": stream.line_buffering, "write_through": stream.write_through}
        super().__init__(stream.buffer, stream.encoding, "lookalike", **at_once)
        self._stream = stream  # whose end would close the buffer
        self.error = None

    def write(self, text):
        try:
            return super().write(text)
        except OSError as error:
            self._mute(error)
            return len(text)

    def flush(self):
        try:
            super().flush()
        except OSError as error:
            self._mute(error)

    def _mute(self, error):
        self.error = self.error or error
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self.fileno())
        os.close(null)


def _open_closed():
    """Nothing else may get the number of a closed standard stream: what is printed would end up in a file."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def register_lookalikes():
    """Let streams show a lookalike of a letter that their encoding lacks."""
    codecs.register_error("lookalike", _lookalike)


def _lookalike(error):
    text = error.object[error.start : error.end]
    return "".join(_LOOKALIKES.get(letter, "?") for letter in text), error.end
