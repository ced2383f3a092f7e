"""What the first window says where something did not work; the program's other sentences name commands to type."""

from typing import Final

from PySide6.QtCore import QCoreApplication

from app.common import errors
from app.ui import format

_CONTEXT: Final = "FirstRun"

_SENTENCES: Final[dict[str, str]] = {
    "keychain_absent": "There is no keychain on this computer that Kingfisher can trust. Start one and try again.",
    "passphrase": "That isn’t the passphrase. Nothing was changed; try again.",
    "recovery_code": "This isn’t a recovery code: it has 12 groups of 5 digits. Check each group for a slip.",
    "wrong_key": "This recovery code is of another account. Nothing was changed; check where you kept yours.",
    "damaged": "A file that holds your messages is damaged. Nothing was changed; restore the folder from a backup.",
    "slot": "The file that opens your messages is damaged. Nothing was changed; restore the folder from a backup.",
    "missing": "The file with your messages is gone from this computer. Put it back from a backup, then try again.",
    "bad_invite": "This isn’t a whole invite link. Copy all of it, with everything behind the # sign.",
    "bad_relay": "Enter a relay’s address, such as relay.example.com.",
    "bad_address": "Enter a full phone number or e-mail.",
    "bad_name": "Enter a name that people can read.",
    "needs_invite": "This relay can only be joined with an invite. Ask whoever runs it.",
    "closed": "This relay takes new people by invite only. Ask whoever runs it for a link.",
    "taken": "Somebody on this relay has this number or e-mail already. Use another.",
    "invite_used": "This invite was used already. Ask for a new link.",
    "invite_expired": "This invite is older than seven days. Ask for a new link.",
    "unreachable": "Can’t reach the relay. Check that you’re on its network, and that it is running.",
}


def say(text: str) -> str:
    """In the user's language."""
    return QCoreApplication.translate(_CONTEXT, text)


def sentence(error: errors.KingfisherError, *, passphrase: bool = False) -> str:
    """What happened and what to do; ``passphrase``: that was what somebody typed."""
    code = "passphrase" if passphrase and error.code == "wrong_key" else error.code
    found = _SENTENCES.get(code)
    return say(found) if found is not None else format.sentence(error)
