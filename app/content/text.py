"""Written words, with spans (bold, links, mentions) and perhaps an answer to another message."""

from typing import ClassVar

from app.content import base


class Text(base.Form, frozen=True, array_like=True):
    """``text`` as written; ``reply`` names the message it answers."""

    kind: ClassVar[str] = "text"
    visible: ClassVar[bool] = True

    text: base.Words
    spans: base.Spans = ()
    reply: base.Reference | None = None

    def check(self) -> None:
        base.check_spans(self.text, self.spans)
        if self.reply is not None:
            self.reply.check()

    def as_text(self) -> str:
        return self.text

    def problems(self, limits: base.Limits) -> tuple[str, ...]:
        if not self.text.strip():
            return ("empty",)
        return super().problems(limits)

    def edited(self, text: str, spans: tuple[base.Span, ...]) -> "Text":
        return Text(text, spans, self.reply)
