"""The look in a process of its own, on a display: says what a window has come to, at once and after each change."""

import sys

from PySide6.QtWidgets import QApplication

from app.ui.shell import Shell
from app.ui.theme import Theme
from app.ui.window_state import WindowState


def main() -> int:
    application = QApplication(["kingfisher-tests"])
    theme = Theme()
    shell = Shell(theme, WindowState())
    shell.show()

    def tell() -> None:
        seen = shell.grab().toImage().pixelColor(shell.width() - 8, shell.height() - 8).name()
        scheme, contrast = "dark" if theme.dark else "light", "strong" if theme.high_contrast else "plain"
        print(scheme, contrast, seen, flush=True)

    theme.changed.connect(tell)
    tell()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
