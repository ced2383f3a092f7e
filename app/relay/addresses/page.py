"""The page on which somebody without a device takes their address away: plain HTML, no script, nothing from outside."""

import base64
import hashlib
import html
from datetime import UTC, datetime
from typing import Final

from app.protocol import limits, proofs

_STYLE: Final = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:10vh auto;padding:0 1.5rem}"
    ":root{color-scheme:light dark}"
    "label{display:block;margin:1rem 0 .25rem}"
    "input,button{font:inherit;padding:.5rem;box-sizing:border-box;max-width:100%}"
    "input{width:100%}button{margin-top:1rem;padding:.5rem 1.25rem}"
    "[role=alert]{border-left:.25rem solid;padding-left:.75rem}"
)
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_WHOLE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>Leave Kingfisher</title><style>{style}</style></head>
<body><main><h1>Leave Kingfisher</h1>
{inside}
</main></body></html>
"""
_ASK: Final = """{alert}<p>Take your phone number or e-mail address away from this relay when you have no device with
Kingfisher any more. People who write to you then know that you are not here.</p>
<p>If you still have Kingfisher somewhere, leave there instead: in Settings, it takes effect at once.</p>
<form method="post" action="{path}"><label for="address">Phone number with country code, or e-mail address</label>
<input id="address" name="address" required maxlength="{most}" autocomplete="email" value="{address}">
<button>Send a code</button></form>"""
_CODE: Final = """{alert}<p>If {address} is on this relay, a code is on its way there. It is good for ten minutes.</p>
<form method="post" action="{path}"><input type="hidden" name="address" value="{address}">
<label for="code">Code of {digits} digits</label>
<input id="code" name="code" required inputmode="numeric" pattern="[0-9 ]*" maxlength="12" autocomplete="one-time-code">
<button>Take the address away</button></form>
<p><a href="{path}">Another address, or a new code</a></p>"""
_LEFT: Final = "<p>{address} is not on this relay any more.</p>"
_LEAVING: Final = """<p>{address} leaves this relay on {when} (UTC).</p>
<p>Until then the devices of the account it belongs to are told, and may keep it.</p>"""
_OFF: Final = """<p>This relay sends no codes, so it cannot check whose an address is. Ask whoever runs it to take your
address away.</p>"""

ALERTS: Final = {
    "bad_address": "That is neither a phone number with its country code nor an e-mail address.",
    "not_checked": "This relay sends no codes to such addresses. Ask whoever runs it to take yours away.",
    "rate_limited": "Too many codes were asked for. Come back later.",
    "text_region_off": "This relay sends no texts to that country. Ask whoever runs it to take your number away.",
    "text_bad_number": "No texts can be sent to that number. Ask whoever runs this relay to take it away.",
    "busy": "The relay is busy. Try again in a minute.",
    "wrong": "That is not the code. Look again, or ask for a new one.",
    "expired": "That code is not good any more. Ask for a new one.",
}
_OTHER: Final = "That did not work. Try again later."


def ask(alert: str = "", address: str = "") -> str:
    """The first form; ``alert`` is a code."""
    return _page(
        _ASK, alert, path=limits.LEAVE_PATH, most=str(limits.ADDRESS), address=html.escape(address, quote=True)
    )  # fmt: skip


def enter(address: str, alert: str = "") -> str:
    """The form for the code: alike whether or not anybody has the address."""
    return _page(
        _CODE, alert, path=limits.LEAVE_PATH, digits=str(proofs.DIGITS), address=html.escape(address, quote=True)
    )  # fmt: skip


def left(address: str) -> str:
    return _page(_LEFT, address=html.escape(address))


def leaving(address: str, until: int) -> str:
    """``until`` in milliseconds."""
    when = datetime.fromtimestamp(until / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    return _page(_LEAVING, address=html.escape(address), when=when)


def off() -> str:
    """Where no address is checked."""
    return _page(_OFF)


def _page(inside: str, alert: str = "", **fields: str) -> str:
    sentence = f'<p role="alert">{ALERTS.get(alert, _OTHER)}</p>\n' if alert else ""
    return _WHOLE.format(style=_STYLE, inside=inside.format(alert=sentence, **fields))
