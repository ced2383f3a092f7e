"""Words keep the colour of the look that is there now, whenever they are first shown."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.theme import Theme
from app.ui.widgets.labels import Label


async def test_a_label_made_before_the_look_changed_is_shown_in_the_new_one(theme: Theme) -> None:
    theme.apply(mode="light", text_size=100, contrast="off", motion="on")
    host = QWidget()
    label = Label(theme, "words", color="amber_text")
    QVBoxLayout(host).addWidget(label)
    theme.apply(mode="dark", text_size=100, contrast="off", motion="on")
    host.show()
    assert label.palette().color(label.foregroundRole()) == theme.palette.amber_text
    host.hide()
    host.deleteLater()
