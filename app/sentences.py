"""The one place where the codes of errors become English sentences that say what to do."""

from typing import Final

from app.common import errors
from app.protocol import codes

# What stands in the way for a while.
_AGAIN_LATER: Final = {
    "unreachable": "The relay cannot be reached; check the network and try again.",
    "offline": "There is no connection to the relay; check the network and try again.",
    "connection_lost": "The connection to the relay broke; try again.",
    "no_answer": "No answer came in time; try again.",
    "busy": "Somebody else is using this at the moment; try again.",
    "draining": "The relay is about to restart; try again in a minute.",
    "rate_limited": "The relay allows only so many requests; try again later.",
    "mailbox_full": "The recipient's mailbox on the relay is full; try again when they have been online.",
    "store_full": "The relay's disk is full; try again later or tell whoever runs it.",
    "disk_full": "The disk is full; free some space and try again.",
    "no_memory": "There is not enough memory to check a passphrase; close other programs and try again.",
    "no_device_ready": "None of their devices has keys to write to yet; try again when they have been online.",
    "untrusted_keys": "The relay's keys for their devices do not hold, so nothing was sent; tell whoever runs it.",
    "directory_silent": "Nobody could say yet whether they take encrypted messages; it is sent once the relay answers.",
    "unconfirmed": "The relay says this account is gone without any proof; try again later, or ask them another way.",
    "clock": "The clock of this computer is far off the relay's; set it right and try again.",
    "nonce_expired": "Logging in took too long; try again.",
    "token_expired": "The session with the relay has run out; try again.",
    "replaced": "Another connection of this device has taken over; close the other program that uses this profile.",
    "profile_in_use": "Another program has this profile open and cannot do this; close it and try again.",
    "keychain_locked": "The system's keychain is locked; unlock it and try again, or use the command unlock.",
    "keychain_slow": "The system's keychain has not answered; answer what it asks and try again.",
    "keychain_absent": "There is no keychain on this system that can be trusted; start one and try again, or open the "
    "profile with --vault passphrase.",
}

# What the keychain or the profile is, and how to get in.
_PROFILE: Final = {
    "keychain_changed": "The keychain no longer holds the key of this profile; nothing was changed; use the command "
    "unlock with your recovery code.",
    "keychain_refused": "The keychain refused to give or keep the key; allow it there and try again, or use --vault "
    "passphrase.",
    "no_keychain_slot": "This profile was never stored in a keychain; open it with --vault passphrase, or use the "
    "command unlock.",
    "no_passphrase_slot": "This profile has no passphrase; open it with --vault keychain, or set one with: "
    "passphrase set.",
    "no_recovery_slot": "This profile cannot be opened with a recovery code.",
    "no_slots": "Nothing is left that opens this profile.",
    "wrong_key": "That is not the right passphrase or recovery code for this profile; nothing was changed.",
    "passphrase_size": "A passphrase needs at least one character and at most a thousand.",
    "passphrases_differ": "The two passphrases are not the same; nothing was changed.",
    "recovery_code": "This is no recovery code: it has 12 groups of 5 digits; check each group for a slip.",
    "slot": "The file that holds the ways into this profile is damaged; restore it from a backup.",
    "no_profile": "There is no account in this profile yet; make one with the command register.",
    "not_registered": "The registration in this profile was begun but not finished; repeat the command register.",
    "already_registered": "This profile has an account already; use another profile for another account.",
    "unsafe_folder": "The folder for this profile's socket belongs to somebody else or is open to others; set "
    "XDG_RUNTIME_DIR to a folder of your own.",
    "missing": "The store of this profile is gone; restore it from a backup.",
    "newer_version": "A newer version of Kingfisher wrote this; update this one.",
    "copied": "This profile is a copy and the original is in use; use the original, or register a new profile.",
    "never_sent": "Something came that no device should send; it was refused.",
    "not_taken": "A message could not be taken and was set aside; ask its sender to write again.",
    "often_unreadable": "Messages of this person often cannot be read here; ask them to restart Kingfisher.",
    "often_reset": "This person's device keeps losing its keys; ask them to restart Kingfisher.",
    "unknown_device": "Your account has a device that was not there before; if it is not yours, tell your people "
    "another way and make a new account.",
    "device_added": "This person added a device; ask them about it if you did not expect that.",
    "copied_elsewhere": "A copy of this profile tried to log in and was refused; if that was not you, change the "
    "passphrase of this computer.",
    "not_a_device": "This device was removed from the account; register a new profile.",
    "answer_lost": "The program that has this profile ended before it answered; look with the command messages what "
    "became of it.",
    "output_failed": "The output could not be written.",
}

