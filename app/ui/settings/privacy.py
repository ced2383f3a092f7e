"""Privacy & Security: what others learn, who is blocked, where the keys are, and everything as a file."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog

from app.client import changes, export, unlocking
from app.client.unlocking import Unlocking
from app.common import errors
from app.ui import format as formats
from app.ui.desk import Desk
from app.ui.settings.keys import KeysDialog, kept_in
from app.ui.settings.page import Page
from app.ui.settings.rows import Card, Row, Way
from app.ui.widgets import dialog
from app.ui.widgets.buttons import Button


class PrivacyPage(Page):
    """The declared fields, and three things that are none; ``show`` goes to another page by its key."""

    def __init__(self, desk: Desk, show: Callable[[str], None], ways: Unlocking | None) -> None:
        super().__init__(desk, "")
        self.title.setText(self.tr("Privacy & Security"))
        self._unlocking = ways or unlocking.of_system(desk.messenger.home)
        theme, cards = desk.theme, self.put_declared("privacy")
        self._blocked = Way(theme, self.tr("Blocked people"), lambda: show("blocked"))
        cards["#2"].add(self._blocked)
        self._change = Button(theme, self.tr("Change…"))
        self._keys = Row(theme, self.tr("Where keys are kept"), "", self._change)
        self._change.setAccessibleName(self.tr("Change where keys are kept"))
        self._change.clicked.connect(self._change_keys)
        self._export = Button(theme, self.tr("Export…"))
        self._export.setAccessibleName(self.tr("Export all messages"))
        self._export.clicked.connect(lambda: desk.bridge.spawn(self, self._ask_export(), name="export"))
        code = self.tr("The only way back if this computer is lost. It was shown to you once.")
        self.put_card(
            Card(
                theme,
                self._keys,
                Row(theme, self.tr("Recovery code"), code),
                Row(theme, self.tr("Export all messages"), self.tr("A file that is not encrypted"), self._export),
            )
        )
        desk.bridge.bind(self, changes.ContactsChanged, lambda _: self.entered())

    def entered(self) -> None:
        self.desk.bridge.spawn(self, self._load(), name="privacy")

    def came_back(self, inner: str) -> None:
        self._blocked.button.setFocus()

    async def _load(self) -> None:
        self._blocked.show_value(str(len(await self.desk.messenger.conversations.blocked())))
        try:
            self._keys.say(kept_in(await self._unlocking.ways()))
        except errors.KingfisherError as error:
            self._keys.say(formats.sentence(error))
            self._change.setEnabled(False)

    def _change_keys(self) -> None:
        async def work() -> None:
            asked = KeysDialog(self.desk, self._unlocking, await self._unlocking.ways(), self)
            if await asked.shown():
                self.desk.say(self.tr("Your keys have moved"))
            self.entered()

        self.desk.bridge.spawn(self, work(), name="keys")

    async def _ask_export(self) -> None:
        chosen = await dialog.ask(
            self.desk.theme,
            self,
            self.tr("Export all messages?"),
            self.tr("The file is not encrypted: whoever has it can read every conversation."),
            [(False, self.tr("Cancel"), "secondary"), (True, self.tr("Choose File…"), "primary")],
        )
        if chosen:
            self._choose_file()

    def _choose_file(self) -> None:
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        asked = QFileDialog(self, self.tr("Export all messages"), folder, self.tr("JSON lines (*.jsonl)"))
        asked.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        asked.setDefaultSuffix("jsonl")
        asked.selectFile("kingfisher.jsonl")
        asked.fileSelected.connect(self._chosen)
        asked.finished.connect(asked.deleteLater)
        asked.open()

    def _chosen(self, name: str) -> None:
        self.desk.bridge.spawn(self, self._save(Path(name)), name="export")

    async def _save(self, file: Path) -> None:
        self._export.setEnabled(False)
        try:
            count = await export.save(self.desk.messenger, file)
            self.desk.say(self.tr("Exported 1 message") if count == 1 else self.tr("Exported %n messages", "", count))
        except errors.KingfisherError as error:
            self.desk.fail(error)
        finally:
            self._export.setEnabled(True)
