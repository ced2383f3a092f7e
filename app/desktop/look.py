"""How the system wants things to look: the desktop's portal on Linux, what Windows and macOS answer when asked.

Qt follows light and dark and contrast by itself on Windows, on macOS and in part on GNOME, and on no other desktop: the
portal is asked everywhere on Linux. What Qt knows as well comes twice and is the same.
"""

import asyncio
import contextlib
import importlib
import logging
import sys
from typing import Any, Final, Protocol, cast

from app.common import tasks

log = logging.getLogger(__name__)

NAME: Final = "org.freedesktop.portal.Desktop"
PATH: Final = "/org/freedesktop/portal/desktop"
SETTINGS: Final = "org.freedesktop.portal.Settings"
ANIMATIONS: Final = ("org.gnome.desktop.interface", "enable-animations")
STILL: Final = ("org.freedesktop.appearance", "reduced-motion")
CONTRAST: Final = ("org.freedesktop.appearance", "contrast")
SCHEME: Final = ("org.freedesktop.appearance", "color-scheme")
CALL: Final = 10.0  # seconds for the portal's answer
_SPI_GETCLIENTAREAANIMATION: Final = 0x1042


class Followed(Protocol):
    """Whoever wants to know: the theme."""

    def follow_motion(self, reduced: bool) -> None: ...

    def follow_contrast(self, strong: bool) -> None: ...

    def follow_scheme(self, dark: bool | None) -> None: ...


class Look:
    """Tells ``theme`` what the system wants, now and at each change; a system that does not say is left alone."""

    def __init__(self, theme: Followed) -> None:
        self._theme = theme
        self._owner = tasks.TaskOwner("look")
        self._signals: asyncio.Queue[Any] = asyncio.Queue(64)  # None ends the listening
        self._still: dict[tuple[object, object], bool] = {}  # by key: whether that one wants less movement

    def start(self) -> None:
        """Ask, and listen from now on."""
        self._owner.spawn(self._listen(), name="portal")

    async def close(self) -> None:
        """Listen no more."""
        with contextlib.suppress(asyncio.QueueFull):
            self._signals.put_nowait(None)  # in order: cancelled half-way, the library leaves its socket open
        await self._owner.close(grace=1.0)

    async def _listen(self) -> None:
        try:
            if sys.platform == "linux":
                await self._follow()
            else:
                self._theme.follow_motion(_asked())
        except (
            ImportError,
            OSError,
            EOFError,
            KeyError,
            ValueError,
            AttributeError,  # a system without that function
            TimeoutError,
            asyncio.InvalidStateError,  # an answer that comes while the question is being cancelled
        ) as error:
            log.info("the system does not say how things should look: %s", type(error).__name__)

    async def _follow(self) -> None:
        """The connection to the session's bus, for as long as it holds."""
        # By name: other systems have no such bus, and not the library either.
        bus: Any = importlib.import_module("jeepney")
        way: Any = importlib.import_module("jeepney.io.asyncio")
        rule = bus.MatchRule(type="signal", interface=SETTINGS, path=PATH)
        connection = await way.open_dbus_connection()
        try:
            async with way.DBusRouter(connection) as router:
                portal = bus.DBusAddress(PATH, bus_name=NAME, interface=SETTINGS)
                with router.filter(rule, queue=self._signals):
                    async with asyncio.timeout(CALL):
                        await router.send_and_get_reply(bus.message_bus.AddMatch(rule))
                        for key in (SCHEME, CONTRAST, STILL, ANIMATIONS):
                            question = bus.new_method_call(portal, "Read", "ss", key)
                            answer: Any = await router.send_and_get_reply(question)
                            if answer.header.message_type is bus.MessageType.method_return:
                                self._heard(*key, answer.body[0])
                            elif key == SCHEME:
                                self._theme.follow_scheme(None)  # nobody says it any more
                            elif key == CONTRAST:
                                self._theme.follow_contrast(False)
                    while (message := await self._signals.get()) is not None:
                        if len(message.body) == 3:
                            self._heard(*message.body)
        finally:
            await connection.close()

    def _heard(self, space: object, key: object, value: object) -> None:
        """``value`` is a variant, as (signature, content), perhaps within another."""
        while isinstance(value, tuple):
            inner = cast("tuple[object, ...]", value)
            value = inner[1] if len(inner) == 2 else None
        if isinstance(value, bool):
            if (space, key) == ANIMATIONS:
                self._move(ANIMATIONS, still=not value)
        elif isinstance(value, int):
            if (space, key) == STILL:
                self._move(STILL, still=value == 1)
            elif (space, key) == CONTRAST:
                self._theme.follow_contrast(value == 1)
            elif (space, key) == SCHEME:
                self._theme.follow_scheme({1: True, 2: False}.get(value))

    def _move(self, key: tuple[str, str], *, still: bool) -> None:
        """A desktop may know either key, or both of them: one that wants it still is enough."""
        self._still[key] = still
        self._theme.follow_motion(any(self._still.values()))


def _asked() -> bool:
    """Raises OSError or AttributeError where the system has no answer."""
    import ctypes.util  # for the two systems that are asked this way

    if sys.platform == "win32":
        moving = ctypes.c_int(1)
        ctypes.windll.user32.SystemParametersInfoW(_SPI_GETCLIENTAREAANIMATION, 0, ctypes.byref(moving), 0)
        return not moving.value
    objc: Any = ctypes.cdll.LoadLibrary(ctypes.util.find_library("objc") or "libobjc.dylib")
    objc.objc_getClass.restype = objc.sel_registerName.restype = objc.objc_msgSend.restype = ctypes.c_void_p
    objc.objc_msgSend.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    workspace = objc.objc_msgSend(objc.objc_getClass(b"NSWorkspace"), objc.sel_registerName(b"sharedWorkspace"))
    answer = objc.objc_msgSend(workspace, objc.sel_registerName(b"accessibilityDisplayShouldReduceMotion"))
    return bool((answer or 0) & 0xFF)  # a BOOL is one byte, the rest of the register is not said