# Registration, relays and the way to them.
_RELAY: Final = {
    "taken": "This address has an account already; use another address, or the profile that has it.",
    "not_checked": "This relay sends no codes to such addresses, so it cannot be added.",
    "proof_old": "Your own proof of this address is older than six months, so you cannot refuse; verify it again.",
    "bad_code": "A code has six digits.",
    "no_code": "No code was asked for this address; ask for one with: addresses add.",
    "code_wrong": "That code did not match; check the digits and try again.",
    "code_expired": "The code has expired; ask for a new one with: addresses add.",
    "code_bounced": "There is no such mailbox, so the code came back; check the address and use: addresses add.",
    "code_not_delivered": "The code could not be delivered; check the address, or ask for a new one: addresses add.",
    "code_spent": "The code was wrong too often; ask for a new one with: addresses add.",
    "not_yours": "This is none of your account's addresses.",
    "not_moving": "Nobody else claims this address.",
    "address_moving": "Somebody else has proved an address of yours; refuse, unless it is you who moves it.",
    "address_lost": "An address of yours belongs to another account now; verify it again if it is yours.",
    "address_refused": "The address you verified stays with another account, whose owner refused to let it go.",
    "closed": "This relay registers people by invite only; ask for an invite link and use --invite.",
    "invite_used": "This invite was used already; ask for a new one.",
    "invite_expired": "This invite has expired; ask for a new one.",
    "no_invites": "Only the owner of this relay invites people; ask them for a link.",
    "bad_invite": "This is no valid invite link; copy it whole, with everything behind the # sign.",
    "bad_relay": "This is no address of a relay; write it like https://relay.example.com.",
    "bad_address": "This is no e-mail address or phone number; write numbers with their country code, such as "
    "+12025550123.",
    "needs_invite": "This relay's certificate is not vouched for by an authority; use an invite link, which vouches "
    "for it.",
    "not_encrypted": "The connection would not be encrypted; use the relay's https address.",
    "proxy_unsupported": "The proxy that is set cannot be used; set an http proxy or none.",
    "wrong_version": "This relay speaks another version of the protocol; update the older one of the two.",
    "wrong_certificate": "The relay showed a certificate it does not vouch for; somebody may be listening, so nothing "
    "was sent.",
    "another_relay": "Another relay than yours answered under this address; nothing was sent to it.",
    "hello_expired": "The relay's introduction has expired; set the clock of this computer right, or tell whoever runs "
    "the relay.",
    "relay_silent": "The relay on this computer does not answer; try again.",
    "relay_not_started": "The relay on this computer did not start; try again, or look at its log.",
    "relay_not_stopped": "The relay on this computer did not stop; try again, or restart the computer.",
    "relay_failed": "The relay on this computer could not do that; look at its log.",
    "relay_path": "The relay cannot be started from this folder, whose name holds signs that do not print; install "
    "Kingfisher somewhere else.",
    "no_hello": "What answered there is no Kingfisher relay; check the address.",
    "no_welcome": "What answered there is no Kingfisher relay; check the address.",
    "no_relay": "No relay is known for this account; register again.",
    "not_logged_in": "The relay wants a login first; try again.",
    "unknown_refusal": "The relay refused with a word this version does not know; update and try again.",
    "too_many": "That is more than the relay takes at once.",
    "too_many_frames": "That is more than the relay takes at once.",
}

# Why a message failed or cannot be changed.
_MESSAGES: Final = {
    "gave_up": "The message was tried for a day and not taken; send it again.",
    "relay_full": "The recipient's mailbox on the relay is full; send the message again when they have been online.",
    "expired": "Nobody came for the message within 30 days; send it again.",
    "stale_devices": "The recipient's devices changed all the time; send the message again.",
    "no_longer_rich": "The recipient no longer takes encrypted messages.",
    "too_large": "This is too large to be sent; make it shorter.",
    "needs_consent": "This would leave unencrypted or cost something, and nobody has agreed to that.",
    "plan_used_up": "The plan for text messages is used up.",
    "file_gone": "The attached file is no longer there; choose it again.",
    "other_account": "This address belongs to another account by now; begin a new conversation.",
    "not_on_kingfisher": "This address is not on Kingfisher; invite them.",
    "text_unknown": "Nobody knows whether the text message arrived.",
    "text_partly": "Only a part of the text message was taken; what is sent again may arrive twice.",
    "text_failed": "The phone network did not deliver the text message; check the number and send it again.",
    "text_bad_number": "Texts cannot be sent to this number; check it.",
    "text_opted_out": "This number has asked for no more texts; write to them another way.",
    "text_region_off": "This relay sends no texts to that country; ask whoever runs it.",
    "text_costs_more": "The text would take more segments than was agreed to; look at it and send it again.",
    "text_too_large": "This is too long for a text message; make it shorter.",
    "text_unsupported": "Text messages to this number carry no such attachment; send the words alone, or a link.",
    "text_expired": "The text message waited too long to leave; send it again.",
    "text_not_proved": "Texts leave only for somebody with a proved phone number; add yours to the account first.",
    "text_incomplete": "Part of this text did not arrive; ask for it again.",
    "text_message": "Text messages cannot be changed, taken back or reacted to.",
    "no_picture_message": "The gateway to this number does not take this picture; send words instead.",
    "picture_encrypted": "Pictures cannot be sent to people on Kingfisher yet; send words instead.",
    "picture_empty": "This file is empty; choose another picture.",
    "picture_unreadable": "This is no picture that can be read; save it as JPEG or PNG and try again.",
    "picture_too_large": "This picture is too large to be opened; choose a smaller one.",
    "picture_does_not_fit": "This picture does not fit a picture message, however small it is made; choose another.",
    "no_picture": "There is no picture in this message.",
    "no_words": "A picture message cannot be edited; delete it and send another.",
    "file_exists": "There is a file of this name already; choose another name.",
    "no_gateway": "This relay sends no text messages; ask whoever runs it.",
    "no_such_address": "Nobody has this address any more.",
    "blocked": "You have blocked this person; accept them to write to them.",
    "untrusted_list": "The relay's list of their devices does not hold, so nothing was sent; compare safety numbers.",
    "rich_off": "Encrypted messages are switched off.",
    "texts_off": "This would go as a text message, and those are turned off in the settings.",
    "refused": "The relay refused the message.",
    "empty": "There is nothing to send; write a text.",
    "not_text": "The text holds bytes that are no characters.",
    "unsupported": "This version cannot send that.",
    "unknown_person": "Nobody is known here under this address; check it with the command lookup.",
    "no_account": "No account is known for this person yet; try again when the relay can be reached.",
    "no_device": "This account has no device that could get the message; ask them to sign in again.",
    "no_person": "Nobody is known here by that name.",
    "no_message": "There is no message with this id here.",
    "no_conversation": "There is no such conversation here.",
    "no_job": "This message is not waiting to be sent.",
    "not_sent_yet": "This message was not sent yet; wait until it was.",
    "too_late": "It is too late to change this message.",
    "already_sent": "This message may have arrived already and cannot be discarded.",
    "no_such_setting": "There is no setting of this name; the command settings lists them all.",
    "bad_name": "A name needs at least one letter.",
    "autostart": "What starts with this computer could not be changed; look at the settings of the system.",
    "bad_value": "This setting does not take that value.",
    "withdrawn": "This message was withdrawn.",
    "not_found": "The relay knows nothing of that.",
}

