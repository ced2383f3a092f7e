"""What a provider of texts says over the web: its signed forms, its answers, and the addresses it points to."""

import contextlib
import json
import urllib.parse

from app.common import errors
from app.protocol import segments
from app.relay.texts import base, callbacks, fetching, pieces, provider, webhooks
from tests.fuzz import mutate
from tests.fuzz.base import Target, must

TOKEN, URL = "token of the account", "https://relay.example.com"
_FORMS = (
    {"MessageSid": "SM" + "0" * 32, "MessageStatus": "undelivered", "ErrorCode": "30003"},
    {"MessageSid": "SM" + "1" * 32, "From": "+12025550123", "To": "+12025550100", "Body": "é 😀 +", "NumMedia": "0"},
    {
        "MessageSid": "MM" + "2" * 32, "From": "BANK", "To": "+12025550100", "Body": "", "NumMedia": "2",
        "MediaUrl0": "https://api.example.com/a", "MediaContentType0": "image/jpeg",
        "MediaUrl1": "https://api.example.com/b", "MediaContentType1": "text/vcard; charset=utf-8",
        "OptOutType": "STOP",
    },
)  # fmt: skip
_ANSWERS = (
    {"sid": "SM" + "0" * 32, "status": "queued", "num_segments": "3", "price": "-0.00750", "price_unit": "USD"},
    {"sid": "SM" + "0" * 32, "status": "failed", "error_code": 30007},
    {"code": 21211, "message": "no", "status": 400},
)
_ADDRESSES = (
    b"https://api.example.com/a", b"http://127.0.0.1:4000/a", b"https://[::ffff:10.0.0.1]/", b"https://127.1/",
    b"https://2130706433:443/", b"https://93.184.216.34/x",
)  # fmt: skip


def targets() -> list[Target]:
    forms = tuple(urllib.parse.urlencode(form).encode() for form in _FORMS)
    answers = tuple(json.dumps(answer).encode() for answer in _ANSWERS)
    return [
        Target("provider.form", _form, forms, mutate.text),
        Target("provider.answer", _answer, answers, mutate.json_tree),
        Target("provider.address", _address, _ADDRESSES, mutate.text),
    ]


def _form(data: bytes) -> str:
    """Signed as the provider would, so that the fuzzer reaches what comes behind the signature."""
    path = callbacks.path("north", "secret", provider.INCOMING)
    try:
        pairs = urllib.parse.parse_qsl(
            data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=300
        )
    except ValueError:
        pairs = []
    signature = webhooks.signature(TOKEN, URL + path, pairs)
    call = callbacks.Call(provider.INCOMING, path, data, {webhooks.SIGNATURE: signature})
    fields = webhooks.read(call, TOKEN, URL)
    heard: base.Receipt | None = None
    with contextlib.suppress(errors.Malformed):
        heard = webhooks.receipt("north", fields)
    incoming = webhooks.incoming("north", fields)
    segments.decode(incoming.octets, incoming.alphabet)
    kept = pieces.of(incoming.media)
    must(pieces.decode(pieces.encode(kept)) == kept, "pieces survive a round")
    must(len(kept) <= webhooks.MEDIA and not pieces.media(kept), "no more than may be, and none is here yet")
    return f"{heard.state if heard else ''} {len(kept)} {incoming.keyword_answered}"


def _answer(data: bytes) -> str:
    said: list[str] = []
    for status in (201, 400, 503):
        try:
            taken = provider.read_answer(status, data, 1)
        except base.OutcomeUnknown:
            must(status != 400, "a refusal is no riddle")
            said.append("unknown")
        except base.Refused as error:
            must(status != 503, "after a fault nobody knows")
            said.append(error.reason)
        else:
            must(status == 201 and taken.message_id.isalnum() and taken.billed_segments >= 1, "taken under an id")
            must(taken.price is None or (taken.price >= 0 and len(taken.currency) == 3), "a price is one")
            said.append(f"{taken.price is None}")
    return " ".join(said)


def _address(data: bytes) -> str:
    url = data.decode("utf-8", "replace")
    place = fetching.origin(url)
    if place is None:
        raise errors.Malformed("bad_address")
    allowed = fetching.may_be_asked(place)
    must(not allowed or place[0] == "https", "over TLS or not at all")
    must(not allowed or "127.0.0.1" not in place[1].split(":"), "never the machine itself")
    return f"{allowed} {place[0]}"
