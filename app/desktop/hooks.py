"""Where errors end that nobody caught: in the profile's log, with their place, and the program keeps running."""

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

log = logging.getLogger(__name__)

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def install() -> Callable[[], None]:
    """Log what Python, its threads and Qt say; the returned function puts everything back."""
    before = (sys.excepthook, sys.unraisablehook, threading.excepthook)
    sys.excepthook = _uncaught
    sys.unraisablehook = _unraisable
    threading.excepthook = _in_thread
    qt = qInstallMessageHandler(_from_qt)

    def back() -> None:
        sys.excepthook, sys.unraisablehook, threading.excepthook = before
        qInstallMessageHandler(qt)

    return back


def of_loop(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The loop's exception handler."""
    error = context.get("exception")
    log.error("on the loop: %s", context.get("message", ""), exc_info=error)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    log.error("uncaught %s", kind.__name__, exc_info=(kind, error, trace))


def _unraisable(found: "sys.UnraisableHookArgs") -> None:
    error = found.exc_value
    log.error("could not be raised: %s", found.err_msg or "", exc_info=error if error is not None else False)


def _in_thread(found: threading.ExceptHookArgs) -> None:
    error = found.exc_value
    name = found.thread.name if found.thread is not None else "?"
    log.error("thread %s ended", name, exc_info=error if error is not None else False)


def _from_qt(kind: QtMsgType, _: QMessageLogContext, text: str) -> None:
    log.log(_LEVELS.get(kind, logging.WARNING), "Qt: %s", text)
