"""Independent vectors, through our own functions where there is one, else through the very library call we use."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from app.common.errors import Untrusted
from app.crypto import identity, pq, primitives, vault
from tests.crypto import hpke_reference
from tests.crypto.vectors import cases, unhex


def test_xchacha20_poly1305():
    checked = 0
    for case in cases("xchacha20_poly1305"):
        key, nonce, aad, plain, ciphertext, tag = unhex(case, "key", "iv", "aad", "msg", "ct", "tag")
        if len(nonce) != primitives.NONCE_SIZE:
            continue  # other nonce sizes cannot be expressed: the type of the call refuses them
        if case["result"] == "valid":
            assert primitives.encrypt(key, plain, aad, nonce) == ciphertext + tag
            assert primitives.decrypt(key, ciphertext + tag, aad, nonce, code="tampered") == plain
        else:
            with pytest.raises(Untrusted):
                primitives.decrypt(key, ciphertext + tag, aad, nonce, code="tampered")
        checked += 1
    assert checked == 306


def test_ed25519():
    for case in cases("ed25519"):
        public, message, signature = unhex(case, "pk", "msg", "sig")
        if case["result"] == "valid":
            identity.verify(public, message, signature)
        else:
            with pytest.raises(Untrusted, match="bad_signature"):
                identity.verify(public, message, signature)


def test_x25519():
    for case in cases("x25519"):
        public, private, shared = unhex(case, "public", "private", "shared")
        key = x25519.X25519PrivateKey.from_private_bytes(private)
        peer = x25519.X25519PublicKey.from_public_bytes(public)
        if not any(shared):
            with pytest.raises(ValueError):
                key.exchange(peer)
        else:
            assert key.exchange(peer) == shared


def test_hkdf_sha256():
    for case in cases("hkdf_sha256"):
        secret, salt, info, output = unhex(case, "ikm", "salt", "info", "okm")
        if case["result"] == "valid":
            assert primitives.hkdf(secret, info, salt=salt, size=case["size"]) == output
        else:
            with pytest.raises(ValueError):
                primitives.hkdf(secret, info, salt=salt, size=case["size"])


def test_hmac_sha256():
    for case in cases("hmac_sha256"):
        key, message, tag = unhex(case, "key", "msg", "tag")
        ours = hmac.digest(key, message, "sha256")[: case["tagSize"] // 8]
        assert hmac.compare_digest(ours, tag) is (case["result"] == "valid")


def test_ml_kem_decapsulation():
    for case in cases("mlkem768_decaps"):
        seed, ciphertext = unhex(case, "seed", "c")
        if case["result"] != "valid":
            with pytest.raises(ValueError):
                mlkem.MLKEM768PrivateKey.from_seed_bytes(seed).decapsulate(ciphertext)
            continue
        key = mlkem.MLKEM768PrivateKey.from_seed_bytes(seed)
        assert hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest() == case["ek_sha256"]
        assert key.decapsulate(ciphertext).hex() == case["K"]


def test_ml_kem_key_generation():
    for case in cases("mlkem768_keygen"):
        key = mlkem.MLKEM768PrivateKey.from_seed_bytes(bytes.fromhex(case["seed"]))
        assert hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest() == case["ek_sha256"]


def test_an_invalid_ml_kem_key_is_refused_before_anything_is_sealed_to_it():
    outer = pq.public_of(bytes(32))[-32:]
    for case in cases("mlkem768_keys"):
        public = bytes.fromhex(case["ek"]) + outer
        if case["result"] == "valid":
            assert len(pq.hpke_seal(public, b"", bytes(32))) == pq.CIPHERTEXT_SIZE
        else:
            with pytest.raises(Untrusted, match="bad_key"):
                pq.hpke_seal(public, b"", bytes(32))


def test_x_wing():
    for case in cases("xwing"):
        seed, public, ciphertext, shared = unhex(case, "sk", "pk", "ct", "ss")
        assert pq.public_of(seed) == public
        assert hpke_reference.x_wing(seed, ciphertext) == shared


def test_hpke():
    for case in cases("hpke"):
        seed, info, enc = unhex(case, "skRm", "info", "enc")
        post_quantum = case["kem_id"] == 0x647A
        if post_quantum:
            assert pq.public_of(seed).hex() == case["pkRm"]
        for sequence, one in enumerate(case["encryptions"]):
            aad, ciphertext, plain = unhex(one, "aad", "ct", "pt")
            assert hpke_reference.open_base(case["kem_id"], seed, info, enc, ciphertext, aad, sequence) == plain
        aad, ciphertext, plain = unhex(case["encryptions"][0], "aad", "ct", "pt")
        suite, key = _library(post_quantum, seed)
        # The public call has no AAD; the vectors have one.
        assert openssl.hpke._decrypt_with_aad(suite, enc + ciphertext, key, info, aad) == plain


def _library(post_quantum: bool, seed: bytes):
    if post_quantum:
        return pq._SUITE, hpke.MLKEM768X25519PrivateKey(*pq._private(seed))
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    return suite, x25519.X25519PrivateKey.from_private_bytes(seed)


def test_our_hpke_opens_in_an_independent_implementation():
    for n in range(20):
        seed, info = pq.new_seed(), b"kf" * n
        sealed = pq.hpke_seal(pq.public_of(seed), info, bytes([n]) * 32)
        enc, ciphertext = sealed[:1120], sealed[1120:]
        assert hpke_reference.open_base(0x647A, seed, info, enc, ciphertext, b"", 0) == bytes([n]) * 32


def test_argon2id():
    """libsodium has neither lanes nor a secret: the RFC's vector proves OpenSSL, and OpenSSL proves our call."""
    (case,) = cases("argon2id")
    secret, word, salt, ad, output = unhex(case, "secret", "pass", "salt", "ad", "output")
    terms = {"iterations": case["passes"], "lanes": case["lanes"], "memory_cost": case["memory_kib"]}
    assert Argon2id(salt=salt, length=32, ad=ad, secret=secret, **terms).derive(word) == output
    for passes, memory in ((1, 8 * vault.MIB), (3, 8 * vault.MIB), (2, 16 * vault.MIB)):
        reference = Argon2id(salt=salt, length=32, iterations=passes, lanes=1, memory_cost=memory // 1024)
        assert vault._stretch("words", salt, vault.Cost(passes, memory)) == reference.derive(b"words")
