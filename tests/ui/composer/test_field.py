"""The text field: what it takes, how it grows, and what its keys mean."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication

from app.content.base import Limits
from app.content.text import Text
from app.ui.composer import field as fields
from app.ui.composer.field import MessageField
from app.ui.theme import Theme


@pytest.fixture
def field(theme: Theme) -> Iterator[MessageField]:
    made = MessageField(theme)
    made.resize(300, 20)
    made.show()
    yield made
    made.hide()
    made.deleteLater()


def test_enter_sends_and_shift_enter_begins_a_line(field: MessageField) -> None:
    spy = QSignalSpy(field.submitted)
    QTest.keyClicks(field, "one")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(field, "two")
    assert spy.count() == 0
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert spy.count() == 2
    assert field.text() == "one\ntwo"


def test_up_recalls_only_in_an_empty_field(field: MessageField) -> None:
    recalled, cancelled = QSignalSpy(field.recalled), QSignalSpy(field.cancelled)
    QTest.keyClick(field, Qt.Key.Key_Up)
    field.insert("x")
    QTest.keyClick(field, Qt.Key.Key_Up)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert (recalled.count(), cancelled.count()) == (1, 1)


def test_it_grows_to_six_lines_and_scrolls_then(field: MessageField, theme: Theme) -> None:
    heights: list[int] = []
    for lines in range(1, 9):
        field.put("\n".join("x" * lines))
        heights.append(field.height())
    assert heights == [20, 40, 60, 80, 100, 120, 120, 120]
    assert field.verticalScrollBar().maximum() > 0
    field.put("back to one")
    assert (field.height(), field.verticalScrollBar().maximum()) == (20, 0)
    theme.apply(mode="light", text_size=200, contrast="off", motion="on")
    assert field.height() == 40
    assert field.text() == "back to one"


def test_emoji_do_not_make_a_line_higher(field: MessageField) -> None:
    field.put("so 😄❤️‍🔥 much\nשלום")
    assert field.height() == 40


def test_rich_text_is_pasted_as_its_plain_text(field: MessageField) -> None:
    mime = QMimeData()
    mime.setHtml("<b style='color: #ff0000'>bold</b> <img src='file:///etc/passwd'>")
    mime.setText("bold")
    field.insertFromMimeData(mime)
    assert field.text() == "bold"
    assert "ff0000" not in field.toHtml()


def test_files_are_no_text(field: MessageField) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/secret.txt")])
    mime.setText("file:///tmp/secret.txt")
    field.insertFromMimeData(mime)
    assert field.text() == ""


@pytest.mark.parametrize("huge", ["x" * (fields.LARGEST + 1), "€" * (fields.LARGEST // 3 + 1), "y" * 3_000_000])
def test_too_much_is_refused_whole_and_said_once(field: MessageField, huge: str) -> None:
    spy = QSignalSpy(field.refused)
    field.put("mine ")
    mime = QMimeData()
    mime.setText(huge)
    field.insertFromMimeData(mime)
    assert (field.text(), spy.count()) == ("mine ", 1)


def test_what_just_fits_can_be_sent(field: MessageField) -> None:
    most = "y" * (fields.LARGEST - 2) + "é"
    assert fields.size_of(most) == fields.LARGEST
    assert Text(most).problems(Limits()) == ()
    field.insert(most)
    assert field.text() == most
    refused = QSignalSpy(field.refused)
    field.insert("z")
    assert refused.count() == 1
    field.selectAll()
    field.insert("short")
    assert field.text() == "short"


@given(st.text(st.characters(), max_size=200))
def test_what_is_kept_of_any_text_can_be_sent(text: str) -> None:
    kept = fields.cleaned(text)
    assert not set(kept) & set("\0\x1b\r\x85\u2028")
    assert kept == fields.cleaned(kept)
    if kept.strip():
        assert Text(kept).problems(Limits()) == ()


def test_controls_and_strange_line_ends_are_cleaned(field: MessageField) -> None:
    field.insert("a\0b\x1b[31mc\r\nd\u2028e\ud800f\tg")
    assert field.text() == "ab[31mc\nd\nef\tg"


def test_undo_and_redo_but_never_into_what_was_sent(field: MessageField) -> None:
    field.put("")
    QTest.keyClicks(field, "word")
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert field.text() == ""
    field.redo()
    assert field.text() == "word"
    field.put("")
    field.undo()
    assert field.text() == ""


def test_an_input_method_composes_without_being_text(field: MessageField) -> None:
    field.setFocus()
    QApplication.sendEvent(field, QInputMethodEvent("にほ", []))
    assert field.composing
    assert field.text() == ""
    done = QInputMethodEvent("", [])
    done.setCommitString("日本")
    QApplication.sendEvent(field, done)
    assert not field.composing
    assert field.text() == "日本"


def test_right_to_left_words_turn_by_themselves(field: MessageField) -> None:
    field.put("שלום\nhello")
    document = field.document()
    sides = [document.findBlockByNumber(number).textDirection() for number in (0, 1)]
    assert sides == [Qt.LayoutDirection.RightToLeft, Qt.LayoutDirection.LeftToRight]
