"""The conversation's bubbles in a scroll area of our own: only what is on the screen is laid out and painted."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from app.client import changes, connectivity
from app.client.timeline import AtRow, Start, Target
from app.ui.content import links
from app.ui.content.base import Hit
from app.ui.content.pictures import Pictures
from app.ui.conversation import bubble
from app.ui.conversation.accessible import Readers
from app.ui.conversation.acting import Acting, Out
from app.ui.conversation.bar import Bar
from app.ui.conversation.bubble import Look
from app.ui.conversation.course import Shown
from app.ui.conversation.end_button import EndButton
from app.ui.conversation.feed import Feed
from app.ui.conversation.keys import Keys
from app.ui.conversation.motion import Motion
from app.ui.conversation.patience import Patience
from app.ui.conversation.pointing import Pointing
from app.ui.conversation.scene import Scene
from app.ui.conversation.seen import Seen
from app.ui.conversation.window import Taken
from app.ui.conversation.wording import Wording
from app.ui.desk import Desk
from app.ui.widgets import areas

LINES: Final = 3  # a notch of the wheel
GLIDE: Final = 3  # screens that are scrolled through on the way to the end; from further away it jumps
GLIDE_WORDS: Final = 8_000  # characters that are laid out for that, all in one go
AGAIN: Final = 60_000  # milliseconds until typing is announced once more


class BubbleView(QAbstractScrollArea):
    """One conversation at a time; opened by `open`, ended by `close_timeline`.

    ``reply`` tells the timeline's Item, ``act`` and ``details`` a row, ``link`` an address of http, https or mailto,
    ``read_upto`` the Position of the newest message that was really seen, and of one that came late.
    """

    reply = Signal(object)
    details = Signal(int)
    act = Signal(int, str)
    link = Signal(str)
    read_upto = Signal(object)
    at_end_changed = Signal(bool)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._theme = desk.theme
        wording = Wording(desk.now, desk.zone, desk.messenger.me.account)
        self._scene = Scene(desk.theme, wording, self)
        self._scene.mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        self._scene.pictures = Pictures(desk, self)
        areas.own_viewport(self)
        self._scene.pictures.came.connect(self.viewport().update)
        self._motion = Motion(self._scene, self)
        self._feed = Feed(desk, self._scene, self)
        self._bar = Bar(self.verticalScrollBar(), desk, self._scene, self._feed)
        out = Out(self.reply.emit, self.details.emit, self.act.emit, self.link.emit, self.go_to)
        self._acting = Acting(self, out, self._scene, self._motion)
        self._pointing = Pointing(self._scene, self._acting.use, self)
        self._keys = Keys(self._scene, self._acting.do, self._to_edge, self._page)
        self._patience = Patience(self._scene, self)
        self._seen = Seen(self, self._scene, self.read_upto.emit)
        self._end = EndButton(desk.theme, wording, self)
        self._readers = Readers(self, self._scene, self._acting.do, self._end)
        self._was_at_end = True
        self._found = 0  # the message that a search led to
        self._announced = 0
        self._third = QTimer(self)
        self._third.setSingleShot(True)
        self._dress()
        self._listen()

    def _dress(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Messages"))
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def _listen(self) -> None:
        self._scene.changed.connect(self._refresh)
        self._feed.taken.connect(self._taken)
        self._end.clicked.connect(self.to_end)
        self._theme.changed.connect(self._restyle)
        self._desk.bridge.bind(self, changes.ConnectionChanged, self._connected)
        self._connected(None)

    # What others ask for

    async def open(self, conversation: bytes, target: Target = Start.FIRST_UNREAD, mark: str = "") -> None:
        """Show a conversation from its first unread message, its end, or one place in it, with words marked there."""
        self._scene.select(None)
        self._scene.current = self._scene.hovered = 0
        self._seen.forget()
        self._end.set_count(0)
        self.set_typing(())
        row = await self._feed.open(conversation, target)
        if row >= 0:
            self._arrive(row, target, mark)

    async def jump(self, target: Target, mark: str = "") -> None:
        """Another place of the conversation; raises errors.GiveUp ``no_message``."""
        if isinstance(target, AtRow) and self._scene.window.index(target.row) >= 0:
            self._arrive(target.row, target, mark)
            return
        self._arrive(await self._feed.jump(target), target, mark)

    @property
    def conversation(self) -> bytes:
        """Whose messages stand here; empty before the first."""
        return self._feed.conversation

    def unmark(self) -> None:
        """Nothing is searched for any more."""
        self._found = 0
        self._scene.window.mark(())
        self._scene.walk()

    def to_end(self) -> None:
        """Back to the newest message, and stay there."""
        if self._scene.ends:
            self._motion.to_end(self._to_go())
            return
        self._desk.bridge.spawn(self, self._newest(), name="newest")

    def _to_go(self) -> int:
        """How many px it is to the end; 0 when it is too far to glide, and no more is laid out than tells so."""
        scene = self._scene
        if not scene.shown:
            return 0
        last, far, words = scene.shown[-1], GLIDE * scene.height, 0
        over = last.bottom + scene.course.tail - scene.height
        for row in scene.window.rows[last.index + 1 :]:
            words += len(row.item.record.words) if row.column is not scene.column else 0
            if over >= far or words > GLIDE_WORDS:
                return 0
            over += row.lay(scene.column)
        return over if over < far else 0

    def set_typing(self, names: Sequence[str]) -> None:
        """Who is writing now: dots under the last message, said aloud at most once a minute."""
        on = bool(names)
        if on is self._scene.typing:
            return
        self._scene.typing = on
        self._motion.type(on)
        self._scene.walk()
        if on and self._desk.now() - self._announced > AGAIN:
            self._announced = self._desk.now()
            self._readers.say(self.tr("{name} is typing…").format(name=names[0]))

    def set_narrow(self, narrow: bool) -> None:
        """One pane: less padding, wider bubbles."""
        if narrow is not self._scene.one_pane:
            self._scene.one_pane = narrow
            self._restyle()

    def go_to(self, row: int) -> None:
        """To a message that was named, as by a quote."""
        self._desk.bridge.spawn(self, self.jump(AtRow(row)), name="quote")

    def place(self) -> int:
        """The row it stands at, for the next start; 0 at the end."""
        return 0 if self._scene.course.stick else self._scene.course.key

    async def close_timeline(self) -> None:
        """Follow nothing any more."""
        await self._feed.close()

    # What happens

    async def _newest(self) -> None:
        await self._feed.newest()
        self._motion.to_end(0)

    def _arrive(self, key: int, target: Target, mark: str) -> None:
        self._scene.window.mark(tuple(mark.split()))
        self._found = key if mark else 0
        found = self._scene.window.get(key)
        scene = self._scene
        if found is None or target is Start.NEWEST or (scene.ends and found is scene.window.rows[-1] and not mark):
            scene.course.stick = True
            scene.walk()
            if isinstance(target, AtRow):
                self._motion.glow(key)
        else:
            unread = target is Start.FIRST_UNREAD
            scene.show_row(key, part=0.1 if unread else 0.3)
            if not mark and not unread:
                self._motion.glow(key)
        self._feed.want()

    def _taken(self, taken: Taken) -> None:
        self._readers.drop(taken.gone)
        self._patience.look()
        if taken.reset or not taken.appended:
            return
        own = any(row.outgoing for row in taken.appended)
        if own and not self._scene.course.stick:
            self.to_end()
        if self._scene.course.stick and self.isVisible():
            self._motion.appear(row.key for row in taken.appended)
        if not self._scene.at_end:
            self._end.set_count(self._end.count + sum(not row.outgoing for row in taken.appended))
        self._readers.came(tuple(row for row in taken.appended if not row.outgoing))

    def _refresh(self) -> None:
        """Something on the screen is different: one repaint in this turn of the loop."""
        at_end = self._scene.at_end
        if at_end:
            self._end.set_count(0)
        self._end.setVisible(not at_end and bool(self._scene.shown))
        if at_end is not self._was_at_end:
            self._was_at_end = at_end
            self.at_end_changed.emit(at_end)
        self._bar.tell()
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._restyle()

    def _restyle(self) -> None:
        self._scene.window.forget()
        self._scene.mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        self._fit()

    def _connected(self, _: object) -> None:
        online = connectivity.of(self._desk.messenger).connected
        if online is not self._scene.online:
            self._scene.online = online
            self._scene.arrange()

    def _to_edge(self, end: bool) -> None:
        """The keys Home and End: the oldest message, the newest one."""
        if end:
            self.to_end()
            rows = self._scene.window.rows
            if rows and self._scene.ends:
                self._scene.focus(rows[-1].key)
            return
        self._desk.bridge.spawn(self, self._oldest(), name="oldest")

    async def _oldest(self) -> None:
        row = await self._feed.first()
        self._scene.show_row(row, part=0.0)
        self._scene.focus(row)

    def _page(self, by: int) -> None:
        self._motion.halt()
        self._scene.scroll(-by * int(0.9 * self._scene.height))
        shown = self._scene.shown
        if self._scene.current and shown:
            self._scene.focus(shown[-1 if by > 0 else 0].row.key)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        scene, painter = self._scene, QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), self._theme.palette.background)
        dirty = event.rect()
        for shown in scene.shown:
            if shown.bottom + 8 >= dirty.top() and shown.top - 24 <= dirty.bottom():
                self._paint_row(painter, shown)
        if scene.typing and scene.shown and scene.ends:
            top = scene.shown[-1].bottom + self._theme.px(10)
            bubble.typing(painter, top, scene.brush, scene.column.padding, self._motion.phase, scene.mirrored)
        painter.end()
        self._feed.want()
        self._seen.look()

    def _paint_row(self, painter: QPainter, shown: Shown) -> None:
        scene, row = self._scene, shown.row
        focused = scene.current == row.key and self.hasFocus()
        over = self._pointing.over
        look = Look(
            scene.selection.of(scene.window, shown.index) if scene.selection is not None else None,
            time=scene.hovered == row.key or (focused and self._theme.keyboard_focus),
            ring=focused and self._theme.keyboard_focus,
            found=self._found == row.key,
            glow=1.0 if self._motion.glowing == row.key else 0.0,
            pressed=over[1] if over[0] == row.key and isinstance(over[1], str) else "",
        )
        below, opacity = self._motion.rise(row.key)
        if opacity < 1.0:
            painter.setOpacity(opacity)
        bubble.paint(painter, row, shown.top + below, scene.brush, look)
        if opacity < 1.0:
            painter.setOpacity(1.0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        size = self.viewport().size()
        self._scene.fit(size.width(), size.height())
        self._end.stand(size, self._scene.column.padding, mirrored=self._scene.mirrored)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._bar.moved()

    # Pointer and keyboard

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._motion.halt()
        by = event.pixelDelta().y()
        if not by:
            by = round(event.angleDelta().y() / 120 * LINES * self._theme.line("message"))
        self._scene.scroll(by)
        self._pointing.hover(event.position().toPoint())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        point = event.position().toPoint()
        if self._third.isActive():
            self._pointing.all_of_it(point)
            return
        self._pointing.press(point, extend=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pointing.again(event.position().toPoint())
            self._third.start(400)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._pointing.drag(point)
            return
        target = self._pointing.hover(point)
        shape = Qt.CursorShape.PointingHandCursor if target is not None else Qt.CursorShape.ArrowCursor
        if target is None and self._scene.hovered:
            shape = Qt.CursorShape.IBeamCursor
        self.viewport().setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pointing.release(event.position().toPoint())
            self._acting.offer_selection()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        shown, target = self._pointing.target(event.pos())
        if shown is not None and event.reason() is not QContextMenuEvent.Reason.Keyboard:
            self._acting.menu(shown.row, event.globalPos(), target.url if isinstance(target, Hit) else "")
        elif self._scene.current:
            self._acting.do(self._scene.window.rows[self._scene.window.index(self._scene.current)], "menu")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self._scene.current
        if not self._keys.press(event):
            event.ignore()
        elif self._scene.current != before:
            self._readers.focused(self._scene.current)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if not self._scene.current and self._theme.keyboard_focus and self._scene.shown:
            self._scene.focus(self._scene.shown[-1].row.key)
            self._readers.focused(self._scene.current)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave:
            self._pointing.leave()
        elif event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            _, target = self._pointing.target(event.pos())
            words = links.destination(target.url) if isinstance(target, Hit) and target.url else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().viewportEvent(event)
