"""The green conversation over a real store: forecast, strip, note, banner, and what Send asks, by accessible name."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.client import why as reasons
from app.domain.bearer import Agreement, Bearer, Capability, Why, Wish
from app.domain.conversation import Policy
from app.domain.delivery import Reason, Status
from app.domain.plan import Kind, UsedUp
from app.protocol import frames
from app.storage import jobs, messages
from app.storage.jobs import Job
from app.ui.composer.field import MessageField
from app.ui.conversation import why
from app.ui.conversation.accessible import offered
from app.ui.conversation.banners import ConnectionBanner
from app.ui.conversation.header import Header
from app.ui.conversation.page import ConversationPage
from app.ui.desk import Desk
from app.ui.theme import Theme
from app.ui.widgets.avatars import Avatar
from app.ui.widgets.dialog import Dialog
from app.ui.widgets.labels import ElidedLabel, Label
from tests.parts.answers import NUMBER, TEXTS, answered
from tests.parts.waiting import until
from tests.parts.window import NOW, Furniture, Said, control, person_of

DAD, SAM = person_of("Dad"), person_of("Sam Whitlock")
NOTE = "Texts aren’t encrypted. If Dad joins Kingfisher, messages become free and private."


@pytest_asyncio.fixture
async def page(desk: Desk) -> AsyncIterator[ConversationPage]:
    put = Furniture(desk.messenger)
    await put.phone("Dad", NUMBER)
    await put.text(await put.say("Dad", "Did the parcel arrive?", NOW - 3_600_000))
    made = ConversationPage(desk)
    made.resize(800, 700)
    made.show()
    made.activateWindow()
    await made.open(DAD)
    yield made
    await made.close_down()
    made.hide()
    made.deleteLater()


def said_on(root: QWidget) -> set[str]:
    return {each.text() for each in root.findChildren(Label) + root.findChildren(ElidedLabel) if each.isVisible()}


def field(page: ConversationPage) -> MessageField:
    return control(page, "Message", MessageField)


async def write(page: ConversationPage, words: str) -> None:
    """Type it, until its forecast is on the screen."""
    field(page).put(words)
    await until(lambda: page.outlook._held == words)


async def limited(page: ConversationPage, allowance: int, used: int = 0, **plan: object) -> None:
    messenger = page._desk.messenger
    if used:
        await Furniture(messenger).spend(used)
    await messenger.plan.change(kind=Kind.LIMITED, allowance=allowance, price=12, currency="GBP", **plan)


async def waiting(page: ConversationPage, words: str) -> tuple[Job, messages.Message]:
    """The job of the message with these words, once it is stored."""
    database = page._desk.messenger.database

    def look(view) -> tuple[Job, messages.Message] | None:
        for each in messages.before(view, page.conversation or b"", None, 5):
            if words.encode() in each.body and each.outgoing:
                return jobs.of_message(view, each.row)[0], each
        return None

    found = None
    while found is None:
        found = await database.read(look)
    return found


def asked(page: ConversationPage) -> Dialog | None:
    shown = [each for each in page.findChildren(Dialog) if each.isVisible()]
    return shown[0] if shown else None


async def question(page: ConversationPage) -> Dialog:
    await until(lambda: asked(page) is not None)
    found = asked(page)
    assert found is not None
    return found


async def test_nobody_has_answered_so_nothing_is_green(page: ConversationPage) -> None:
    """Offline: the address, neither blue nor green; what is sent waits, and asks before it turns into a text."""
    await until(lambda: page.outlook.found is not None)
    assert page.outlook.choice is not None
    assert page.outlook.choice.bearer is Bearer.UNDECIDED
    assert control(page, "Dad, +44 7700 900142").isVisible()
    assert not said_on(page) & {NOTE}
    await write(page, "anybody there?")
    assert "Waits until the relay has said how it travels" in said_on(page)
    QTest.keyClick(field(page), Qt.Key.Key_Return)
    job, message = await waiting(page, "anybody there?")
    assert (job.wish, job.consented, message.bearer) == (Wish.ASK, False, "rich")


async def test_header_strip_note_and_line_of_a_green_conversation(page: ConversationPage) -> None:
    await limited(page, 100, 88)
    await answered(page)
    assert control(page, "Dad, Text message · +44 7700 900142").isVisible()
    strip = control(page, "100-text plan, 88 used, 12 left, Resets 1 December")
    assert strip.isVisible()
    assert {"100-text plan", "88 used, 12 left", "Resets 1 December", NOTE} <= said_on(page)
    plan, invite = QSignalSpy(page.plan), QSignalSpy(page.invite)
    QTest.keyClick(control(page, "Plan…"), Qt.Key.Key_Space)
    QTest.keyClick(control(page, "Invite"), Qt.Key.Key_Return)
    assert (plan.count(), invite.count()) == (1, 1)
    await write(page, "Landed! Train home at ten past, so I'll call around eleven")
    line = "Text message · 1 segment · 12 of 100 left this month"
    assert {line, "102 characters left · £0.00 in plan"} <= said_on(page)
    await write(page, "x" * 400)
    assert "This message will use 3 texts." in said_on(page)
    await page._desk.messenger.plan.change(allowance=90)
    await until(lambda: "88 used, 2 left" in said_on(page))
    assert "Text message · 3 segments · 2 of 90 left this month · £0.12" in said_on(page)
    page.resize(360, 700)
    await until(lambda: "Resets 1 December" not in said_on(page))
    assert "88 used, 2 left" in said_on(page)
    page.resize(800, 500)
    assert NOTE not in said_on(page)


async def test_what_curly_quotes_cost_is_said_and_changed_when_wanted(page: ConversationPage) -> None:
    await limited(page, 100, 0)
    await answered(page)
    strip = "Curly quotes and dashes make this 2 texts instead of 1."
    words = "“See you at the weir” – said Dad, who’s there by ten… or later, if the bus is late again"
    await write(page, words)
    assert strip in said_on(page)
    QTest.keyClick(control(page, "Use Plain Ones", QAbstractButton), Qt.Key.Key_Space)
    plain = '"See you at the weir" - said Dad, who\'s there by ten... or later, if the bus is late again'
    assert field(page).text() == plain
    assert field(page).hasFocus()
    await until(lambda: strip not in said_on(page))
    assert "Text message · 1 segment · 100 of 100 left this month" in said_on(page)
    field(page).undo()
    assert field(page).text() == words
    await write(page, "a “short” one")
    assert strip not in said_on(page)


async def test_large_text_in_a_narrow_window_is_not_cut(page: ConversationPage, theme: Theme) -> None:
    await limited(page, 100, 88)
    await answered(page)
    await write(page, "Landed! Train home at ten past, so I’ll call around eleven")
    await answered(page)
    theme.apply(mode="light", text_size=200, contrast="off", motion="on")
    page.resize(420, 1200)
    await until(lambda: "12 left" in said_on(page))
    assert not page.findChildren(Header)[0].findChildren(Avatar)[0].isVisible()  # the name is worth more
    offline, retry = next(each for each in page.findChildren(ConnectionBanner)), control(page, "Retry Now")
    assert retry.mapTo(offline, retry.rect().topLeft()).y() >= offline.words.geometry().bottom()
    composer = page.composer
    await until(lambda: composer.height() >= composer.heightForWidth(composer.width()))
    assert control(page, "100-text plan, 88 used, 12 left, Resets 1 December").isVisible()


async def test_what_is_on_the_screen_is_what_send_agrees_to(page: ConversationPage) -> None:
    await page._desk.messenger.plan.change(kind=Kind.PAY, price=12, currency="GBP")
    await answered(page)
    assert control(page, "Pay per text, £0.12 each").isVisible()
    await write(page, "x" * 200)
    assert "Text message · 2 segments · £0.24" in said_on(page)
    QTest.keyClick(field(page), Qt.Key.Key_Return)
    job, message = await waiting(page, "x" * 200)
    assert asked(page) is None
    assert (job.wish, job.consented, job.agreed_segments, job.agreed_price) == (Wish.AUTO, True, 2, 24)
    assert message.bearer == "text"


async def test_a_price_that_is_not_known_is_said_and_agreed_to_as_such(page: ConversationPage) -> None:
    await page._desk.messenger.plan.change(kind=Kind.PAY)
    await answered(page)
    assert control(page, "Pay per text, Price unknown").isVisible()
    await write(page, "Landed")
    assert "Text message · price unknown" in said_on(page)
    assert page.outlook.choice is not None and page.outlook.choice.why is Reason.NEEDS_CONSENT
    QTest.keyClick(control(page, "Why Green?"), Qt.Key.Key_Return)
    dialog = await question(page)
    assert "Price: 1 text. What it costs isn’t known." in said_on(dialog)
    control(dialog, "Done", QAbstractButton).click()
    QTest.keyClick(field(page), Qt.Key.Key_Return)
    job, _ = await waiting(page, "Landed")
    assert (asked(page), job.consented, job.agreed_segments, job.agreed_price) == (None, True, 1, Agreement.UNSAID)


@pytest.mark.parametrize("yes", [True, False])
async def test_sent_before_its_forecast_was_there_it_is_asked_about(page: ConversationPage, yes: bool) -> None:
    """Enter right behind a paste: the screen still speaks of one segment."""
    await page._desk.messenger.plan.change(kind=Kind.PAY, price=12, currency="GBP")
    await answered(page)
    page.outlook._timer.setInterval(1_000_000)
    field(page).put("y" * 400)
    QTest.keyClick(field(page), Qt.Key.Key_Return)
    dialog = await question(page)
    assert {"This message will use 3 texts.", "It will use 3 texts and cost £0.36."} <= said_on(dialog)
    control(dialog, "Send Anyway" if yes else "Cancel", QAbstractButton).click()
    if yes:
        job, _ = await waiting(page, "y" * 400)
        assert (job.agreed_segments, job.agreed_price) == (3, 36)
    else:
        await until(lambda: page.composer._going is None)
        assert field(page).text() == "y" * 400


async def test_a_used_up_plan_asks_or_says_that_it_is_over(page: ConversationPage) -> None:
    await limited(page, 100, 100)
    await answered(page)
    await write(page, "one more")
    assert "Text message · 1 segment · 0 of 100 left this month · £0.12" in said_on(page)
    QTest.keyClick(field(page), Qt.Key.Key_Return)
    dialog = await question(page)
    assert {"You’ve used all 100 texts this month.", "More may cost £0.12 each."} <= said_on(dialog)
    control(dialog, "Cancel", QAbstractButton).click()
    await until(lambda: page.composer._going is None)
    QTest.keyClick(field(page), Qt.Key.Key_Return)
    control(await question(page), "Send Anyway", QAbstractButton).click()
    job, _ = await waiting(page, "one more")
    assert (job.consented, job.agreed_segments, job.agreed_price) == (True, 1, 12)
    await page._desk.messenger.plan.change(when_used_up=UsedUp.STOP)
    await until(lambda: "Your text plan is used up for this month." in said_on(page))
    await write(page, "and another")
    assert not control(page, "Send").isEnabled()


async def test_who_was_encrypted_turns_to_text_only_after_a_yes(desk: Desk, page: ConversationPage) -> None:
    await desk.messenger.database.write(lambda tx: tx.run(
        "INSERT INTO addresses (address, person) VALUES (?, ?)", ("+447700900150", SAM)
    ))  # fmt: skip
    await page.open(SAM)
    await answered(page)
    await write(page, "can you hear me?")
    assert control(page, "Send").accessibleDescription() == "as a text message"
    QTest.keyClick(field(page), Qt.Key.Key_Return)
    dialog = await question(page)
    assert "Send this as a text message?" in said_on(dialog)
    words = "Sam Whitlock doesn’t get encrypted messages at the moment. A text isn’t encrypted. It will use 1 text."
    assert words in said_on(dialog)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    await until(lambda: page.composer._going is None)
    assert field(page).text() == "can you hear me?"
    await desk.messenger.conversations.allow(SAM, Policy.ONLY_ENCRYPTED)
    only = "This conversation is only for encrypted messages, and Sam Whitlock can’t get any."
    await until(lambda: page.outlook.choice is not None and page._facing.policy is Policy.ONLY_ENCRYPTED)  # type: ignore[union-attr]
    await answered(page)
    assert only in said_on(page)
    await desk.messenger.conversations.allow(SAM, Policy.ALWAYS_TEXT)
    await until(lambda: page._facing.policy is Policy.ALWAYS_TEXT)  # type: ignore[union-attr]
    await answered(page)
    QTest.keyClick(field(page), Qt.Key.Key_Return)
    job, message = await waiting(page, "can you hear me?")
    assert (asked(page), job.consented, message.bearer) == (None, True, "text")


async def test_a_silent_gateway_is_said_and_tried_again(page: ConversationPage, said: Said) -> None:
    silent = "The text gateway isn’t answering, so text messages wait."
    green = page._green
    await answered(page, terms=frames.TextTerms(False, why="gateway_down"))
    assert silent not in said_on(page)  # without a connection to the relay that is not known
    green.silent.say(silent)
    QTest.keyClick(control(page, "Try Again"), Qt.Key.Key_Space)
    await until(lambda: bool(said.lines))
    assert said.lines == [("Still no answer from the text gateway. Text messages are sent when it’s back.", "")]


async def test_an_address_of_nobody_offers_to_invite(desk: Desk, page: ConversationPage) -> None:
    await Furniture(desk.messenger).phone("Maya Fern", "maya@fern.example")
    await page.open(person_of("Maya Fern"))
    await answered(page)
    assert "maya@fern.example isn’t on Kingfisher, and texts need a phone number." in said_on(page)
    assert control(page, "Invite").isVisible()


async def test_why_green_is_answered_for_the_next_message_and_for_each(page: ConversationPage) -> None:
    await limited(page, 100, 88)
    await answered(page)
    line = control(page, "Why Green?")
    assert line.accessibleDescription() == "Text message · +44 7700 900142"
    QTest.keyClick(line, Qt.Key.Key_Return)
    dialog = await question(page)
    rule = "Nobody with this number is on Kingfisher, so it’s a text message. Texts aren’t encrypted."
    looked, price = "Looked up 9:39: Dad isn’t on Kingfisher.", "Price: 1 text, nothing on top of your plan."
    assert {"Why Green?", rule, looked, price} <= said_on(dialog)
    control(dialog, "Done", QAbstractButton).click()
    await until(lambda: asked(page) is None)
    row = page.view._scene.window.rows[-1]
    assert offered(row, NOW)["Why Green?"] == "why"
    page.view._acting.do(row, "why")
    dialog = await question(page)
    proof = "It came through the phone network, where nothing is encrypted and nobody proves who sent it."
    assert {proof, "It came 8:41. Nothing is looked up for what comes in."} <= said_on(dialog)
    dialog.end(None)
    await until(lambda: asked(page) is None)
    await answered(page, Capability.RICH)
    assert control(page, "Why Blue?").isVisible()


async def test_why_of_what_waits_and_of_what_failed(desk: Desk, page: ConversationPage) -> None:
    """Not the rich default of a row that has not left."""
    await until(lambda: page.outlook.found is not None)
    await write(page, "anybody there?")
    QTest.keyClick(field(page), Qt.Key.Key_Return)
    job, message = await waiting(page, "anybody there?")
    database = desk.messenger.database
    assert (await reasons.why(database, message.row)).why == reasons.WAITING
    await database.write(lambda tx: jobs.defer(tx, job.job, 0, connected=True, reason=Why.DIRECTORY_SILENT, away=0))
    assert (await reasons.why(database, message.row)).why == Why.DIRECTORY_SILENT
    await page.open(SAM)
    failed = next(each for each in page.view._scene.window.rows if each.item.shown.message.status is Status.FAILED)
    assert "How This Went" in offered(failed, NOW)
    assert (await reasons.why(database, failed.key)).why == Reason.GAVE_UP


@pytest.mark.parametrize("word", [*Why, *Reason, reasons.PROVEN, reasons.NOT_PROVEN, reasons.WAITING])
def test_every_word_of_a_decision_has_its_sentence(desk: Desk, word: str) -> None:
    if isinstance(word, Why) or word in (reasons.PROVEN, reasons.NOT_PROVEN, reasons.WAITING):
        assert word in why.RULES
    found = why.sentences(reasons.Reasons("none", word), "Dad", NOW, desk.zone)
    assert len(found) == 1
    assert not found[0].startswith("It did not work")  # as a code without a sentence does


async def test_the_price_and_the_rule_of_a_standing_choice(desk: Desk) -> None:
    found = reasons.Reasons("text", Why.TEXT_AGREED, "not_rich", NOW, "always_text", True, False, 2, 24, "GBP")
    assert why.sentences(found, "Sam", NOW, desk.zone) == [
        "This conversation goes as text messages where nothing can be encrypted, as you’ve set it.",
        "Looked up 9:41: Sam has turned encrypted messages off.",
        "Price: 2 texts, £0.24.",
    ]
    found = reasons.Reasons("text", Why.TEXT_AGREED, "not_rich", NOW, "always_text", True, False, 1, None, "GBP")
    assert why.sentences(found, "Sam", NOW, desk.zone)[-1] == "Price: 1 text. What it costs isn’t known."
    assert TEXTS.available


async def test_under_a_text_it_says_how_many_and_what_they_cost(desk: Desk, page: ConversationPage) -> None:
    put = Furniture(desk.messenger)
    row = await put.say("Dad", "It did, thank you", NOW - 1_800_000, own_words=True, status=Status.DELIVERED)
    await put.text(row, 2)
    sent = await put.say("Dad", "Soon", NOW - 900_000, own_words=True, status=Status.SENT)
    await put.text(sent, 1, 1, 12)

    def lines() -> list[str]:
        return [each.place.line.words for each in page.view._scene.window.rows if each.place.line is not None]

    came = "Text message · sender not proven"
    await until(lambda: lines() == [came, "Delivered · 2 texts", "Sent as text message · 1 text · £0.12"])
