"""The worst that can happen to a text, planted one by one in a copy of the project: a test of texts must go red."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.tree import ROOT

SENDING = "app/relay/texts/sending.py"
ARRIVING = "app/relay/texts/arriving.py"
OUT = "app/relay/store/sqlite/texts.py"
MEDIA = "app/relay/store/sqlite/text_media.py"
BEARER = "app/domain/bearer.py"
TEXTS, TURNS = "tests/stories/test_texts.py", "tests/stories/test_text_turns.py"


@dataclass(frozen=True)
class Breach:
    """``old`` becomes ``new``; then this test must fail."""

    name: str
    file: str
    old: str
    new: str
    test: str


BREACHES = [
    Breach(
        "what nobody answered is written again", SENDING,
        "            await out.settle(number, Item(sequence, Handed.UNKNOWN))\n        except errors",
        "            await out.release(number, sequence)\n            return 0.01\n        except errors",
        "test_sending.py::test_what_nobody_answered_is_never_written_again",
    ),
    Breach(
        "after a crash everything is written again", OUT,
        "SET handed = 'unknown' WHERE handed = 'handing'", "SET handed = 'waiting' WHERE handed = 'handing'",
        "test_sending.py::test_killed_while_one_was_being_written_that_one_is_not_repeated",
    ),
    Breach(
        "a retry has a reference of its own", SENDING,
        "base.cut(whole, text.reference,", "base.cut(whole, text.reference + sequence,",
        "test_sending.py::test_what_was_not_written_waits_for_the_link",
    ),
    Breach(
        "another text begins while one is half out", SENDING,
        "self._half is not None and", "self._half is None and",
        "test_sending.py::test_a_busy_gateway_is_waited_for_and_no_other_text_begun_meanwhile",
    ),
    Breach(
        "the words stay", OUT,
        "    connection.execute(_ERASE, (number, number))\n", "",
        "test_sending.py::test_the_words_are_erased_once_they_are_handed_over",
    ),
    Breach(
        "answers have no end", "app/relay/texts/answering.py",
        "            self._check(answer)\n", "",
        "test_arriving.py::test_answers_end_at_the_limits_of_texts",
    ),
    Breach(
        "a recorded STOP comes back", ARRIVING,
        "now - limits.DAY, now - limits.OUTCOMES", "now - limits.DAY, now - limits.DAY",
        "test_arriving.py::test_a_recorded_stop_does_not_come_back",
    ),
    Breach(
        "what is being written can be withdrawn", OUT,
        "AND handed != 'waiting'\"", "AND handed = 'taken'\"",
        "test_sending.py::test_what_is_being_handed_over_cannot_be_taken_back",
    ),
    Breach(
        "a final receipt is written over", OUT,
        "AND NOT final AND receipt", "AND receipt",
        "test_sending.py::test_receipts_twice_in_any_order_and_for_nobody",
    ),
    Breach(
        "a receipt before its answer is forgotten", OUT,
        "    if item.message_id:", "    if not item.message_id:",
        "test_sending.py::test_a_receipt_that_comes_before_the_answer",
    ),
    Breach(
        "more segments than were shown", "app/relay/texts/admitting.py",
        "text.segments > frame.segments", "text.segments > 10 * frame.segments",
        "test_sending.py::test_a_latin_gateway_counts_more_and_asks_again",
    ),
    Breach(
        "parts of two people are joined", ARRIVING,
        "(incoming.gateway, incoming.source, incoming.destination, *places)",
        "(incoming.gateway, incoming.destination, *places)",
        "test_arriving.py::test_one_reference_of_two_people_is_two_texts",
    ),
    Breach(
        "a first part that never came leaves no trace", ARRIVING,
        "if parts[0][0] > expected:", "if pieces and parts[0][0] > expected:",
        "test_arriving.py::test_what_misses_a_part_is_shown_after_a_day_and_says_where",
    ),
    Breach(
        "parts are decoded one by one", ARRIVING,
        'segments.decode(b"".join(octets for _, octets, _ in parts), Alphabet(parts[0][2]))',
        '"".join(segments.decode(octets, Alphabet(name)) for _, octets, name in parts)',
        "test_arriving.py::test_a_letter_cut_in_two_is_whole_again",
    ),
    Breach(
        "acknowledged with a full disk", "app/relay/texts/texts.py",
        'if self._around.refusing() == "store_full":', 'if self._around.refusing() == "nothing":',
        "test_arriving.py::test_when_the_disk_is_full_nothing_is_acknowledged",
    ),
    Breach(
        "a claim is as good as a proof", "app/relay/serving.py",
        'and chain.standing == "proved" else None', "else None",
        "test_arriving.py::test_a_number_somebody_only_claims_is_not_theirs",
    ),
    Breach(
        "STOP is a word like any other", "app/relay/texts/admitting.py",
        "if self.store.numbers.blocked(text.destination):", "if not text.destination:",
        "test_arriving.py::test_stop_is_confirmed_once_and_then_there_is_silence",
    ),
    Breach(
        "a callback that comes twice is two texts", ARRIVING,
        "exact = bool(incoming.gateway_ref) and part is None", "exact = False",
        "test_arriving.py::test_a_callback_that_comes_twice_is_one_text",
    ),
    Breach(
        "pumping has no end", "app/relay/texts/caps.py",
        "if spent + price > rules.texts_money_a_day:", "if spent < 0:",
        "test_sending.py::test_the_money_of_all_accounts_has_one_limit",
    ),
    Breach(
        "pictures cost nothing", "app/relay/texts/admitting.py",
        "rules.mms_price if text.mms else", "0 if text.mms else",
        "test_mms.py::test_a_script_that_pumps_pictures_is_stopped",
    ),
    Breach(
        "pictures stay", MEDIA,
        "    connection.execute(_DONE, (number,))\n", "",
        "test_mms.py::test_out_whole_as_one_and_forgotten",
    ),
    Breach(
        "pictures may be fetched for ever", MEDIA,
        "WHERE token = ? AND until >= ?", "WHERE token = ? AND ? > 0",
        "test_mms.py::test_its_hour_is_over",
    ),
    Breach(
        "a picture may lie anywhere", "app/relay/texts/fetching.py",
        "if place is None or not (ours or may_be_asked(place)):", "if place is None:",
        "test_fetching.py::test_nowhere_that_is_not_public",
    ),
    Breach(
        "the login goes to whoever is pointed to", "app/relay/texts/fetching.py",
        "**(self._login if ours else {})", "**self._login",
        "test_fetching.py::test_the_login_goes_to_nobody_else",
    ),
    Breach(
        "as text, and encrypted all the same", "app/client/texting.py",
        "        if job.attempted:\n            outcome = await", "        if False:\n            outcome = await",
        f"{TEXTS}::test_send_as_text_takes_the_encrypted_one_back_first",
    ),
    Breach(
        "a silent directory is green", BEARER,
        "return Choice(Bearer.UNDECIDED, Why.DIRECTORY_SILENT)", "pass",
        f"{TURNS}::test_a_silent_directory_is_no_reason_for_green_and_the_plan_is_that_of_the_moment_of_leaving",
    ),
    Breach(
        "the plan of the moment of writing", BEARER,
        "(route.costs and route.asks)) and not agreed", "(route.costs and route.asks and False)) and not agreed",
        f"{TURNS}::test_a_silent_directory_is_no_reason_for_green_and_the_plan_is_that_of_the_moment_of_leaving",
    ),
    Breach(
        "a price nobody knows is none", BEARER,
        "return self.unpriced or self.price > 0", "return self.price > 0",
        "tests/domain/test_bearer.py::test_choice",
    ),
    Breach(
        "only encrypted is a wish", BEARER,
        "if route is None or rules.only_encrypted:", "if route is None:",
        "tests/client/test_forecast.py::test_no_order_of_events_lets_words_out_that_should_stay",
    ),
    Breach(
        "once encrypted turns green unasked", BEARER,
        "encrypted = rules.ever_rich or", "encrypted =",
        "tests/client/test_forecast.py::test_no_order_of_events_lets_words_out_that_should_stay",
    ),
    Breach(
        "a yes holds for whatever it costs", BEARER,
        "route.segments <= self.segments and route.price <= max(self.price, 0)", "route.segments <= self.segments",
        f"{TEXTS}::test_a_yes_is_asked_for_and_holds_for_what_was_shown",
    ),
    Breach(
        "last month's texts use this month's allowance", "app/storage/ledger.py",
        "WHERE at >= ?1 AND at < ?2 AND state <> 'released' ",
        "WHERE at >= ?1 * 0 AND at < ?2 AND state <> 'released' ",
        "tests/client/test_forecast.py::test_with_the_month_the_allowance_begins_again",
    ),
    Breach(
        "what was not taken is paid for", "app/storage/ledger.py",
        "max(0, before.over + segments - before.segments) if", "before.over if",
        "tests/stories/test_bill.py::test_what_is_shown_is_what_is_counted",
    ),
    Breach(
        "what may have arrived becomes a draft", "app/client/taking_back.py",
        "if safely and failed and", "if False and",
        "tests/stories/test_taking_back.py::test_what_nobody_knows_to_have_arrived_is_no_draft",
    ),
    Breach(
        "who is blocked is heard", "app/client/phone.py",
        'if person.relation == "blocked":', 'if person.relation == "nobody":',
        f"{TURNS}::test_a_text_of_somebody_who_is_blocked_is_not_shown",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project and its tests of texts."""
    root = tmp_path_factory.mktemp("copy")
    ignore = shutil.ignore_patterns("__pycache__", "node_modules")
    shutil.copytree(ROOT / "app", root / "app", ignore=ignore)
    for folder in ("parts", "relay", "client", "domain", "stories", "faults"):
        shutil.copytree(ROOT / "tests" / folder, root / "tests" / folder, ignore=ignore)
    for file in ("pyproject.toml", "tests/conftest.py", "tests/__init__.py"):
        if (ROOT / file).exists():
            shutil.copy(ROOT / file, root / file)
    return root


def run(root: Path, test: str, examples: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist"]
    where = test if test.startswith("tests/") else f"tests/relay/texts/{test}"
    few = {**os.environ, "KINGFISHER_EXAMPLES": str(examples), "KINGFISHER_SHRINK": "0"}
    return subprocess.run([*command, where], cwd=root, env=few, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.name)
def test_each_breach_fits(breach: Breach) -> None:
    assert (ROOT / breach.file).read_text(encoding="utf-8").count(breach.old) == 1


@pytest.mark.long
@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.name)
def test_each_breach_is_found(copy: Path, breach: Breach) -> None:
    path = copy / breach.file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(breach.old, breach.new), encoding="utf-8")
    try:
        broken = run(copy, breach.test, 30)  # it ends with the first that fails, which chance brings sooner or later
    finally:
        path.write_text(text, encoding="utf-8")
    assert broken.returncode == 1, f"nothing was found:\n{broken.stdout}"


@pytest.mark.long
@pytest.mark.parametrize("file", ["test_sending.py", "test_arriving.py", TEXTS, TURNS])
def test_without_a_breach_they_are_green(copy: Path, file: str) -> None:
    whole = run(copy, file, 1)
    assert whole.returncode == 0, whole.stdout
