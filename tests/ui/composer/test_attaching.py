"""A picture beside what is written: chosen, pasted, dropped, taken away, priced, and sent; or the reason why not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.domain.plan import Kind
from app.protocol import frames
from app.storage import jobs, messages, pictures
from app.ui.composer.field import MessageField
from app.ui.conversation.page import ConversationPage
from app.ui.desk import Desk
from app.ui.widgets.labels import ElidedLabel, Label
from tests.media import samples
from tests.parts.answers import NUMBER, answered
from tests.parts.waiting import until
from tests.parts.window import NOW, Furniture, Said, control, person_of
from tests.ui.conversation.conftest import pytest_asyncio_loop_factories

__all__ = ["pytest_asyncio_loop_factories"]

DAD = person_of("Dad")


@pytest_asyncio.fixture
async def page(desk: Desk) -> AsyncIterator[ConversationPage]:
    put = Furniture(desk.messenger)
    await put.phone("Dad", NUMBER)
    await put.text(await put.say("Dad", "Did the parcel arrive?", NOW - 3_600_000))
    await desk.messenger.plan.change(kind=Kind.LIMITED, allowance=100, price=12, mms_price=40, currency="GBP")
    made = ConversationPage(desk)
    made.resize(800, 700)
    made.show()
    made.activateWindow()
    await made.open(DAD)
    yield made
    await made.close_down()
    made.hide()
    made.deleteLater()


MMS = frames.TextTerms(True, "+447700900100", mms_octets=60_000, mms_types=("image/jpeg", "image/png", "image/gif"))


def said_on(root: QWidget) -> set[str]:
    return {each.text() for each in root.findChildren(Label) + root.findChildren(ElidedLabel) if each.isVisible()}


def offer(page: ConversationPage, file: Path | None = None, image: QImage | None = None) -> None:
    """As a paste or a drop does it."""
    source = QMimeData()
    if file is not None:
        source.setUrls([QUrl.fromLocalFile(str(file))])
    if image is not None:
        source.setImageData(image)
    field = control(page, "Message", MessageField)
    assert field.canInsertFromMimeData(source)
    field.insertFromMimeData(source)


async def test_a_dropped_picture_is_priced_and_sent(desk: Desk, page: ConversationPage, tmp_path: Path) -> None:
    await answered(page, terms=MMS)
    assert control(page, "Add").isVisible()
    file = tmp_path / "beach.jpg"
    file.write_bytes(samples.photograph(400, 300))
    offer(page, file)
    await until(lambda: "Picture message · £0.40" in said_on(page))
    chip = next(each for each in page.findChildren(QWidget) if each.accessibleName().startswith("Picture beach.jpg, "))
    assert chip.isVisible() and control(page, "Send").isEnabled()
    control(page, "Message", MessageField).put("Look!")
    await until(lambda: page.outlook._held == "Look!")
    QTest.keyClick(control(page, "Message", MessageField), Qt.Key.Key_Return)
    sent: list[messages.Message] = []

    def look(view) -> list[messages.Message]:
        return [each for each in messages.before(view, DAD, None, 3) if each.outgoing and each.kind == "picture"]

    while not sent:
        sent = await desk.messenger.database.read(look)
    job, stored = await desk.messenger.database.read(
        lambda view: (jobs.of_message(view, sent[0].row)[0], pictures.get(view, sent[0].row))
    )
    assert (sent[0].bearer, job.consented, job.agreed_price) == ("text", True, 40)
    assert stored is not None and stored.name == "beach.jpg" and samples.SECRET not in stored.octets
    await until(lambda: not chip.isVisible())
    assert not control(page, "Message", MessageField).text()


async def test_a_pasted_picture_is_taken_away_again(page: ConversationPage) -> None:
    await answered(page, terms=MMS)
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    offer(page, image=image)
    await until(lambda: page.composer.attaching.chosen is not None)
    remove = control(page, "Remove Picture")
    assert remove.isVisible() and page.composer.busy
    QTest.keyClick(remove, Qt.Key.Key_Space)
    assert page.composer.attaching.chosen is None and not control(page, "Remove Picture").isVisible()
    await until(lambda: page.outlook.found is not None and not page.outlook.found.choice.route.mms)  # type: ignore[union-attr]


async def test_the_menu_has_what_works(page: ConversationPage) -> None:
    await answered(page, terms=MMS)
    control(page, "Add").click()
    await until(lambda: any(each.isVisible() for each in page.findChildren(QMenu)))
    menu = next(each for each in page.findChildren(QMenu) if each.isVisible())
    (action,) = menu.actions()
    assert action.text().startswith("Picture…\tCtrl+Shift+P")
    action.trigger()
    await until(lambda: bool(page.findChildren(QFileDialog)))
    page.findChildren(QFileDialog)[0].reject()
    menu.close()


async def test_where_no_picture_goes_there_is_no_button_and_a_drop_says_why(
    page: ConversationPage, said: Said, tmp_path: Path
) -> None:
    await answered(page)
    assert not control(page, "Add").isVisible()
    file = tmp_path / "beach.jpg"
    file.write_bytes(samples.drawing())
    offer(page, file)
    page.composer.attaching.choose()
    why = "The gateway to this number does not take this picture; send words instead."
    assert [text for text, _ in said.lines] == [why, why]


async def test_what_is_no_picture_says_so_and_changes_nothing(
    page: ConversationPage, said: Said, tmp_path: Path
) -> None:
    await answered(page, terms=MMS)
    file = tmp_path / "page.jpg"
    file.write_bytes(b"<html>")
    offer(page, file)
    await until(lambda: bool(said.lines))
    assert "no picture that can be read" in said.lines[0][0]
    assert page.composer.attaching.chosen is None
