"""How the system wants things to look: the desktop's portal on Linux, what Windows and macOS answer when asked.

Qt follows light and dark and contrast by itself on Windows, on macOS and in part on GNOME, and on no other desktop: the
portal is asked everywhere on Linux. What Qt knows as well comes twice and is the same.
"""

import logging
import sys
from typing import Any, Final, Protocol, cast

from app.common import tasks
from app.desktop import session_bus

log = logging.getLogger(__name__)

PORTAL: Final = session_bus.Peer(
    "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings"
)
ANIMATIONS: Final = ("org.gnome.desktop.interface", "enable-animations")
STILL: Final = ("org.freedesktop.appearance", "reduced-motion")
CONTRAST: Final = ("org.freedesktop.appearance", "contrast")
SCHEME: Final = ("org.freedesktop.appearance", "color-scheme")
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
        self._bus = session_bus.SessionBus()
        self._still: dict[tuple[object, object], bool] = {}  # by key: whether that one wants less movement

    def start(self) -> None:
        """Ask, and listen from now on."""
        self._owner.spawn(self._listen(), name="portal")

    async def close(self) -> None:
        """Listen no more."""
        self._bus.end()
        await self._owner.close(grace=1.0)

    async def _listen(self) -> None:
        try:
            if sys.platform == "linux":
                await self._follow()
            else:
                self._theme.follow_motion(_asked())
        except (*session_bus.FAILURES, AttributeError) as error:  # the last: a system without that function
            log.info("the system does not say how things should look: %s", type(error).__name__)

    async def _follow(self) -> None:
        """What the portal says, for as long as the connection holds."""
        async with self._bus.connected(session_bus.Wanted(PORTAL.interface, PORTAL.path)):
            for key in (SCHEME, CONTRAST, STILL, ANIMATIONS):
                answer = await self._bus.call(PORTAL, "Read", "ss", key)
                if answer:
                    self._heard(*key, answer[0])
                elif key == SCHEME:
                    self._theme.follow_scheme(None)  # nobody says it any more
                elif key == CONTRAST:
                    self._theme.follow_contrast(False)
            while (signal := await self._bus.heard()) is not None:
                if len(signal.body) == 3:
                    self._heard(*signal.body)

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
