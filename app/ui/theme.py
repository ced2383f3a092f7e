"""The look: colours, sizes, fonts and icons; light, dark, high contrast, any text size, following the system."""

import functools
import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from PySide6.QtCore import QByteArray, QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPixmap,
    QWindow,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from app.common import resources
from app.ui import tokens

Mode = Literal["system", "light", "dark"]
Choice = Literal["system", "on", "off"]

MENU_ROOM: Final = 12  # pixels around a menu for its shadow
FADE_REDUCED: Final = 80  # milliseconds an opacity change takes when motion is reduced
_WEIGHTS: Final = {
    400: QFont.Weight.Normal,
    500: QFont.Weight.Medium,
    600: QFont.Weight.DemiBold,
    700: QFont.Weight.Bold,
}
_FONTS: Final = ("Inter-Regular", "Inter-Medium", "Inter-SemiBold", "Inter-Bold")
_FALLBACKS: Final = ("Inter", "Noto Sans", "Noto Color Emoji")
_TABULAR: Final = QFont.Tag("tnum")
_WALKING: Final = frozenset(
    {
        Qt.Key.Key_Tab,
        Qt.Key.Key_Backtab,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
        Qt.Key.Key_F6,
    }
)


class Palette(NamedTuple):
    """One colour for each token; the names are the tokens' in snake case."""

    background: QColor
    sidebar: QColor
    raised: QColor
    field_fill: QColor
    hover: QColor
    selected: QColor
    separator: QColor
    border: QColor
    control_outline: QColor
    text: QColor
    text_secondary: QColor
    text_tertiary: QColor
    bubble_received: QColor
    track: QColor
    bubble_blue_top: QColor
    blue_fill: QColor
    bubble_blue_bottom: QColor
    blue_text: QColor
    blue_tint: QColor
    bubble_green_top: QColor
    green_fill: QColor
    bubble_green_bottom: QColor
    green_text: QColor
    green_tint: QColor
    red_text: QColor
    red_fill: QColor
    red_tint: QColor
    amber_text: QColor
    amber_tint: QColor
    focus: QColor
    segment_on: QColor
    on_fill: QColor
    unread_dot: QColor
    blue_pressed: QColor
    search_hit_fill: QColor
    search_hit_text: QColor
    toast_fill: QColor
    toast_text: QColor
    toast_action: QColor
    scrim: QColor


def color(text: str) -> QColor:
    """From a token such as ``#0F64D6`` or ``#000000 at 58 %``; the first colour in it counts."""
    found = re.search(r"#([0-9A-Fa-f]{6})(?: at (\d+) %)?", text)
    made = QColor(f"#{found[1]}") if found else QColor()
    if found and found[2]:
        made.setAlphaF(int(found[2]) / 100)
    return made


@functools.cache
def palette(*, dark: bool, high_contrast: bool) -> Palette:
    """The colours of one look."""
    found = tokens.colors("dark" if dark else "light")
    if high_contrast:
        strong = tokens.colors("highContrastDark" if dark else "highContrastLight")
        ground, ink = strong["background"], strong["text"]
        found |= {name: value for name, value in strong.items() if name in found and name != "bubbleReceived"}
        found |= {"sidebar": ground, "raised": ground, "fieldFill": ground, "hover": ground, "selected": ground}
        found |= {"bubbleReceived": ground, "textTertiary": strong["textSecondary"], "controlOutline": ink}
        found |= {f"bubbleBlue{end}": strong["bubbleBlue"] for end in ("Top", "Bottom")}
        found |= {f"bubbleGreen{end}": strong["bubbleGreen"] for end in ("Top", "Bottom")}
        found |= {"blueFill": strong["bubbleBlue"], "greenFill": strong["bubbleGreen"]}
        found |= {"blueTint": ground, "greenTint": ground, "redTint": ground, "amberTint": ground}
    names = {each: re.sub(r"_(.)", lambda part: part[1].upper(), each) for each in Palette._fields}
    return Palette(**{name: color(str(found[token])) for name, token in names.items()})


