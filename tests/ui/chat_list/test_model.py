"""The rows follow the client's diffs, with the pinned ones apart or not, and Qt's own rules for models hold."""

from datetime import UTC

from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QAbstractItemModelTester

from app.client import diffs
from app.client.chat_list import Entry
from app.ui.chat_list.face import Moment
from app.ui.chat_list.model import ChatModel
from tests.parts.examples import examples
from tests.ui.chat_list.entries import NOW, entry


def made(parent: QObject, typing: set[bytes] | None = None) -> ChatModel:
    model = ChatModel(lambda: Moment(NOW, UTC), (typing if typing is not None else set()).__contains__, parent)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, parent)
    return model


def names(model: ChatModel) -> list[str]:
    return [str(model.data(model.index(row))) for row in range(model.rowCount())]


def listed(state: list[tuple[int, bool, int]]) -> list[Entry]:
    """Entries in the order of the list."""
    each = {
        number: entry(f"P{number}", number=number, pinned=pinned, unread=unread) for number, pinned, unread in state
    }
    return sorted(each.values(), key=lambda one: (not one.pinned, -one.place.active_at))


STATE = st.lists(st.tuples(st.integers(0, 15), st.booleans(), st.integers(0, 2)), max_size=12)


@settings(deadline=None, max_examples=examples(80))
@given(st.lists(st.one_of(STATE, st.integers(0, 6)), max_size=8))
def test_whatever_happens_rows_and_avatars_add_up_to_the_list(steps: list[list[tuple[int, bool, int]] | int]) -> None:
    parent = QObject()
    model = made(parent)
    now: list[Entry] = []
    apart = 0
    for step in steps:
        if isinstance(step, int):
            apart = step
            model.set_apart(apart)
        else:
            after = listed(step)
            model.take(diffs.between(now, after, key=lambda one: one.conversation))
            now = after
        pins = [one for one in now if one.pinned][:apart]
        assert list(model.entries) == now
        assert model.pinned == pins
        assert names(model) == [one.title.name for one in now[len(pins) :]]
        for row in range(model.rowCount()):
            assert model.face(row).badge == model.entry(row).unread


def test_a_change_of_one_row_touches_one_row(application: object) -> None:
    parent = QObject()
    model = made(parent)
    model.set_apart(3)
    before = [entry("Pin", number=0, pinned=True), *(entry(f"P{number}", number=number) for number in range(1, 200))]
    model.take((diffs.Reset(tuple(before)),))
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    model.take((diffs.Replaced(42, entry("Changed", number=42)),))
    assert told == [(41, 41)]
    assert names(model)[41] == "Changed"


def test_typing_is_asked_for_anew(application: object) -> None:
    parent, typing = QObject(), set[bytes]()
    model = made(parent, typing)
    one = entry(number=1)
    model.take((diffs.Reset((one,)),))
    assert model.face(0).mood == "plain"
    typing.add(one.conversation)
    assert model.face(0).mood == "plain"
    model.forget(one.conversation)
    assert model.face(0).mood == "typing"
    assert str(model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole)).startswith("Jonas Lind. typing…")
