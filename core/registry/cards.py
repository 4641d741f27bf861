"""Cards: keeping each once, issuing them to workers, and what is known of those that were presented."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from uuid import UUID

from core.db import Session
from core.errors import InvalidInput, NotFound, Overlap
from core.ids import CardId, WorkerId, uuid7
from core.phone import PhoneSealer
from core.registry import card_store, store
from core.registry.card_model import Card, CardEnd, CardIssue, CardStanding, CardTech, Presented, SealedCard
from core.registry.card_rules import expiry_of, is_anothers_later, issue_on, standing_on
from core.registry.service import require_worker

UID_MAX_HEX = 40  # ISO 14443-3: ten bytes at most; readers of other kinds give up to twenty


def read_uid(text: str) -> str:
    """Return a card's UID as lower-case hexadecimal, whatever separates its bytes.

    Raises InvalidInput when it is none.
    """
    uid = "".join(sign for sign in text.strip().lower() if sign not in " :-")
    is_hex = uid.isascii() and all(sign in "0123456789abcdef" for sign in uid)
    if not uid or len(uid) % 2 or len(uid) > UID_MAX_HEX or not is_hex:
        raise InvalidInput("a card's UID is an even number of hexadecimal digits, at most 40", field="uid")
    return uid


def seal(sealer: PhoneSealer, tech: CardTech, uid: str) -> SealedCard:
    """Return a card as it may be stored, under the current keys."""
    text = _text(tech, uid)
    return SealedCard(tech, sealer.text_indexes(text)[0], sealer.encrypt(text), f"…{uid[-4:]}")


def indexes_of(sealer: PhoneSealer, seen: tuple[CardTech, str]) -> tuple[str, ...]:
    """Return the indexes under which a card may be kept, the current key's first."""
    return tuple(sealer.text_indexes(_text(*seen)))


def unseal(sealer: PhoneSealer, cipher: str) -> tuple[CardTech, str]:
    """Return a card's technology and UID."""
    _, tech, uid = sealer.decrypt(cipher).split("|", 2)
    return CardTech(tech), uid


def keep_cards(
    session: Session, sealer: PhoneSealer, seen: Collection[tuple[CardTech, str]]
) -> dict[tuple[CardTech, str], CardId]:
    """Return the ids of cards, putting those into the vault that are not there under any key."""
    if not seen:
        return {}
    indexes = {card: sealer.text_indexes(_text(*card)) for card in seen}
    known = card_store.find_cards(session, [index for each in indexes.values() for index in each])
    new = [card for card, each in indexes.items() if not any(index in known for index in each)]
    if new:
        sealed = [seal(sealer, *card) for card in sorted(new)]
        card_store.add_cards(
            session, [Card(CardId(uuid7()), each.tech, each.blind_index, each.cipher, each.mask) for each in sealed]
        )
        known |= card_store.find_cards(session, [indexes[card][0] for card in new])
    return {card: next(known[index] for index in each if index in known) for card, each in indexes.items()}


def find_presented(session: Session, card_ids: Collection[CardId], ccus_ids: Collection[str]) -> Presented:
    """Return to whom cards were issued, and whose the CCUS ids are."""
    issues: defaultdict[CardId, list[CardIssue]] = defaultdict(list)
    for issue in card_store.issues_of_cards(session, card_ids) if card_ids else ():
        issues[issue.card_id].append(issue)
    workers = card_store.workers_by_ccus_id(session, ccus_ids) if ccus_ids else {}
    return Presented({card_id: tuple(each) for card_id, each in issues.items()}, workers)


def issue_card(
    session: Session,
    worker_id: WorkerId,
    card_id: CardId,
    issued_on: date,
    expires_on: date | None = None,
) -> CardIssue:
    """Issue a card to a worker; what he held until then is replaced from that day on.

    Without an expiry it is reckoned from the worker's birth date, where that is known. Raises NotFound when there is no
    such worker or card, Overlap when somebody else holds the card, InvalidInput when it would expire before it begins.
    """
    worker = require_worker(session, worker_id)
    if card_store.find_card(session, card_id) is None:
        raise NotFound("there is no such card", card_id=card_id)
    store.lock(session, worker_id, card_id)
    issues = card_store.issues_of_cards(session, [card_id])
    holder = issue_on(issues, issued_on)
    if holder is not None and standing_on(holder, issued_on) is CardStanding.VALID:
        raise Overlap("the card is held by somebody", card_id=card_id, worker_id=holder.worker_id)
    if expires_on is None and worker.birth_date is not None:
        expires_on = expiry_of(issued_on, worker.birth_date)
    if expires_on is not None and expires_on < issued_on:
        raise InvalidInput("a card cannot expire before it is issued", field="expires_on")
    if is_anothers_later(issues, worker_id, issued_on, expires_on):
        raise Overlap("somebody else got the card later", card_id=card_id, worker_id=worker_id)
    for earlier, _ in card_store.issues_of_worker(session, worker_id):
        if earlier.ended is None and earlier.issued_on <= issued_on:
            card_store.update_issue(session, replace(earlier, ended=CardEnd.REPLACED, ended_on=issued_on))
    issue = CardIssue(uuid7(), card_id, worker_id, issued_on, expires_on)
    card_store.add_issue(session, issue)
    return issue


def end_card(session: Session, card_issue_id: UUID, ended: CardEnd | None, ended_on: date | None) -> CardIssue:
    """Say from which day on a card no longer speaks for its holder, and why; None takes that back.

    Raises NotFound when there is no such issue, InvalidInput when it would end before it began.
    """
    issue = card_store.find_issue(session, card_issue_id)
    if issue is None:
        raise NotFound("there is no such card", card_issue_id=card_issue_id)
    store.lock(session, issue.worker_id, issue.card_id)
    if ended_on is not None and ended_on < issue.issued_on:
        raise InvalidInput("a card cannot end before it was issued", field="ended_on")
    changed = replace(issue, ended=ended, ended_on=ended_on if ended else None)
    card_store.update_issue(session, changed)
    return changed


def _text(tech: CardTech, uid: str) -> str:
    return f"card|{tech}|{uid}"