class Theme(QObject):
    """The one look of the program; ``changed`` says that everything is to be read and painted again."""

    changed = Signal()
    walking = Signal()  # somebody began to walk with the keyboard, or took the pointer again

    def __init__(self, parent: QObject | None = None, *, bare: bool = False) -> None:
        """A ``bare`` one is for what has no words and no controls, until load_fonts and ``dress_controls``."""
        super().__init__(parent)
        self._bare = bare
        if not bare:
            load_fonts()
        self._mode: Mode = "system"
        self._contrast: Choice = "system"
        self._motion: Choice = "system"
        self.dark = False
        self.high_contrast = False
        self.system_contrast = False  # what the system wants, whatever was chosen here
        self.system_motion = True  # whether the system lets things move
        self._told_dark: bool | None = None  # by the desktop itself, where Qt does not ask it; None: Qt's word counts
        self._told_contrast = False
        self.reduced_motion = False
        self.scale = 1.0
        self.keyboard_focus = False
        self._window: QWindow | None = None  # the one that had the keyboard last
        self.palette = palette(dark=False, high_contrast=False)
        self._sizes: dict[str, int] = {}
        self._roles: dict[tuple[str, int, bool], QFont] = {}
        self._pixmaps: dict[tuple[str, int, int, int], QPixmap] = {}
        self._hints = QGuiApplication.styleHints()
        self._hints.colorSchemeChanged.connect(self._look_again)
        self._hints.accessibility().contrastPreferenceChanged.connect(self._look_again)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self._watch)
        self._look()

    def apply(
        self, *, mode: Mode = "system", text_size: int = 100, contrast: Choice = "system", motion: Choice = "system"
    ) -> None:
        """What the user has chosen; ``text_size`` in per cent, ``motion`` "on" reduces it."""
        self._mode, self._contrast, self._motion = mode, contrast, motion
        scale = max(0.5, min(3.0, text_size / 100))
        before = (self.dark, self.high_contrast, self.reduced_motion, self.scale)
        self.scale = scale
        self._look()
        if before != (self.dark, self.high_contrast, self.reduced_motion, self.scale):
            self.changed.emit()

    def _look_again(self, *_: object) -> None:
        before = (self.dark, self.high_contrast, self.reduced_motion)
        self._look()
        if before != (self.dark, self.high_contrast, self.reduced_motion):
            self.changed.emit()

    def follow_motion(self, reduced: bool) -> None:
        """What the system wants of movement; it counts unless something else was chosen here."""
        self.system_motion = not reduced
        self._look_again()

    def follow_contrast(self, strong: bool) -> None:
        """What the desktop itself says of contrast, beside Qt."""
        self._told_contrast = strong
        self._look_again()

    def follow_scheme(self, dark: bool | None) -> None:
        """What the desktop itself prefers; None: nothing, and Qt's word counts."""
        self._told_dark = dark
        self._look_again()

    @property
    def told(self) -> tuple[bool | None, bool]:
        """What the desktop said last of light and dark, and of contrast."""
        return self._told_dark, self._told_contrast

    def _look(self) -> None:
        told = self._told_dark
        system_dark = told if told is not None else self._hints.colorScheme() is Qt.ColorScheme.Dark
        self.dark = system_dark if self._mode == "system" else self._mode == "dark"
        strong = self._hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast
        self.system_contrast = strong = strong or self._told_contrast
        self.high_contrast = strong if self._contrast == "system" else self._contrast == "on"
        self.reduced_motion = not self.system_motion if self._motion == "system" else self._motion == "on"
        self.palette = palette(dark=self.dark, high_contrast=self.high_contrast)
        self._sizes.clear()
        self._roles.clear()
        self._pixmaps.clear()
        self._dress()

    def _dress(self) -> None:
        """The application's own palette, for what Qt paints by itself."""
        application = QApplication.instance()
        if not isinstance(application, QApplication):
            return
        made, colors = QPalette(), self.palette
        roles = QPalette.ColorRole
        for role, chosen in (
            (roles.Window, colors.background),
            (roles.Base, colors.background),
            (roles.AlternateBase, colors.sidebar),
            (roles.Button, colors.raised),
            (roles.WindowText, colors.text),
            (roles.Text, colors.text),
            (roles.ButtonText, colors.text),
            (roles.PlaceholderText, colors.text_tertiary),
            (roles.Highlight, colors.blue_fill),
            (roles.HighlightedText, colors.on_fill),
            (roles.Link, colors.blue_text),
            (roles.ToolTipBase, colors.toast_fill),
            (roles.ToolTipText, colors.toast_text),
        ):
            made.setColor(role, chosen)
        application.setPalette(made)
        application.setFont(self.font("body"))
        if not self._bare:
            self._set_sheet(application)

    def dress_controls(self) -> None:
        """What Qt paints by itself gets its style sheet, as late as can be.

        From here on a widget that comes under another one is compared with the sheet, and so is all that is in it: a
        window that is put together before takes half the time.
        """
        application = QApplication.instance()
        if self._bare and isinstance(application, QApplication):
            self._bare = False
            self._set_sheet(application)

    def _set_sheet(self, application: QApplication) -> None:
        sheet = self._sheet()
        if sheet != application.styleSheet():
            application.setStyleSheet(sheet)

    def _sheet(self) -> str:
        """Scroll bars, tooltips and the measures of menus; everything else paints itself."""
        colors, px = self.palette, self.px
        pad = px(MENU_ROOM) + px(6)
        return f"""
        QScrollBar {{ background: transparent; border: none; margin: 0; }}
        QScrollBar:vertical {{ width: {px(10)}px; }}
        QScrollBar:horizontal {{ height: {px(10)}px; }}
        QScrollBar::handle {{ background: {colors.border.name()}; border-radius: {px(3)}px; margin: {px(2)}px; }}
        QScrollBar::handle:hover, QScrollBar::handle:pressed {{ background: {colors.control_outline.name()}; }}
        QScrollBar::handle:vertical {{ min-height: {px(32)}px; }}
        QScrollBar::handle:horizontal {{ min-width: {px(32)}px; }}
        QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
        QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
        QToolTip {{ background: {colors.toast_fill.name()}; color: {colors.toast_text.name()};
            border: 1px solid {colors.toast_fill.name()}; padding: {px(3)}px {px(6)}px; }}
        QMenu[kingfisher="true"] {{ background: transparent; border: none; padding: {pad}px; }}
        QMenu[kingfisher="true"]::item {{ min-width: {px(140)}px; height: {px(32)}px;
            padding: 0 {px(34)}px 0 {px(38)}px; }}
        QMenu[kingfisher="true"]::separator {{ height: {px(13)}px; }}
        """

    def px(self, n: float) -> int:
        """Logical pixels of the design at this text size, whole."""
        return round(n * self.scale)

    def size(self, path: str) -> int:
        """A size of the tokens at this text size."""
        found = self._sizes.get(path)
        if found is None:
            found = self._sizes[path] = self.px(tokens.number(path))
        return found

    def font(self, role: str, *, weight: int | None = None, tabular: bool = False) -> QFont:
        """The font of a role of the tokens' type; ``tabular`` for times, counts and codes."""
        chosen = int(tokens.number(f"type.{role}.weight")) if weight is None else weight
        found = self._roles.get((role, chosen, tabular))
        if found is None:
            found = QFont(list(_FALLBACKS))
            found.setPixelSize(max(1, self.px(tokens.number(f"type.{role}.size"))))
            found.setWeight(_WEIGHTS.get(chosen, QFont.Weight.Normal))
            found.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            tracking = dict(tokens.value(f"type.{role}")).get("tracking", 0)
            if tracking:
                found.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, float(tracking) * self.scale)
            if tabular:
                found.setFeature(_TABULAR, 1)
            self._roles[role, chosen, tabular] = found
        return QFont(found)

    def line(self, role: str) -> int:
        """The line height of a role."""
        return self.size(f"type.{role}.line")

    def icon(self, name: str, tint: QColor, size: float = 20, ratio: float | None = None) -> QPixmap:
        """An icon of the resources in one colour; ``size`` in logical pixels of the design."""
        shown = self.px(size)
        ratio = ratio if ratio is not None else _ratio()
        key = (name, int(tint.rgba()), shown, round(ratio * 100))
        found = self._pixmaps.get(key)
        if found is None:
            found = self._pixmaps[key] = _drawn(name, tint, shown, ratio)
        return found

    def qicon(self, name: str, role: str = "text_secondary", size: float = 20) -> QIcon:
        """The same for menus and buttons of Qt's; ``role`` names a colour of the palette."""
        tint: QColor = getattr(self.palette, role)
        return QIcon(self.icon(name, tint, size))

    def duration(self, path: str, *, fade: bool = False) -> int:
        """Milliseconds of a movement of the tokens; with reduced motion none, or a short one for a fade."""
        if self.reduced_motion:
            return FADE_REDUCED if fade else 0
        return int(tokens.number(f"motion.{path}"))

    def _watch(self, window: QWindow | None) -> None:
        """The window that has the keyboard. What it gets of the system is little; an application's own filter sees
        every event of every widget, and PySide makes all of Qt's classes known for the first one it has not met."""
        if window is not None:
            window.installEventFilter(self)
            self._window = window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Focus rings are for whoever walks with the keyboard."""
        if isinstance(event, QKeyEvent):
            if event.type() is QEvent.Type.KeyPress and event.key() in _WALKING:
                self._walk(True)
        elif isinstance(event, QMouseEvent) and event.type() is QEvent.Type.MouseButtonPress:
            self._walk(False)
        return False

    def _walk(self, keyboard: bool) -> None:
        if keyboard is not self.keyboard_focus:
            self.keyboard_focus = keyboard
            self.walking.emit()


def load_fonts(names: Sequence[str] = _FONTS) -> None:
    """Make the bundled fonts known to Qt; doing it twice is no error."""
    if "Inter" not in _loaded:
        for name in names:
            QFontDatabase.addApplicationFont(str(resources.path(f"fonts/{name}.otf")))
        _loaded.add("Inter")


_loaded: set[str] = set()


def _ratio() -> float:
    application = QGuiApplication.instance()
    return application.devicePixelRatio() if isinstance(application, QGuiApplication) else 1.0


def _drawn(name: str, tint: QColor, size: int, ratio: float) -> QPixmap:
    source = resources.path(f"icons/{name}.svg").read_bytes().replace(b"currentColor", tint.name().encode())
    renderer = QSvgRenderer(QByteArray(source))
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setOpacity(tint.alphaF())
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return made
