"""The one table of limits, announced by the relay and enforced on both sides before anything is allocated."""

from typing import Final

VERSION: Final = 1

KIB: Final = 1024
MIB: Final = 1024 * KIB
DAY: Final = 86_400_000  # milliseconds
HOUR: Final = 3_600_000
MINUTE: Final = 60_000

# sizes, in bytes
FRAME: Final = 4 * MIB  # one WebSocket message
CONTENT: Final = 64 * KIB  # content ciphertext inside a Submit
BODY: Final = CONTENT - 8 * KIB  # the text or other body in it; the rest is for the payload's head, padding and tag
REACTION: Final = 64  # one reaction; the longest family sequences take 41
ENVELOPE: Final = 8 * KIB  # one device's envelope
EPHEMERAL: Final = 512
LIST: Final = 32 * KIB  # one device list
REQUEST: Final = 1 * MIB  # one HTTP body, blobs apart
OPEN_REQUEST: Final = 64 * KIB  # one HTTP body of what needs no token: a list and little else
ADDRESS: Final = 254  # characters
TEXT: Final = 1_600  # characters of a text to a phone, of which ten segments hold 1,530 at most
TEXT_RECEIVED: Final = 40_000  # characters of a text from a phone: 255 parts of 153
TEXT_SEALED: Final = 2 * MIB  # a text or MMS from a phone, sealed
TEXT_MEDIA: Final = 20  # pieces of one MMS from a phone
MMS: Final = 1 * MIB  # words and pieces of one MMS to a phone, all together; a gateway mostly takes less
MMS_PIECES: Final = 10  # of one MMS to a phone
MMS_TYPES: Final = 40  # kinds of pieces a gateway takes

# counts
NESTING: Final = 16  # arrays and maps inside each other, in a payload
VALUES: Final = 4_096  # in one payload, the skipped fields of newer versions included
REACTIONS: Final = 64  # of one sender to one message
PARKED: Final = 64  # annotations of one sender that wait for their target
FRAMES: Final = 4_096  # in one WebSocket message
ENVELOPES: Final = 1_000  # in one Submit
DEVICES: Final = 8  # in one account
CHAIN: Final = 1_000  # lists since the last one signed by the root
ONE_TIME_KEYS: Final = 50
PQ_KEYS: Final = 20
LOW_KEYS: Final = 20  # below this a device publishes new one-time keys
LOW_PQ_KEYS: Final = 8
ACKS: Final = 4_096  # in one Ack
WATCHED: Final = 2_000  # accounts watched by one device
OWN_ADDRESSES: Final = 20  # of one account
CODE_TRIES: Final = 5  # before a code is worth nothing

# the mailbox of one device
MAILBOX_ENTRIES: Final = 50_000
MAILBOX_BYTES: Final = 256 * MIB
CONTACT_ENTRIES: Final = 5_000  # from one accepted sender account
STRANGER_ENTRIES: Final = 20  # from one sender who is not accepted
STRANGER_BYTES: Final = 1 * MIB
STRANGERS_ENTRIES: Final = 200  # from all of them
QUIET_RESERVE: Final = 2_000  # entries kept free for receipts and own devices
CREDITS: Final = 512  # entries handed over and not yet acknowledged
CREDIT_BYTES: Final = 4 * MIB

# times, in milliseconds
RETENTION: Final = 30 * DAY
OUTCOMES: Final = 31 * DAY  # how long the relay remembers a submit id
SEEN: Final = 60 * DAY  # how long a receiver remembers an envelope
AHEAD: Final = 10 * MINUTE  # a Submit's order may be this far ahead of the relay's clock
FRESHNESS: Final = 45 * DAY
FRESHNESS_RENEWAL: Final = 7 * DAY
HELLO: Final = 7 * DAY
INVITE: Final = 7 * DAY
NONCE: Final = 30_000
TOKEN: Final = 15 * MINUTE
TOKEN_RENEWAL: Final = 10 * MINUTE
PREKEY_LIFE: Final = 90 * DAY  # how far ahead a prekey may expire
HEARTBEAT: Final = 25_000
CODE: Final = 10 * MINUTE  # how long a code proves an address
CODE_AGAIN: Final = 30_000  # between two codes to one address
MOVING: Final = 72 * HOUR  # before a proved address goes to another account without its old one
PROOF: Final = 183 * DAY

# rates of the relay; every refusal says which one it was
REQUESTS_A_SECOND: Final = 20  # lookups of one account, known addresses too
LOOKUPS_A_DAY: Final = 200  # addresses new to the asking account
LOOKUPS_FROM_NETWORK: Final = 2_000  # of these, a day from one network address
LOOKUPS_IN_ALL: Final = 100_000  # of these, a day at the whole relay
SUBMITS_A_SECOND: Final = 200  # sustained, for one account
SUBMITS_BURST: Final = 2_000
CLAIMS_AN_HOUR: Final = 10  # prekey bundles of one device to one asking account
EPHEMERALS_A_SECOND: Final = 20
LOGINS_A_MINUTE: Final = 60  # for one network address
REGISTRATIONS_AN_HOUR: Final = 60  # for one network address
INVITES_A_DAY: Final = 20  # made by one account

# HTTP paths
SOCKET_PATH: Final = "/v1/socket"
ACCOUNTS_PATH: Final = "/v1/accounts"
INVITES_PATH: Final = "/v1/invites"
LISTS_PATH: Final = "/v1/lists"
FRESHNESS_PATH: Final = "/v1/freshness"
FOUND_BY_PATH: Final = "/v1/found-by"
PREKEYS_PATH: Final = "/v1/prekeys"
CLAIM_PATH: Final = "/v1/prekeys/claim"
HEALTH_PATH: Final = "/v1/health"
VERSION_PATH: Final = "/v1/version"
METRICS_PATH: Final = "/metrics"
ADDRESSES_PATH: Final = "/v1/addresses"
START_PATH: Final = "/v1/addresses/start"
PROVE_PATH: Final = "/v1/addresses/prove"
WITHDRAW_PATH: Final = "/v1/addresses/withdraw"
ANSWER_PATH: Final = "/v1/addresses/answer"
JOIN_PATH: Final = "/join"
LEAVE_PATH: Final = "/leave"
