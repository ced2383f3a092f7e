"""What arrived, applied: within the batch's transaction, by kind of content, after the one table of who may say what.

Everything here runs on the writer thread and touches nothing but the transaction. The sender is the authenticated one;
what the payload says about it is a claim.
"""

import secrets
from collections.abc import Callable

import msgspec

from app.client import changes, folding, peers, repeats
from app.client.me import Me
from app.common import errors, ids
from app.content import annotations, base, catalog
from app.content.payload import Payload
from app.crypto.parties import Party
from app.domain import authority, ordering
from app.domain.authority import Verdict
from app.domain.delivery import Event, Status
from app.domain.people import Relation
from app.protocol import frames, signed
from app.storage import annotations as annotation_table
from app.storage import conversations, messages, notices, people, receipts, recipients, search
from app.storage.people import Person
from app.storage.transaction import Tx

RECEIPT_JITTER = 2_000  # milliseconds
# What one author may say about one message before the rest is refused; what is shown of it is bounded tighter still.
MOST_SAID = {annotations.Reaction.kind: 64, annotations.Response.kind: 64, annotations.Edit.kind: 16}

RELATIONS = {"stranger": Relation.NONE, "accepted": Relation.ACCEPTED, "blocked": Relation.BLOCKED}


class Arrival(msgspec.Struct, frozen=True):
    """One opened envelope: who sent it, what the relay said of it, and its payload."""

    sender: Party
    item: frames.Deliver
    message: ids.MessageId
    digest: bytes
    payload: Payload
    content: base.Content
    reset_asked: bool = False
    repeated: bool = False

    @property
    def account(self) -> ids.AccountId:
        return ids.AccountId(self.sender.account)