_DISTRUST: Final = "What came from the relay does not hold ({}), so it was not used; tell whoever runs it."
DISTRUSTED: Final = (
    "bad_chain",
    "bad_digest",
    "bad_emoji",
    "bad_header",
    "bad_key",
    "bad_kind",
    "bad_signature",
    "bad_span",
    "content",
    "content_mismatch",
    "device_changed",
    "device_twice",
    "envelope",
    "ephemeral",
    "epoch_gone",
    "epoch_tampered",
    "expires_too_late",
    "index_out_of_window",
    "letter",
    "list_forked",
    "list_went_back",
    "malformed",
    "never_served",
    "no_session",
    "not_the_root",
    "olm_message",
    "order_ahead",
    "order_mismatch",
    "own_echo",
    "padding",
    "pq_missing",
    "prekey_expired",
    "replayed",
    "submit_changed",
    "tampered",
    "undecryptable",
    "unknown_epoch",
    "unknown_version",
    "wrong_context",
    "wrong_names",
)

_MISTAKE: Final = "Kingfisher made a mistake ({}); nothing is lost; please report it with the log of this profile."
MISTAKES: Final = (
    "bad_id",
    "constraint",
    "damaged_state",
    "database",
    "device_repeated",
    "envelope_too_large",
    "no_own_list",
    "not_gsm",
    "rebound",
    "stale_pair",
    "stale_state",
)

DAMAGE: Final = {
    "internal": "The relay made a mistake; try again, and tell whoever runs it if it happens again.",
    "damaged": "A file of this profile is damaged; restore the profile from a backup.",
    "disk": "The disk cannot be read or written; check it and try again.",
    "resource_missing": "This installation is incomplete; install Kingfisher again.",
    "resources_missing": "This installation is incomplete; install Kingfisher again.",
}

SENTENCES: Final[dict[str, str]] = {
    **{code: _DISTRUST.format(code) for code in DISTRUSTED},
    **{code: _MISTAKE.format(code) for code in MISTAKES},
    **DAMAGE,
    **_AGAIN_LATER,
    **_PROFILE,
    **_RELAY,
    **_MESSAGES,
}


def for_code(code: str) -> str:
    """The sentence for a code, with the limit behind it where one was met; it names the code when there is none."""
    known, _, limit = code.partition(" ")
    sentence = SENTENCES.get(known) or f"It did not work ({code})."
    return _with_limit(sentence, limit) if known == codes.Code.RATE_LIMITED and limit else sentence


def _with_limit(sentence: str, limit: str) -> str:
    return f"{sentence[:-1]} (the limit is: {limit.replace('_', ' ')})."


def of(error: errors.KingfisherError) -> str:
    """The sentence for an error, with the limit that was met and the wait that the relay asks for."""
    if isinstance(error, errors.Broken) and error.code not in DAMAGE:
        return _MISTAKE.format(error.code)
    sentence = for_code(error.code)
    if error.code == codes.Code.RATE_LIMITED and error.detail:
        sentence = _with_limit(sentence, error.detail)
    if error.retry_after is not None and error.retry_after >= 1:
        sentence = f"{sentence[:-1]}, in {round(error.retry_after)} seconds at the earliest."
    return sentence
