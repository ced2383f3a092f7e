"""Every kind of control on one page, at rest and disabled."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.composer.frame import RoundButton
from app.ui.theme import Theme
from app.ui.widgets.buttons import Button, IconButton, Kind, Pill
from app.ui.widgets.choices import Choice
from app.ui.widgets.fields import Field
from app.ui.widgets.switch import Switch
from app.ui.widgets.tags import Tag, Tone

TONES: tuple[Tone, ...] = ("blue", "green", "amber", "red", "grey")


def shelf(theme: Theme) -> QWidget:
    """The page, not yet shown."""
    root = QWidget()
    root.setAutoFillBackground(True)
    column = QVBoxLayout(root)
    kinds: tuple[Kind, ...] = ("primary", "green", "secondary", "danger", "link", "plain")
    for off in (False, True):
        row = QHBoxLayout()
        made = [
            *(Button(theme, kind.title(), kind, icon="copy") for kind in kinds),
            IconButton(theme, "search", "Find"),
            RoundButton(theme, "send", "Send", size=36, filled=True),
            Pill(theme, "Unread"),
            Switch(theme, "Off"),
            Switch(theme, "On", on=True),
            Choice(theme, "Who", [(1, "Everyone"), (2, "Nobody")]),
            Field(theme, "Name", "Placeholder", icon="user"),
        ]
        for each in made:
            each.setEnabled(not off)
            row.addWidget(each)
        column.addLayout(row)
    tags = QHBoxLayout()
    for tone in TONES:
        tags.addWidget(Tag(theme, tone.title(), tone))
    column.addLayout(tags)
    wrong = Field(theme, "Wrong")
    column.addWidget(wrong)
    wrong.complain("Enter a full phone number or e-mail.")
    return root