class Intake:
    """Applies arrivals; hands what needs more than a transaction to ``jobs``."""

    def __init__(self, me: Me, directory: peers.Peers, tells_read: Callable[[], bool]) -> None:
        self._me = me
        self._peers = directory
        self._tells_read = tells_read

    def apply(self, tx: Tx, arrival: Arrival) -> None:
        """Give an arrival its effect, or refuse it, say so, and change nothing else.

        Raises errors.Untrusted when the head of the entry and the payload disagree.
        """
        if arrival.payload.order != arrival.item.order:
            raise errors.Untrusted("order_mismatch")
        order = arrival.payload.order
        if order >= messages.PENDING or not ordering.plausible(order, arrival.item.accepted_at):
            raise errors.Untrusted("order_ahead")
        person = people.by_account(tx, arrival.account)
        relation = RELATIONS[person.relation] if person is not None else Relation.NONE
        role = authority.role_of(self._me.account, arrival.account, relation, listed=True)
        verdict = self._verdict(tx, arrival, role) if authority.sent(arrival.payload.kind) else Verdict.NEVER_SENT
        if verdict is Verdict.UNKNOWN_TARGET:
            self._park(tx, arrival)
        elif verdict is not Verdict.ALLOWED:
            self._refuse(tx, arrival, verdict)
        else:
            self._effect(tx, arrival, person)

    def _verdict(self, tx: Tx, arrival: Arrival, role: authority.Role) -> Verdict:
        """The worst verdict over everything the content speaks about; unknown targets of a receipt are passed over."""
        found = self._targets(tx, arrival)
        verdicts = [
            authority.allowed(arrival.content.kind, role, self._facts(arrival, target)) for target in found or [None]
        ]
        if isinstance(arrival.content, annotations.Receipt):
            # Unknown targets only come after role and address have held; each of them is passed over by itself.
            verdicts = [verdict for verdict in verdicts if verdict is not Verdict.UNKNOWN_TARGET]
        if isinstance(arrival.content, annotations.Repeat):
            # It names submits and numbers, not messages: whether each was theirs is found in `repeats.answer`.
            verdicts = [verdict for verdict in verdicts if verdict is not Verdict.NOT_RECIPIENT]
        return next((verdict for verdict in verdicts if verdict is not Verdict.ALLOWED), Verdict.ALLOWED)

    def _facts(self, arrival: Arrival, target: authority.Target | None) -> authority.Facts:
        return authority.Facts(
            self._me.account,
            arrival.account,
            ids.DeviceId(arrival.sender.device),
            ids.AccountId(arrival.payload.to),
            arrival.payload.conversation,
            target,
        )

    def _targets(self, tx: Tx, arrival: Arrival) -> list[authority.Target | None]:
        payload = arrival.payload
        references = annotations.targets(arrival.content, payload.conversation, ids.AccountId(payload.to))
        return [self._target(tx, messages.find(tx, each.author, each.message)) for each in references]

    def _target(self, tx: Tx, stored: messages.Message | None) -> authority.Target | None:
        if stored is None:
            return None
        where = conversations.get(tx, stored.conversation)
        wire = where.wire if where is not None else None
        if wire is None:
            return None
        to = [entry.account for entry in recipients.of_rows(tx, [stored.row])[stored.row]] if stored.outgoing else []
        accounts = frozenset(ids.AccountId(each) for each in (to or [self._me.account]))
        return authority.Target(wire, ids.AccountId(stored.author), accounts)

    def _refuse(self, tx: Tx, arrival: Arrival, verdict: Verdict) -> None:
        """Without effect, and said: counted, and one open notice per device and reason."""
        notices.bump(tx, f"refused/{verdict}")
        if verdict is not Verdict.BLOCKED:
            notices.add(tx, "refused", verdict, account=arrival.sender.account, device=arrival.sender.device)

    def _park(self, tx: Tx, arrival: Arrival) -> None:
        payload = arrival.payload
        target = annotations.targets(arrival.content, payload.conversation, ids.AccountId(payload.to))[0]
        annotation_table.park(
            tx,
            annotation_table.Parked(
                target.author,
                target.message,
                payload.conversation,
                arrival.account,
                arrival.sender.device,
                arrival.message,
                payload.kind,
                payload.body,
                payload.order,
                payload.sent_at,
                arrival.item.accepted_at,
                arrival.digest,
            ),
        )

    def _effect(self, tx: Tx, arrival: Arrival, person: Person | None) -> None:
        match arrival.content:
            case annotations.Receipt():
                self._receipt(tx, arrival, arrival.content)
            case annotations.Reaction() | annotations.Edit() | annotations.Retraction() | annotations.Response():
                self._annotate(tx, arrival, arrival.content.target)
            case annotations.Profile() if person is not None:
                self._claims(tx, person, arrival.payload)
            case annotations.ReadMark():
                self._read_mark(tx, arrival.content)
            case annotations.Repeat():
                request, device, told = arrival.content, arrival.sender.device, self._tells_read()
                repeats.answer(tx, self._me, arrival.account, device, request, tells_read=told)
            case annotations.Nothing() | annotations.Reset() | annotations.Setting() | annotations.Profile():
                return
            case base.Unsupported() if arrival.payload.kind.startswith(annotations.OWN):
                return  # a newer version told its own devices something
            case _:
                self._message(tx, arrival, person)

    def _message(self, tx: Tx, arrival: Arrival, person: Person | None) -> None:
        """A message of its own; from an own device it is the copy of one that was sent."""
        payload = arrival.payload
        copy = arrival.account == self._me.account
        whom = self._addressee(tx, payload) if copy else person or self._newcomer(tx, arrival.account)
        if whom is None:
            self._refuse(tx, arrival, Verdict.WRONG_ADDRESSEE)
            return
        self._found_again(tx, arrival, whom)
        new = messages.NewMessage(
            whom.person,
            arrival.message,
            arrival.account,
            arrival.sender.device,
            payload.kind,
            payload.body,
            payload.order,
            payload.sent_at,
            outgoing=copy,
            countable=not copy and arrival.content.visible,
            fallback=payload.fallback,
            name_claim=payload.sender_name,
            sequence=payload.sequence,
            received_at=arrival.item.accepted_at,
            digest=arrival.digest,
            status=Status.SENT if copy else "",
        )
        inserted = messages.insert(tx, new)
        if not inserted.fresh:
            if not inserted.same and not self._is_repeat(tx, inserted.row, payload):
                notices.bump(tx, "refused/message_id_reused")
                notices.add(tx, "refused", "message_id_reused", account=arrival.account, device=arrival.sender.device)
            return
        search.index(tx, inserted.row, arrival.content.as_text())
        repeats.count(tx, self._me, arrival.sender.device, payload)
        if copy:
            recipients.add(tx, inserted.row, whom.person, account=payload.to)
            recipients.apply(tx, inserted.row, whom.person, Event.ACCEPTED, at=arrival.item.accepted_at)
        else:
            self._claims(tx, whom, payload)
            if arrival.content.visible:
                # What came from somebody at once is told at once, and lies together in the store.
                due = tx.kept(receipts.Receipt).setdefault(arrival.account, tx.now + secrets.randbelow(RECEIPT_JITTER))
                held = whom.relation != "accepted"
                receipts.add(tx, arrival.account, arrival.message, "delivered", due, held=held)
                tx.note(changes.ReceiptsDue(frozenset({arrival.account})))
        tx.note(changes.MessagesChanged(whom.person, added=frozenset({inserted.row})))
        tx.note(changes.ConversationsChanged(frozenset({whom.person})))
        self._unpark(tx, arrival)

    def _found_again(self, tx: Tx, arrival: Arrival, whom: Person) -> None:
        """The repeat of what could not be read takes the place of the notice about it."""
        lost = signed.submit_id(arrival.message, arrival.payload.to, 0)
        if lost == arrival.item.submit:
            return
        notice = messages.find(tx, arrival.account, lost)
        if notice is not None and notice.kind == repeats.UNREADABLE:
            messages.remove(tx, notice.row)
            tx.note(changes.MessagesChanged(whom.person, removed=frozenset({notice.row})))

    def _is_repeat(self, tx: Tx, row: int, payload: Payload) -> bool:
        """A repeat is sealed anew: another ciphertext with the very same words and place is no forgery."""
        stored = messages.get(tx, row)
        return stored is not None and (stored.retracted or (stored.body, stored.ord) == (payload.body, payload.order))

    def _newcomer(self, tx: Tx, account: ids.AccountId, relation: people.Relation = "stranger") -> Person:
        """Somebody becomes a person with the first message, theirs or one to them."""
        identity = ids.random_id()
        people.create(tx, identity, relation=relation)
        self._peers.introduce(tx, account, identity)
        conversations.ensure_direct(tx, identity, peers.wire_of(self._me.account, account))
        tx.note(changes.ContactsChanged(frozenset({identity})))
        return peers.required(people.get(tx, identity))

    def _addressee(self, tx: Tx, payload: Payload) -> Person | None:
        """Whom an own device wrote to, and thereby accepted; known, or made from the account id alone."""
        known = people.by_account(tx, payload.to)
        if known is not None and known.relation == "stranger":
            people.set_relation(tx, known.person, "accepted")
            receipts.release(tx, payload.to, tx.now)
            tx.note(changes.ContactsChanged(frozenset({known.person})))
            tx.note(changes.ReceiptsDue(frozenset({payload.to})))
        if known is None and payload.to != self._me.account:
            return self._newcomer(tx, ids.AccountId(payload.to), "accepted")
        return known

    def _claims(self, tx: Tx, person: Person, payload: Payload) -> None:
        if (payload.sender_name, payload.sender_address) == (person.claimed_name, person.claimed_address):
            return  # as before, which is nearly always: what is stored was cleaned once
        name, address = base.one_line(payload.sender_name, 128), base.one_line(payload.sender_address, 320)
        if people.set_claims(tx, person.person, name, address):
            tx.note(changes.ContactsChanged(frozenset({person.person})))
            tx.note(changes.ConversationsChanged(frozenset({person.person})))

    def _unpark(self, tx: Tx, arrival: Arrival) -> None:
        for parked in annotation_table.take_parked(tx, arrival.account, arrival.message):
            try:
                content = catalog.decode(parked.kind, parked.body)
            except errors.Malformed:
                continue
            if not isinstance(content, annotations.Targeted):
                continue
            later = Arrival(
                Party(parked.author, parked.device),
                arrival.item,
                ids.MessageId(parked.message),
                parked.digest,
                Payload(
                    kind=parked.kind,
                    to=arrival.payload.to if parked.author == arrival.account else arrival.account,
                    conversation=parked.wire,
                    sequence=0,
                    sent_at=parked.sent_at,
                    order=parked.ord,
                    body=parked.body,
                ),
                content,
            )
            known = people.by_account(tx, parked.author)
            relation = RELATIONS[known.relation] if known is not None else Relation.ACCEPTED
            role = authority.role_of(self._me.account, later.account, relation, listed=True)
            verdict = self._verdict(tx, later, role)
            if verdict is Verdict.ALLOWED:
                self._annotate(tx, later, content.target)
            else:
                self._refuse(tx, later, verdict)

    def _annotate(self, tx: Tx, arrival: Arrival, target: base.Reference) -> None:
        stored = messages.find(tx, target.author, target.message)
        if stored is None:
            return
        payload = arrival.payload
        if annotation_table.count(tx, stored.row, arrival.account, payload.kind) >= MOST_SAID.get(payload.kind, 4):
            self._refuse(tx, arrival, Verdict.TOO_MANY)
            return
        fresh = annotation_table.insert(
            tx,
            annotation_table.NewAnnotation(
                stored.row,
                arrival.account,
                arrival.message,
                payload.kind,
                payload.body,
                payload.order,
                payload.sent_at,
                arrival.item.accepted_at,
                arrival.digest,
            ),
        )
        if fresh:
            folding.refold(tx, stored.row)
            tx.note(changes.MessagesChanged(stored.conversation, rows=frozenset({stored.row})))
            tx.note(changes.ConversationsChanged(frozenset({stored.conversation})))

    def _receipt(self, tx: Tx, arrival: Arrival, content: annotations.Receipt) -> None:
        """Move the status of those messages for this recipient; what is not known is passed over and counted.

        From an own device it was sent to the author already: ours is not needed any more.
        """
        if arrival.account == self._me.account:
            states = annotations.ReceiptState
            done = (states.DELIVERED,) if content.state is states.DELIVERED else (states.DELIVERED, states.READ)
            for state in done:
                receipts.drop(tx, arrival.payload.to, content.messages, state)
            tx.note(changes.ReceiptsDue(frozenset({arrival.payload.to})))
            return
        event = Event.READ if content.state is annotations.ReceiptState.READ else Event.DELIVERED
        for message in content.messages:
            stored = messages.find(tx, arrival.payload.to, message)
            if stored is None or not stored.outgoing:
                # No notice: it may have been deleted here since.
                notices.bump(tx, f"refused/{Verdict.UNKNOWN_TARGET}")
                continue
            for entry in recipients.of_rows(tx, [stored.row])[stored.row]:
                if entry.account != arrival.account:
                    continue
                moved = recipients.apply(tx, stored.row, entry.person, event, at=arrival.item.accepted_at)
                if moved is not None and moved.changed:
                    tx.note(changes.MessagesChanged(stored.conversation, rows=frozenset({stored.row})))
                    tx.note(changes.DeliveryChanged(frozenset({stored.message})))

    def _read_mark(self, tx: Tx, content: annotations.ReadMark) -> None:
        where = conversations.by_wire(tx, content.conversation)
        if where is None:
            return
        moved = conversations.mark_read(tx, where.conversation, content.order, content.message)
        # Whether it was on that device's screen is not known, but there it is not unread either.
        upto = (content.order, content.message)
        late = [each.row for each in messages.late(tx, where.conversation) if (each.ord, each.message) <= upto]
        if gone := messages.saw_late(tx, late):
            tx.note(changes.MessagesChanged(where.conversation, rows=gone))
        if moved or gone:
            tx.note(changes.ConversationsChanged(frozenset({where.conversation})))
