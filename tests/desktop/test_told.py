"""What a notification shows to whoever stands behind its user."""

import pytest

from app.client.alerts import Alert
from app.desktop.signed_in import Wanted, told

ONE = Alert(b"B" * 16, 1, "Bob", "shall we meet?", 1)
MANY = Alert(b"B" * 16, 4, "Bob", "are you there?", 4)
REQUEST = Alert(b"S" * 16, 1, "", "", 1, request=True)


@pytest.mark.parametrize(
    ("alert", "wanted", "expected"),
    [
        (ONE, "message", ("Bob", "shall we meet?")),
        (MANY, "message", ("Bob", "are you there?")),
        (ONE, "name", ("Bob", "New message")),
        (MANY, "name", ("Bob", "4 new messages")),
        (MANY, "nothing", ("Kingfisher", "4 new messages")),
        (REQUEST, "message", ("New message request", "Open Kingfisher to accept or block it.")),
        (REQUEST, "nothing", ("New message request", "Open Kingfisher to accept or block it.")),
    ],
)
def test_as_much_as_is_wanted(alert: Alert, wanted: Wanted, expected: tuple[str, str]) -> None:
    assert told(alert, wanted) == expected
