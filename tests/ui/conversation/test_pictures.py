"""Pictures in the conversation: their room before they are there, opened large, saved, and read aloud."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.client.sending import Beside
from app.common import errors, ids
from app.content import catalog
from app.content.picture import Picture
from app.media import fitting
from app.media.picture import Wanted
from app.storage import messages, pictures
from app.storage.transaction import Tx
from app.ui.content.pictures import decoded
from app.ui.conversation.accessible import offered
from app.ui.conversation.page import ConversationPage
from app.ui.conversation.view import BubbleView
from app.ui.conversation.viewer import Looking, Viewer
from app.ui.desk import Desk
from tests.media import samples
from tests.parts.waiting import until
from tests.parts.window import control, person_of
from tests.screens import contrast

SAM = person_of("Sam Whitlock")


@pytest_asyncio.fixture
async def page(desk: Desk) -> AsyncIterator[ConversationPage]:
    made = ConversationPage(desk)
    made.resize(800, 700)
    made.show()
    made.activateWindow()
    yield made
    await made.close_down()
    made.hide()
    made.deleteLater()


async def put(desk: Desk, content: Picture, beside: Beside) -> int:
    """As it comes from a phone."""

    def write(tx: Tx) -> int:
        kind, body = catalog.encode(content)
        new = messages.NewMessage(
            SAM, ids.random_id(), b"+12025550123", bytes(16), kind, body, tx.now, tx.now, received_at=tx.now,
            bearer="text",
        )  # fmt: skip
        row = messages.insert(tx, new).row
        pictures.put(tx, pictures.Stored(row, beside.content_type, beside.name, beside.thumbnail, beside.octets))
        return row

    return await desk.messenger.database.write(write)


async def red(desk: Desk, words: str = "") -> tuple[int, bytes]:
    found = fitting.fit(samples.photograph(400, 300, noise=1), Wanted())
    content = Picture(found.kind, len(found.octets), found.width, found.height, words, "beach.jpg")
    beside = Beside(found.kind, "beach.jpg", found.thumbnail, found.octets)
    return await put(desk, content, beside), found.octets


def view_of(page: ConversationPage) -> BubbleView:
    return page.findChildren(BubbleView)[0]


def seen(page: ConversationPage, at: QPoint) -> bool:
    """Whether the red quarter of the picture is painted there."""
    color = view_of(page).viewport().grab().toImage().pixelColor(at)
    return color.red() > 180 and color.green() < 90


async def test_its_room_is_there_before_it_is(desk: Desk, page: ConversationPage) -> None:
    row, _ = await red(desk)
    await page.open(SAM)
    view = view_of(page)
    area = view._scene.area(row)
    assert (area.width(), area.height()) == (190, 142)
    await until(lambda: seen(page, area.center() - QPoint(60, 40)))
    assert view._scene.area(row) == area
    corner = view.viewport().grab().toImage().pixelColor(area.topLeft())
    assert corner.red() - corner.green() < 90, "its corners are round"


async def test_pressed_it_is_large_and_escape_leads_back(desk: Desk, page: ConversationPage) -> None:
    row, _ = await red(desk, "At the beach")
    await page.open(SAM)
    view = view_of(page)
    area = view._scene.area(row)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=area.topLeft() + QPoint(40, 40))
    await until(lambda: any(each.isVisible() for each in page.findChildren(Viewer)))
    viewer = page.findChildren(Viewer)[0]
    assert viewer.accessibleName() == "Picture beach.jpg"
    assert control(viewer, "Save As…").isVisible() and control(viewer, "Close").isVisible()
    assert viewer.grab().toImage().pixelColor(viewer.rect().center() - QPoint(100, 60)).red() > 180
    assert not list(contrast.weak(viewer, desk.theme)), "it is dark in a light look too"
    QTest.keyClick(viewer, Qt.Key.Key_Escape)
    await until(lambda: not any(each.isVisible() for each in page.findChildren(Viewer)))


async def test_enter_opens_it_and_it_is_saved(desk: Desk, page: ConversationPage, tmp_path: Path) -> None:
    row, octets = await red(desk)
    await page.open(SAM)
    view = view_of(page)
    view._scene.focus(row)
    QTest.keyClick(view, Qt.Key.Key_Return)
    await until(lambda: any(each.isVisible() for each in page.findChildren(Viewer)))
    control(page.findChildren(Viewer)[0], "Save As…").click()
    await until(lambda: bool(page.findChildren(QFileDialog)))
    dialog = page.findChildren(QFileDialog)[0]
    file = tmp_path / "kept.jpg"
    dialog.fileSelected.emit(str(file))
    await until(file.exists)
    await until(lambda: file.read_bytes() == octets)
    dialog.reject()


async def test_what_cannot_be_shown_is_named_and_saved(desk: Desk, page: ConversationPage) -> None:
    trap = Beside("image/svg+xml", "trap.svg", b"", b"<svg/>")
    row = await put(desk, Picture("image/svg+xml", 6, name="trap.svg"), trap)
    await page.open(SAM)
    found = view_of(page)._scene.window.get(row)
    assert found is not None
    assert "Save As…" in offered(found, desk.now())
    assert "File trap.svg · 6 bytes" in view_of(page)._scene.wording.sentence(found.item, None)
    QTest.mouseClick(view_of(page).viewport(), Qt.MouseButton.LeftButton, pos=view_of(page)._scene.area(row).center())
    await until(lambda: bool(page.findChildren(QFileDialog)))
    assert not page.findChildren(Viewer)
    page.findChildren(QFileDialog)[0].reject()


async def test_thumbnails_and_what_moves_are_read_at_the_same_time(desk: Desk, page: ConversationPage) -> None:
    """On threads, none of which waits for another."""
    found = fitting.fit(samples.moving(), Wanted())
    content = Picture(found.kind, len(found.octets), found.width, found.height, moves=True)
    rows = [await put(desk, content, Beside(found.kind, "", found.thumbnail, found.octets)) for _ in range(8)]
    kept = desk.messenger.pictures
    stored = await kept.stored(rows[0])
    small = (asyncio.to_thread(decoded, stored.thumbnail) for _ in range(200))
    *large, one, other = await asyncio.gather(*small, kept.frames(stored), kept.frames(stored))
    assert not any(each.isNull() for each in large)
    assert len(one.pixels) == len(other.pixels) == 6


async def test_pressed_twice_it_is_there_once_and_at_once(desk: Desk, page: ConversationPage) -> None:
    """The thumbnail, as large as the picture, until that has come; whoever closes it before is left alone."""
    row, _ = await red(desk)
    await page.open(SAM)
    (looking,) = page.findChildren(Looking)
    looking.do(row, "open")
    looking.do(row, "open")
    await until(lambda: any(each.isVisible() for each in page.findChildren(Viewer)))
    (viewer,) = page.findChildren(Viewer)
    area = viewer._area()
    await until(lambda: viewer._pixels is not None)
    assert viewer._area() == area
    viewer.end()
    await until(lambda: not page.findChildren(Viewer))
    looking.do(row, "open")
    await until(lambda: bool(page.findChildren(Viewer)))
    page.findChildren(Viewer)[0].end()
    await until(lambda: not looking._opening)
    assert not page.findChildren(QFileDialog)


async def test_what_cannot_be_decoded_any_more_is_saved(desk: Desk, page: ConversationPage) -> None:
    found = fitting.fit(samples.photograph(), Wanted())
    content = Picture(found.kind, 4, found.width, found.height)
    row = await put(desk, content, Beside(found.kind, "torn.jpg", found.thumbnail, b"torn"))
    await page.open(SAM)
    page.findChildren(Looking)[0].do(row, "open")
    await until(lambda: bool(page.findChildren(QFileDialog)))
    assert not any(each.isVisible() for each in page.findChildren(Viewer))
    page.findChildren(QFileDialog)[0].reject()


async def test_one_that_moves_moves(desk: Desk, page: ConversationPage) -> None:
    found = fitting.fit(samples.moving(), Wanted())
    content = Picture(found.kind, len(found.octets), found.width, found.height, moves=True)
    row = await put(desk, content, Beside(found.kind, "", found.thumbnail, found.octets))
    await page.open(SAM)
    view_of(page)._acting.do(view_of(page)._scene.window.get(row), "press")  # type: ignore[arg-type]
    await until(lambda: any(each.isVisible() for each in page.findChildren(Viewer)))
    viewer = page.findChildren(Viewer)[0]
    await until(lambda: len(viewer._frames) == 6)
    assert viewer._timer.isActive() is not desk.theme.reduced_motion
    viewer.end()


async def test_without_a_gateway_nobody_speaks_of_one(desk: Desk) -> None:
    with pytest.raises(errors.GiveUp, match="picture_encrypted"):
        await desk.messenger.pictures.choose(samples.drawing())
