"""The other Olm implementation: run with Debian's own Python, which has libolm; answers JSON lines on stdin.

With the argument ``store`` it prints the stored vectors instead (account and session pickles, and messages).
"""

import json
import sys

import olm


def message(kind, body):
    return olm.OlmPreKeyMessage(body) if kind == 0 else olm.OlmMessage(body)


def parts(sealed):
    return [sealed.message_type, sealed.ciphertext]


def store():
    passphrase = "a passphrase for stored vectors"
    alice, bob = olm.Account(), olm.Account()
    bob.generate_one_time_keys(2)
    bob.generate_fallback_key()
    bob_before = bob.pickle(passphrase).decode()
    one_time = list(bob.one_time_keys["curve25519"].values())
    fallback = next(iter(bob.fallback_key["curve25519"].values()))
    alice_identity, bob_identity = alice.identity_keys["curve25519"], bob.identity_keys["curve25519"]
    first = []
    for key in (one_time[0], fallback):
        session = olm.OutboundSession(alice, bob_identity, key)
        sealed = [session.encrypt(f"{text} across two libraries") for text in ("first", "second", "third")]
        first.append({"session_id": session.id, "messages": [parts(one) for one in sealed]})
    session = olm.OutboundSession(alice, bob_identity, one_time[1])
    opened = olm.InboundSession(bob, session.encrypt("hello"), alice_identity)
    session.decrypt(opened.encrypt("hello back"))
    pickle = opened.pickle(passphrase).decode()
    later = [parts(session.encrypt(f"later {n}")) for n in range(5)]
    json.dump(
        {
            "source": "libolm 3.2.13 (Debian python3-olm), tests/crypto/libolm_peer.py store",
            "passphrase": passphrase,
            "alice_identity": alice_identity,
            "bob_identity": bob_identity,
            "bob_account": bob_before,
            "first": first,
            "bob_session": pickle,
            "later": later,
        },
        sys.stdout,
        indent=1,
    )
    print()


def serve():
    account = olm.Account()
    account.generate_one_time_keys(10)
    account.generate_fallback_key()
    sessions = {}
    for line in sys.stdin:
        request = json.loads(line)
        call = request["call"]
        if call == "keys":
            answer = {
                "identity": account.identity_keys["curve25519"],
                "one_time": list(account.one_time_keys["curve25519"].values()),
                "fallback": next(iter(account.fallback_key["curve25519"].values())),
            }
        elif call == "start":
            session = olm.OutboundSession(account, request["identity"], request["key"])
            sessions[session.id] = session
            answer = {"session": session.id}
        elif call == "accept":
            first = olm.OlmPreKeyMessage(request["body"])
            session = olm.InboundSession(account, first, request["identity"])
            account.remove_one_time_keys(session)
            sessions[session.id] = session
            answer = {"session": session.id, "text": session.decrypt(first)}
        elif call == "encrypt":
            answer = {"message": parts(sessions[request["session"]].encrypt(request["text"]))}
        else:
            answer = {"text": sessions[request["session"]].decrypt(message(*request["message"]))}
        print(json.dumps(answer), flush=True)


if sys.argv[1:] == ["store"]:
    store()
else:
    serve()
