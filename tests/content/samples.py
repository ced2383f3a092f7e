"""Samples of everything that can be said, the nasty ones included; each kind of the catalog needs at least two."""

from typing import Final

from app.common.ids import AccountId, DeviceId, MessageId, SubmitId
from app.content import annotations, base, picture, text

ALICE: Final = AccountId(b"A" * 32)
BOB: Final = AccountId(b"B" * 32)
CAROL: Final = AccountId(b"C" * 32)
LAPTOP: Final = DeviceId(b"laptop".ljust(16))
PHONE: Final = DeviceId(b"phone".ljust(16))
PLACE: Final = bytes(range(32))


def message_id(number: int) -> MessageId:
    return MessageId(number.to_bytes(16, "big"))


def reference(number: int = 1, author: AccountId = ALICE, digest: bytes = b"") -> base.Reference:
    return base.Reference(PLACE, author, message_id(number), digest)


# Overrides, joiners, a lone combining mark, a null, astral planes, a family, tall stacks, line ends of every kind.
NASTY_WORDS: Final = (
    "\u202egpj.exe\u202c \u2066\u2069",
    "\u0301" * 200,
    "a\x00b\x1b[31m\x07",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0010ffff",
    "Z\u0351\u036b\u0343\u036a\u0302" * 40,
    "one\r\ntwo\u2028three\u2029four\x85five",
    "\ufeff\ufffe\uffff",
    "ﷺ﷽",
)

SAMPLES: Final[dict[str, base.Form]] = {
    "text/plain": text.Text("Hello Bob"),
    "text/spans": text.Text(
        "See Carol at example.com",
        (
            base.Span(4, 5, "mention", CAROL.hex()),
            base.Span(13, 11, "link", "https://example.com/"),
            base.Span(0, 24, "of-tomorrow", "?"),
        ),
    ),
    "text/reply": text.Text("Yes", reply=reference(7, BOB, b"d" * 16)),
    "text/full": text.Text("x" * (base.BODY - 16)),
    "text/many-spans": text.Text("x", (base.Span(0, 1, "bold"),) * base.SPANS),
    **{f"text/nasty-{number}": text.Text(words) for number, words in enumerate(NASTY_WORDS)},
    "picture/alone": picture.Picture("image/jpeg", 61_440, 1_600, 1_200),
    "picture/words": picture.Picture("image/gif", 7, 1, 16_384, "Look!", "cat.gif", moves=True),
    "picture/file": picture.Picture("audio/amr", 4_096, name="voice.amr"),
    **{
        f"picture/nasty-{number}": picture.Picture("image/png", 9, 2, 3, words, words[:255])
        for number, words in enumerate(NASTY_WORDS)
    },
    "reaction/heart": annotations.Reaction(reference(), "\u2764\ufe0f"),
    "reaction/family": annotations.Reaction(
        reference(), "\U0001f469\U0001f3ff\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f468\U0001f3ff"
    ),
    "reaction/none": annotations.Reaction(reference(2, BOB, b"d" * 16), ""),
    "edit/plain": annotations.Edit(reference(), "Hello Carol"),
    "edit/nasty": annotations.Edit(reference(), NASTY_WORDS[0], (base.Span(0, 3, "bold"),)),
    "retraction/plain": annotations.Retraction(reference()),
    "retraction/digest": annotations.Retraction(reference(3, CAROL, b"\x00" * 16)),
    "response/empty": annotations.Response(reference(), b""),
    "response/full": annotations.Response(reference(), bytes(annotations.RESPONSE)),
    "receipt/one": annotations.Receipt(annotations.ReceiptState.DELIVERED, (message_id(1),)),
    "receipt/full": annotations.Receipt(
        annotations.ReceiptState.READ, tuple(message_id(number) for number in range(annotations.RECEIPTS))
    ),
    "read/plain": annotations.ReadMark(PLACE, 1_800_000_000_000, message_id(5)),
    "read/last": annotations.ReadMark(PLACE, base.LATEST, MessageId(b"\xff" * 16)),
    "setting/plain": annotations.Setting("theme", "dark"),
    "setting/nasty": annotations.Setting("\u202e" * 64, NASTY_WORDS[4]),
    "repeat/unopened": annotations.Repeat((annotations.Unopened(LAPTOP, SubmitId(b"s" * 16), b"d" * 32),)),
    "repeat/full": annotations.Repeat(
        tuple(annotations.Unopened(LAPTOP, SubmitId(number.to_bytes(16, "big"))) for number in range(annotations.GAPS)),
        tuple(annotations.Hole(PHONE, PLACE, number) for number in range(annotations.GAPS)),
    ),
    "nothing/plain": annotations.Nothing(),
    "profile/plain": annotations.Profile(),
    "reset/asks": annotations.Reset(asks=True, epoch=b"e" * 32),
    "reset/announces": annotations.Reset(asks=False),
}
