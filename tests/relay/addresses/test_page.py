"""The page for people without a device, as a browser without scripts uses it."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from app.protocol import frames, limits
from app.relay.addresses import page
from tests.parts import mail_server
from tests.parts.waiting import until
from tests.relay.addresses.conftest import NUMBER, OTHER, Desk

ALICE, BOB = "alice@example.com", "bob@example.com"


class Form(HTMLParser):
    """The fields of a page's form, and what it must not have."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.tags: set[str] = set()
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        if tag == "input":
            self.fields[found.get("name") or ""] = found.get("value") or ""
        self.outside += [name for name in found if name.startswith("on") or name in ("src", "style")]


async def post(desk: Desk, **fields: str) -> tuple[int, str]:
    async with desk.wire.session.post(desk.inside.url + limits.LEAVE_PATH, data=fields) as response:
        assert "script" not in response.headers["Content-Security-Policy"]
        return response.status, await response.text()


async def test_a_proved_address_leaves_after_72_hours_and_its_devices_may_keep_it(desk: Desk) -> None:
    alice = await desk.wire.join(ALICE)
    async with desk.wire.online(alice.gadgets[0]) as client:
        await desk.proved(client, NUMBER)
        desk.pass_by(limits.CODE_AGAIN)
        async with desk.wire.session.get(desk.inside.url + limits.LEAVE_PATH) as response:
            assert Form(await response.text()).fields == {"address": ""}
        status, text = await post(desk, address="+1 202 555 0131")
        assert (status, Form(text).fields) == (200, {"address": "+1 202 555 0131", "code": ""})
        await until(lambda: len(desk.network.taken) == 2)
        code = desk.code()
        assert "take this number away" in desk.network.taken[-1][1].text
        wrong = "000000" if code != "000000" else "000001"
        assert (await post(desk, address=NUMBER, code=wrong))[0] == 400
        status, text = await post(desk, address=NUMBER, code=f"{code[:3]} {code[3:]}")
        assert status == 200
        assert "leaves this relay on" in text
        held = await desk.one(client, NUMBER)
        assert (held.standing, held.other, held.refusable) == ("moving", bytes(32), True)
        await desk.say(client, desk.answer(alice, NUMBER, bytes(32), agree=False))
        assert (await desk.standing(client))[NUMBER] == "proved"
        desk.pass_by(limits.CODE_AGAIN)
        await post(desk, address=NUMBER)
        await until(lambda: len(desk.network.taken) == 3)
        assert (await post(desk, address=NUMBER, code=desk.code()))[0] == 200
    desk.pass_by(limits.MOVING)
    await desk.inside.relay.proving.turn()
    async with desk.wire.online(alice.gadgets[0]) as client:
        assert await desk.standing(client) == {ALICE: "claimed", NUMBER: "lost"}
        await client.send(frames.Lookup(1, NUMBER))
        assert (await client.take(frames.Found)).state == "not_found"


async def test_a_claimed_address_leaves_at_once(desk: Desk) -> None:
    await desk.wire.join(ALICE)
    await post(desk, address=ALICE)
    status, text = await post(desk, address=ALICE, code=await desk.mail.code())
    assert (status, "is not on this relay any more" in text) == (200, True)
    assert desk.inside.store.directory.address_of(b"") == ""
    bob = await desk.wire.join(BOB)
    async with desk.wire.online(bob.gadgets[0]) as his:
        await his.send(frames.Lookup(1, ALICE))
        assert (await his.take(frames.Found)).state == "not_found"


async def test_nobody_learns_who_is_here_and_strangers_get_no_codes(desk: Desk) -> None:
    await desk.wire.join(ALICE)
    known = await post(desk, address=ALICE)
    unknown = await post(desk, address=BOB)
    assert (known[0], known[1].replace(ALICE, BOB)) == unknown
    again = [await post(desk, address=one) for one in (ALICE, BOB)]
    assert again[0][0] == again[1][0] == 429
    wrong = [await post(desk, address=one, code="000000") for one in (ALICE, BOB)]
    assert wrong[1][0] == 400
    await desk.mail.code()
    assert desk.mail.to == [ALICE]


async def test_a_refusal_says_nothing_of_who_is_here_either(desk: Desk) -> None:
    """Numbers of another region, and money that is spent, are refused alike, whoever has them."""
    abroad, here = "+4915112345678", "+12025550131"
    for number in (abroad, here):
        await desk.wire.join(number)
    for known, unknown in ((abroad, "+4915112345679"), ("+19005550123", "+19005550124")):
        said = [await post(desk, address=number) for number in (known, unknown)]
        assert said[0][0] == said[1][0] == 400
        assert said[0][1].replace(known, unknown) == said[1][1]
        assert "Ask whoever runs" in said[0][1]
    texts = desk.inside.relay.texts
    rules = replace(texts.answering.admission.rules, texts_money_a_day=0)
    texts._admission = replace(texts._admission, rules=rules)
    said = [await post(desk, address=number) for number in (here, OTHER)]
    assert said[0][0] == said[1][0] == 429
    assert said[0][1].replace(here, OTHER) == said[1][1]
    assert desk.network.asked == []


@pytest.mark.parametrize(
    "data",
    [b"address=" + b"a" * 3_000, b"a=1&b=2&c=3&d=4&e=5", b"address=%ff%fe", b"", b"address=" + b"%00" * 40],
)
async def test_whatever_else_comes_is_refused_on_the_page(desk: Desk, data: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with desk.wire.session.post(desk.inside.url + limits.LEAVE_PATH, data=data, headers=headers) as response:
        assert response.status in (400, 413)
        assert 'role="alert"' in await response.text()


async def test_another_type_of_body_is_refused(desk: Desk) -> None:
    async with desk.wire.session.post(desk.inside.url + limits.LEAVE_PATH, json={"address": ALICE}) as response:
        assert response.status == 400


def test_what_was_typed_stays_text_and_the_page_needs_nothing_from_elsewhere() -> None:
    evil = '"><script>alert(1)</script>'
    for made in (page.ask("wrong", evil), page.enter(evil), page.left(evil), page.leaving(evil, 0), page.off()):
        form = Form(made)
        assert not form.tags & {"script", "img", "link", "iframe", "object"}
        assert form.outside == []
        assert not re.search(r"https?:", made)
    assert Form(page.ask("", evil)).fields == {"address": evil}
    policy = page.HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none';")
    assert mail_server.code_in("123456") == "123456"
