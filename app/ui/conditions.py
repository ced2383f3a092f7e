"""What the desktop knows of the network: it says when the way out is back, so that nobody waits for the next try."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtNetwork import QNetworkInformation

_BACK = (QNetworkInformation.Reachability.Online, QNetworkInformation.Reachability.Site)


class Network(QObject):
    """Calls ``back`` when the network can be reached again; a desktop that knows nothing of it stays quiet."""

    def __init__(self, back: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._back = back
        self._source: QNetworkInformation | None = None
        features = QNetworkInformation.Feature.Reachability
        if QNetworkInformation.loadBackendByFeatures(features):
            self._source = QNetworkInformation.instance()
            self._source.reachabilityChanged.connect(self._turned)

    @property
    def known(self) -> bool:
        """Whether this desktop can tell."""
        return self._source is not None

    def close(self) -> None:
        """Listen no more."""
        if self._source is not None:
            self._source.reachabilityChanged.disconnect(self._turned)
            self._source = None

    def _turned(self, now: QNetworkInformation.Reachability) -> None:
        if now in _BACK:
            self._back()
