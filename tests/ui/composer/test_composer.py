"""The composer over a real store: sending, drafts, answers, changes, and the emoji picker, by keyboard alone."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest_asyncio
from msgspec.structs import replace
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

from app.client import facing, writing
from app.content.text import Text
from app.domain import bearer
from app.storage import conversations, messages
from app.ui.composer import transport
from app.ui.composer.composer import Composer
from app.ui.composer.drafts import MOMENT
from app.ui.composer.field import LARGEST, MessageField
from app.ui.composer.picker import EmojiPicker
from app.ui.composer.transport import Terms
from app.ui.desk import Desk
from app.ui.widgets.labels import Label
from tests.parts.waiting import until, until_so
from tests.parts.window import NOW, Furniture, Said, control, person_of

MAYA, JONAS, THEO = person_of("Maya Okafor"), person_of("Jonas Lind"), person_of("Theo Marchetti")


@pytest_asyncio.fixture
async def composer(desk: Desk) -> AsyncIterator[Composer]:
    host = QWidget()
    host.resize(700, 600)
    made = Composer(desk, host)
    made.setGeometry(0, 480, 700, 120)
    host.show()
    await made.open(MAYA)
    made.show_way(transport.encrypted())
    yield made
    await made.keep()
    host.hide()
    host.deleteLater()


def field(composer: Composer) -> MessageField:
    return control(composer, "Message", MessageField)


async def last(desk: Desk, conversation: bytes) -> Text:
    stored = await desk.messenger.database.read(lambda view: messages.before(view, conversation, None, 1))
    return Text.from_wire(stored[0].body)


async def draft(desk: Desk, conversation: bytes) -> writing.Draft:
    return await desk.messenger.database.read(lambda view: writing.draft(view, conversation))


async def test_send_is_there_when_there_is_something_to_send(composer: Composer) -> None:
    send = control(composer, "Send")
    assert not send.isVisible()
    QTest.keyClicks(field(composer), "  ")
    assert send.isVisible()
    assert not send.isEnabled()
    QTest.keyClicks(field(composer), "hi")
    assert send.isEnabled()
    assert send.accessibleDescription() == "encrypted"
    assert field(composer).accessibleDescription() == "encrypted"
    assert "Send" in send.toolTip()


async def test_enter_sends_and_the_field_lets_go_when_it_is_stored(desk: Desk, composer: Composer) -> None:
    written = QSignalSpy(composer.written)
    QTest.keyClicks(field(composer), "  see you at six ")
    QTest.keyClick(field(composer), Qt.Key.Key_Return)
    assert field(composer).text() == "  see you at six "
    await until(lambda: written.count() == 1)
    assert field(composer).text() == ""
    assert (await last(desk, MAYA)).text == "see you at six"
    assert (await draft(desk, MAYA)).text == ""


async def test_what_is_typed_while_it_is_stored_stays(desk: Desk, composer: Composer) -> None:
    written = QSignalSpy(composer.written)
    QTest.keyClicks(field(composer), "one")
    QTest.keyClick(field(composer), Qt.Key.Key_Return)
    QTest.keyClicks(field(composer), "two")
    QTest.keyClick(field(composer), Qt.Key.Key_Return)
    QTest.keyClicks(field(composer), "three")
    await until(lambda: written.count() == 1)
    await until(lambda: written.count() == 2)
    stored = await desk.messenger.database.read(lambda view: messages.before(view, MAYA, None, 2))
    assert {Text.from_wire(each.body).text for each in stored} == {"one", "two"}
    assert field(composer).text() == "three"


async def test_opening_another_conversation_while_it_is_stored_leaves_no_draft(desk: Desk, composer: Composer) -> None:
    written = QSignalSpy(composer.written)
    field(composer).insert("on its way")
    QTest.keyClick(field(composer), Qt.Key.Key_Return)
    await composer.open(JONAS)
    await until(lambda: written.count() == 1)
    await composer.keep()
    assert field(composer).text() == ""
    assert (await draft(desk, MAYA)).text == ""
    assert (await last(desk, MAYA)).text == "on its way"


async def test_what_is_sent_is_no_draft_again_however_long_storing_takes(desk: Desk, composer: Composer) -> None:
    free, kept = threading.Event(), asyncio.Event()
    busy = asyncio.ensure_future(desk.messenger.database.write(lambda _: free.wait()))
    field(composer).insert("on its way")
    QTest.keyClick(field(composer), Qt.Key.Key_Return)
    QTimer.singleShot(2 * MOMENT, kept.set)  # a draft of before would be written by now
    await kept.wait()
    free.set()
    await busy
    await until(lambda: field(composer).text() == "")
    await desk.messenger.database.write(lambda _: None)  # and everything that was asked for before
    assert (await draft(desk, MAYA)).text == ""
    field(composer).insert("and more")

    async def stored() -> bool:
        return (await draft(desk, MAYA)).text == "and more"

    await until_so(stored)


async def test_what_could_not_be_sent_is_a_draft_again(desk: Desk, composer: Composer, said: Said) -> None:
    words = "y" * (LARGEST + 3_000)
    field(composer).put(words)
    QTest.keyClick(field(composer), Qt.Key.Key_Return)
    await until(lambda: bool(said.lines))

    async def stored() -> bool:
        return (await draft(desk, MAYA)).text == words

    await until_so(stored)


async def test_nothing_is_lost_when_it_cannot_be_stored(desk: Desk, composer: Composer, said: Said) -> None:
    field(composer).put("y" * (LARGEST + 3_000))
    QTest.keyClick(field(composer), Qt.Key.Key_Return)
    await until(lambda: bool(said.lines))
    assert said.lines == [("That’s too long for one message. Send it in parts.", "")]
    assert len(field(composer).text()) == LARGEST + 3_000


async def test_a_draft_is_kept_of_itself_and_for_each_conversation(desk: Desk, composer: Composer) -> None:
    field(composer).insert("half writ")

    async def kept() -> bool:
        return (await draft(desk, MAYA)).text == "half writ"

    await until_so(kept)
    await composer.open(THEO)
    assert field(composer).text() == "Could we move the review to Friday?"
    field(composer).selectAll()
    QTest.keyClick(field(composer), Qt.Key.Key_Delete)
    await composer.open(MAYA)
    assert field(composer).text() == "half writ"

    async def gone() -> bool:
        return (await draft(desk, THEO)).text == ""

    await until_so(gone)


async def test_a_draft_the_store_refused_is_there_again_and_written_later(
    desk: Desk, composer: Composer, said: Said
) -> None:
    refusal = "BEFORE UPDATE OF draft ON conversations BEGIN SELECT RAISE (ABORT, 'meant'); END"
    await desk.messenger.database.write(lambda tx: tx.run(f"CREATE TRIGGER sick {refusal}"))
    field(composer).insert("half writ")
    await composer.open(JONAS)
    await until(lambda: bool(said.lines))
    assert field(composer).text() == ""
    await composer.open(MAYA)
    assert field(composer).text() == "half writ"
    await desk.messenger.database.write(lambda tx: tx.run("DROP TRIGGER sick"))
    await composer.keep()
    assert (await draft(desk, MAYA)).text == "half writ"
    assert (await draft(desk, JONAS)).text == ""


async def test_an_answer_carries_its_reference_and_survives_as_a_draft(desk: Desk, composer: Composer) -> None:
    stored = (await desk.messenger.database.read(lambda view: messages.before(view, MAYA, None, 2)))[0]
    composer.answer(stored.row)
    await until(lambda: composer.busy)
    assert control(composer, "Reply to Maya Okafor").isVisible()
    assert control(composer, "And Priya is coming, she’s got the long lens").isVisible()
    field(composer).insert("great")
    await composer.open(JONAS)
    assert not composer.busy
    await composer.open(MAYA)
    assert composer.busy
    QTest.keyClick(field(composer), Qt.Key.Key_Return)
    await until(lambda: not composer.busy)
    sent = await last(desk, MAYA)
    assert sent.reply is not None
    assert (sent.text, sent.reply.message, sent.reply.author) == ("great", stored.message, stored.author)


async def test_cancel_reply_drops_the_answer_and_nothing_else(desk: Desk, composer: Composer) -> None:
    row = (await desk.messenger.database.read(lambda view: messages.before(view, MAYA, None, 1)))[0].row
    field(composer).insert("kept")
    composer.answer(row)
    await until(lambda: composer.busy)
    button = control(composer, "Cancel Reply", QAbstractButton)
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert not composer.busy and not button.isVisible()
    assert field(composer).text() == "kept"
    QTest.keyClick(field(composer), Qt.Key.Key_Return)
    await until_so(lambda: sent_as(desk, "kept"))
    assert (await last(desk, MAYA)).reply is None


async def sent_as(desk: Desk, text: str) -> bool:
    return (await last(desk, MAYA)).text == text


async def test_a_megabyte_that_is_pasted_is_refused_whole_and_it_is_said_why(composer: Composer, said: Said) -> None:
    QGuiApplication.clipboard().setText("W" * 1_000_000)
    field(composer).insert("before")
    QTest.keyClick(field(composer), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert field(composer).text() == "before"
    assert said.lines == [("That’s too long for one message. Send it in parts.", "")]
    QGuiApplication.clipboard().clear()


async def test_esc_drops_the_answer_and_nothing_else(desk: Desk, composer: Composer) -> None:
    row = (await desk.messenger.database.read(lambda view: messages.before(view, MAYA, None, 1)))[0].row
    field(composer).insert("kept")
    composer.answer(row)
    await until(lambda: composer.busy)
    QTest.keyClick(field(composer), Qt.Key.Key_Escape)
    assert not composer.busy
    assert field(composer).text() == "kept"
    await composer.keep()
    where = await desk.messenger.database.read(lambda view: conversations.get(view, MAYA))
    assert where is not None
    assert (where.draft, where.draft_reply) == ("kept", 0)


async def test_up_edits_the_last_own_message(desk: Desk, composer: Composer) -> None:
    row = (await desk.messenger.database.read(lambda view: messages.before(view, MAYA, None, 1)))[0].row
    QTest.keyClick(field(composer), Qt.Key.Key_Up)
    await until(lambda: composer.busy)
    assert control(composer, "Edit message").isVisible()
    assert field(composer).text() == "Perfect. See you at the weir"
    field(composer).insert(", Maya")
    QTest.keyClick(field(composer), Qt.Key.Key_Return)
    await until(lambda: not composer.busy)
    assert field(composer).text() == ""
    found = await desk.messenger.database.read(lambda view: writing.editable(view, row))
    assert found == writing.Editable(row, "Perfect. See you at the weir, Maya")


async def test_cancelling_a_change_gives_the_draft_back(desk: Desk, composer: Composer) -> None:
    row = (await desk.messenger.database.read(lambda view: messages.before(view, MAYA, None, 1)))[0].row
    field(composer).insert("my draft")
    composer.edit(row)
    await until(lambda: composer.busy)
    field(composer).insert(" never sent")
    control(composer, "Cancel Editing").setFocus()
    QTest.keyClick(control(composer, "Cancel Editing"), Qt.Key.Key_Space)
    assert field(composer).text() == "my draft"
    await composer.keep()
    assert (await draft(desk, MAYA)).text == "my draft"


async def test_what_may_no_longer_be_edited_says_so(desk: Desk, composer: Composer, said: Said) -> None:
    row = await Furniture(desk.messenger).say("Maya Okafor", "long ago", NOW - 3_600_000, own_words=True)
    composer.edit(row)
    await until(lambda: bool(said.lines))
    assert said.lines == [("Messages can be edited for 15 minutes.", "")]
    assert not composer.busy


async def test_where_nothing_can_be_sent_send_says_why(desk: Desk, composer: Composer) -> None:
    found = await facing.of(desk.messenger.database, MAYA)
    closed = bearer.choose(bearer.Capability.NOT_RICH, bearer.Rules())
    composer.show_way(transport.way(found, closed))
    reason = "maya@example.com isn’t on Kingfisher, and texts need a phone number."
    field(composer).insert("hello")
    send = control(composer, "Send")
    assert not send.isEnabled()
    assert send.accessibleDescription() == reason
    QTest.keyClick(field(composer), Qt.Key.Key_Return)
    assert field(composer).text() == "hello"
    assert (await last(desk, MAYA)).text != "hello"


async def test_send_turns_green_with_the_way(composer: Composer) -> None:
    field(composer).insert("hello")
    send = control(composer, "Send")
    composer.show_way(transport.text(bearer.TextRoute(1)))
    await until(lambda: _fill(send) == composer._desk.theme.palette.green_fill.rgb())
    assert (send.accessibleName(), send.accessibleDescription()) == ("Send", "as a text message")
    assert field(composer).accessibleDescription() == "as a text message"
    composer.show_way(transport.encrypted())
    await until(lambda: _fill(send) == composer._desk.theme.palette.blue_fill.rgb())


def _fill(send: QWidget) -> int:
    return send.grab().toImage().pixel(send.width() // 2, 3)


async def test_another_transport_fades_over_the_one_before(composer: Composer) -> None:
    composer.show_way(transport.text(None))
    assert composer._fade.isVisible()
    composer.show_way(transport.text(bearer.TextRoute(1)))
    await until(lambda: not composer._fade.isVisible())
    composer.show_way(transport.text(None))
    assert not composer._fade.isVisible()


async def test_what_stands_aside_goes_where_it_is_narrow_but_a_warning_stays(composer: Composer) -> None:
    line = "Text message · 3 segments · 12 of 100 left this month"
    way = replace(transport.text(bearer.TextRoute(1)), line=line, aside="102 characters left")
    composer.show_way(way)
    field(composer).insert("hello")
    assert {line, "102 characters left"} <= _labels(composer)
    composer.resize(380, 140)
    await until(lambda: "102 characters left" not in _labels(composer))
    assert line in _labels(composer)
    composer.show_way(replace(way, aside="This message will use 3 texts.", warns=True))
    assert f"{line} · This message will use 3 texts." in _labels(composer)


def _labels(root: QWidget) -> set[str]:
    return {each.text() for each in root.findChildren(Label) if each.isVisible()}


async def test_a_draft_that_is_asked_about_stays_a_draft(desk: Desk) -> None:
    """Whoever says no finds the words where they were, also after a sudden end while the question stands there."""
    host, answer = QWidget(), asyncio.get_running_loop().create_future()

    async def consult(_: str) -> Terms | None:
        return await answer

    made = Composer(desk, host, consult=consult)
    host.show()
    await made.open(JONAS)
    field(made).insert("in the clear?")
    QTest.keyClick(field(made), Qt.Key.Key_Return)
    await made.keep()
    assert (await draft(desk, JONAS)).text == "in the clear?"
    answer.set_result(None)
    await until(lambda: made._going is None)
    assert field(made).text() == "in the clear?"
    assert (await last(desk, JONAS)).text == "Leaving in five minutes"
    host.deleteLater()


async def test_emoji_by_keyboard(composer: Composer) -> None:
    window = composer.window()
    window.activateWindow()
    field(composer).setFocus()
    field(composer).insert("so ")
    button = control(composer, "Emoji")
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    await until(lambda: any(each.isVisible() for each in window.findChildren(EmojiPicker)))
    picker = window.findChildren(EmojiPicker)[0]
    line = control(picker, "Search emoji", QLineEdit)
    QTest.keyClicks(line, "coffee")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert field(composer).text() == "so ☕"
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert not picker.isVisible()
    QTest.keyClick(button, Qt.Key.Key_Space)
    await until(picker.isVisible)
    QTest.keyClick(line, Qt.Key.Key_Right)
    QTest.keyClick(line, Qt.Key.Key_Down)
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert field(composer).text() == "so ☕🙃"
    control(picker, "Dark Skin Tone", QAbstractButton).click()
    QTest.keyClicks(line, "waving")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert field(composer).text().endswith("👋🏿")
    control(picker, "Flags", QAbstractButton).click()
    assert line.text() == ""
    QTest.keyClick(line, Qt.Key.Key_Escape)


async def test_recent_emoji_are_those_of_own_messages(desk: Desk, composer: Composer) -> None:
    await Furniture(desk.messenger).say("Maya Okafor", "yes 🐦", NOW, own_words=True)
    control(composer, "Emoji", QAbstractButton).click()
    await until(lambda: any(each.isVisible() for each in composer.window().findChildren(EmojiPicker)))
    picker = composer.window().findChildren(EmojiPicker)[0]
    assert control(picker, "Recent").isVisible()
    QTest.keyClick(control(picker, "Search emoji", QLineEdit), Qt.Key.Key_Return)
    assert field(composer).text() == "🐦"
    picker.shut()


async def test_tab_walks_from_the_field_to_emoji_to_send(composer: Composer) -> None:
    composer.window().activateWindow()
    field(composer).insert("x")
    field(composer).setFocus()
    names: list[str] = []
    for _ in range(2):
        QTest.keyClick(composer.window().focusWidget(), Qt.Key.Key_Tab)
        names.append(composer.window().focusWidget().accessibleName())
    assert names == ["Emoji", "Send"]


async def test_no_word_of_a_draft_is_in_a_plain_file(desk: Desk, composer: Composer) -> None:
    field(composer).insert("Xylophonquartett")
    await composer.keep()
    folder = desk.messenger.settings._path.parent
    for file in folder.rglob("*"):
        if file.is_file():
            assert b"Xylophonquartett" not in file.read_bytes(), file.name
