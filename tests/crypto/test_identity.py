"""Recovery codes and their typing errors, keys derived from them, signatures, and the number people compare."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.common.errors import Malformed, Untrusted
from app.crypto import identity
from app.protocol import signed
from tests.parts.examples import examples

CODE = "12345 67890 12345 67890 12345 67890 12345 67890 12345 67890 12345 04257"


def groups(code: str) -> list[str]:
    return code.split(" ")


def test_a_code_has_twelve_groups_of_five_and_182_random_bits():
    codes = {identity.new_code() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        assert [len(group) for group in groups(code)] == [5] * 12
        assert identity.parse_code(code) == code
    assert 10**identity.SECRET_DIGITS > 2**160
    assert len({code[0] for code in codes}) > 5


def test_the_check_number_is_prime():
    prime = identity._CHECK
    assert all(prime % n for n in range(2, int(prime**0.5) + 1))


@settings(deadline=None, max_examples=examples(60))
@given(st.integers(0, 10**identity.SECRET_DIGITS - 1), st.integers(0, 59), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(secret, at, by):
    digits = identity.format_code(f"{secret:055d}").replace(" ", "")
    wrong = digits[:at] + str((int(digits[at]) + by) % 10) + digits[at + 1 :]
    with pytest.raises(Malformed, match="recovery_code: check"):
        identity.parse_code(wrong)


@settings(deadline=None, max_examples=examples(60))
@given(st.integers(0, 10**identity.SECRET_DIGITS - 1), st.integers(0, 58))
def test_two_exchanged_digits_are_always_noticed(secret, at):
    digits = identity.format_code(f"{secret:055d}").replace(" ", "")
    wrong = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    if wrong != digits:
        with pytest.raises(Malformed, match="recovery_code: check"):
            identity.parse_code(wrong)


def test_the_ways_people_type_it():
    code = identity.new_code()
    digits = code.replace(" ", "")
    wide = "".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in digits)
    for typed in (
        digits,
        code.replace(" ", "-"),
        f"  {code}\n",
        code.replace(" ", "\u00a0"),
        wide,
        code.replace(" ", "–"),
    ):
        assert identity.parse_code(typed) == code
        assert identity.root_seed(typed) == identity.root_seed(code)


@pytest.mark.parametrize(
    ("typed", "detail"),
    [
        ("", "digits"),
        ("12345", "length"),
        (CODE + "1", "length"),
        (CODE.replace("1", "l"), "digits"),
        ("1" * 2000, "length"),
    ],
)
def test_what_is_no_code_is_refused_with_its_reason(typed, detail):
    with pytest.raises(Malformed) as caught:
        identity.parse_code(typed)
    assert (caught.value.code, caught.value.detail) == ("recovery_code", detail)


def test_the_keys_of_a_code_are_fixed_and_independent():
    """Accounts depend on these bytes for ever."""
    code = identity.format_code("1234567890" * 5 + "12345")
    assert code == CODE
    assert identity.root_seed(code).hex() == ROOT_SEED
    assert identity.recovery_key(code).hex() == RECOVERY_KEY


# computed with OpenSSL: openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt key:<55 digits> -kdfopt info:kf/... HKDF
ROOT_SEED = "833dcf32d9cace61f1f7011d751f17f13c88404fece91992ee90d99992260ef3"
RECOVERY_KEY = "2225af16ebeccb73e7b5ec0e1b679ca5eeea9c812780cd48f2352ca4c3db18ef"


def test_signatures_agree_with_the_protocols():
    seed = identity.new_seed()
    public = identity.public_of(seed)
    assert public == signed.public_of(seed)
    assert identity.account_id(public) == signed.account_id(public)
    signature = identity.sign(seed, b"message")
    assert signature == signed.sign_bytes(seed, b"message")
    identity.verify(public, b"message", signature)
    signed.check(public, b"message", signature)


def test_a_signature_that_does_not_hold_is_untrusted():
    seed = identity.new_seed()
    public, signature = identity.public_of(seed), identity.sign(seed, b"message")
    wrong = bytes([signature[0] ^ 1]) + signature[1:]
    for key, message, sig in (
        (public, b"another", signature),
        (public, b"message", wrong),
        (public, b"message", signature[:63]),
        (public, b"message", b""),
        (public[:31], b"message", signature),
        (bytes(32), b"message", bytes(64)),
        (identity.public_of(identity.new_seed()), b"message", signature),
    ):
        with pytest.raises(Untrusted, match="bad_signature"):
            identity.verify(key, message, sig)


def test_the_safety_number_is_what_another_program_computes():
    """The vector comes from a Perl program with Digest::SHA, written from the description alone."""
    one, other = bytes(32), bytes(range(32))
    number = identity.safety_number(one, other)
    assert number == "645503054440523917938407923671999914834527196346367122699879"
    assert identity.safety_number(other, one) == number


def test_the_safety_number_depends_on_both_accounts():
    accounts = [hashlib.sha256(bytes([n])).digest() for n in range(4)]
    numbers = {identity.safety_number(one, other) for one in accounts for other in accounts if one < other}
    assert len(numbers) == 6
    assert all(len(number) == 60 and number.isdigit() and number[:30] <= number[30:] for number in numbers)
