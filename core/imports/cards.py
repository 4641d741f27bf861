"""Cards from a file: preview() says what becomes of every row and writes nothing, apply() issues the cards.

As with core.imports.previewing nothing is doubled: a card that its worker holds already is unchanged. No UID is kept of
a preview in clear but within the cards that are to be written.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from core.db import Session
from core.errors import InvalidInput, NotFound, Overlap
from core.ids import WorkerId
from core.imports.columns import Layout, find_layout, headings_of
from core.imports.drafts import Cells
from core.imports.model import (
    Fate,
    ImportKind,
    ImportReach,
    PreviewOutdated,
    Rejection,
    Remark,
    RowFate,
    Terms,
)
from core.imports.reading import Table, TableRow
from core.phone import PhoneSealer, conceal
from core.registry import card_store, cards, mending, store
from core.registry.card_model import CardIssue, CardStanding, CardTech
from core.registry.card_rules import expiry_of, is_anothers_later, issue_on, standing_on
from core.registry.mending import Mended, Unmendable, key_of
from core.registry.model import SkilledWorker
from core.registry.rules import covers

_TECHS = {
    key_of(word): tech
    for tech, words in {
        CardTech.FELICA: ("FeliCa", "Type F", "F", "felica", "フェリカ"),
        CardTech.TYPE_A: ("Type A", "A", "MIFARE", "type_a", "タイプA"),
        CardTech.TYPE_B: ("Type B", "B", "type_b", "タイプB"),
    }.items()
    for word in words
}
HELD = "ほかの技能者に登録されているカードです"
_WHICH_TECH = "FeliCa・Type A・Type B のどれかを書いてください"


@dataclass(frozen=True, slots=True)
class CardPlan:
    """A card that is to be issued."""

    number: int
    worker_id: WorkerId
    seen: tuple[CardTech, str] = field(repr=False)
    issued_on: date
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Issued:
    """What a row wrote: a card's issue, and those that it replaced, before and after."""

    number: int
    issue: CardIssue
    replaced: tuple[tuple[CardIssue, CardIssue], ...]


@dataclass(frozen=True, slots=True)
class CardsPreview:
    """What an import of cards would do."""

    headings: tuple[str, ...]
    unknown_columns: tuple[str, ...]
    remarks: tuple[str, ...]
    fates: tuple[RowFate, ...]
    plans: tuple[CardPlan, ...]

    def count(self, fate: Fate) -> int:
        return sum(1 for row in self.fates if row.fate is fate)

    @property
    def rejected(self) -> tuple[RowFate, ...]:
        return tuple(row for row in self.fates if row.fate is Fate.REJECTED)


@dataclass(slots=True)
class _Desk:
    """Decides on the rows, one after the other; what an earlier row issues is known to the later ones."""

    session: Session
    sealer: PhoneSealer
    headings: dict[str, str]
    today: date
    reach: ImportReach | None = None
    rows: dict[tuple[CardTech, str], int] = field(default_factory=dict)

    def decide(self, number: int, cells: Cells) -> tuple[SkilledWorker, CardPlan | None]:
        """Return whose card it is, and what is to be issued; None when he holds it already. Raises Rejection."""
        worker, seen, issued_on = self._worker(cells), self._seen(cells), cells.day("issued_on", past=True)
        expires_on = cells.day("expires_on")
        if issued_on is None and not cells.problems:
            cells.refuse("issued_on", "発行日を書いてください")
        cells.check()
        if worker is None or seen is None or issued_on is None:
            raise AssertionError("what is missing is a problem of the row")
        if seen in self.rows:
            raise Rejection(Remark(self.headings["uid"], f"{self.rows[seen]}行目と同じカードです"))
        if expires_on is not None and expires_on < issued_on:
            raise Rejection(Remark(self.headings["expires_on"], "有効期限が発行日より前です"))
        self.rows[seen] = number
        if self._is_held(seen, worker.worker_id, issued_on):
            return worker, None
        if expires_on is None and worker.birth_date is not None:
            expires_on = expiry_of(issued_on, worker.birth_date)
            cells.mended.append(Remark(self.headings["expires_on"], f"生年月日から {expires_on} としました"))
        if is_anothers_later(self._issues(seen), worker.worker_id, issued_on, expires_on):
            raise Rejection(Remark(self.headings["uid"], HELD))
        return worker, CardPlan(number, worker.worker_id, seen, issued_on, expires_on)

    def _worker(self, cells: Cells) -> SkilledWorker | None:
        ccus_id = cells.take("ccus_worker_id", mending.mend_ccus_id)
        own_id = cells.take("worker_id", _mend_uuid)
        found = None
        if ccus_id is not None:
            found = store.find_worker_by_ccus_id(self.session, ccus_id)
        elif own_id is not None:
            found = store.find_worker(self.session, WorkerId(own_id))
        if found is not None and not self._is_own(found):
            found = None  # told in the same words: whether he exists elsewhere is nobody's matter here
        if found is None and not cells.problems:
            told = (
                "登録のない技能者です。先に技能者を取り込んでください"
                if ccus_id or own_id
                else "だれのカードか書いてください"
            )
            cells.refuse("ccus_worker_id", told)
        return found

    def _is_own(self, worker: SkilledWorker) -> bool:
        """Whether the rows are brought in for the worker's employer, or for anybody."""
        if self.reach is None:
            return True
        held = store.affiliations_of(self.session, worker.worker_id)
        own = [each for each in held if each.contractor_id == self.reach.own]
        return any(covers(each.valid_from, each.valid_until, self.today) for each in own)

    def _seen(self, cells: Cells) -> tuple[CardTech, str] | None:
        uid, tech = cells.take("uid", _mend_uid), cells.take("tech", _mend_tech)
        for name, value, text in (
            ("uid", uid, "カードの番号（UID）を書いてください"),
            ("tech", tech, _WHICH_TECH),
        ):
            if value is None and not any(each.column == self.headings[name] for each in cells.problems):
                cells.refuse(name, text)
        return None if uid is None or tech is None else (tech, uid)

    def _is_held(self, seen: tuple[CardTech, str], worker_id: WorkerId, issued_on: date) -> bool:
        """Whether the worker holds the card already. Raises Rejection when somebody else does."""
        held = issue_on(self._issues(seen), issued_on)
        if held is None or standing_on(held, issued_on) is not CardStanding.VALID:
            return False
        if held.worker_id != worker_id:
            raise Rejection(Remark(self.headings["uid"], HELD))
        return True

    def _issues(self, seen: tuple[CardTech, str]) -> list[CardIssue]:
        known = card_store.find_cards(self.session, cards.indexes_of(self.sealer, seen))
        return card_store.issues_of_cards(self.session, list(known.values())) if known else []


def preview(
    session: Session,
    sealer: PhoneSealer,
    table: Table,
    today: date,
    *,
    on_step: Callable[[], None] = lambda: None,
    terms: Terms | None = None,
) -> CardsPreview:
    """Return what an import of the table would do. Raises WrongLayout when there are no headings of cards."""
    terms = terms or Terms()
    layout = find_layout(ImportKind.CARDS, table, terms.columns)
    desk = _Desk(session, sealer, headings_of(ImportKind.CARDS), today, terms.reach)
    fates, plans = [], []
    for row in layout.rows:
        fate, plan = _decided(desk, layout, row, today)
        fates.append(fate)
        plans += [plan] if plan else []
        on_step()
    remarks = (*table.remarks, *(f"「{conceal(name)}」の列は読みません。" for name in layout.unknown))
    return CardsPreview(layout.headings, layout.unknown, remarks, tuple(fates), tuple(plans))


def apply(session: Session, sealer: PhoneSealer, previewed: CardsPreview) -> list[Issued]:
    """Issue the cards, the earliest first; return what was written: their earlier touches are to be judged again.

    Raises PreviewOutdated, with nothing to be committed, when the registry is no longer what was previewed.
    """
    kept = cards.keep_cards(session, sealer, [plan.seen for plan in previewed.plans])
    issued = []
    try:
        for plan in sorted(previewed.plans, key=lambda plan: (plan.issued_on, plan.number)):
            before = [issue for issue, _ in card_store.issues_of_worker(session, plan.worker_id)]
            issue = cards.issue_card(session, plan.worker_id, kept[plan.seen], plan.issued_on, plan.expires_on)
            after = {each.card_issue_id: each for each, _ in card_store.issues_of_worker(session, plan.worker_id)}
            replaced = [(old, after[old.card_issue_id]) for old in before if after[old.card_issue_id] != old]
            issued.append(Issued(plan.number, issue, tuple(replaced)))
    except (Overlap, NotFound):
        raise PreviewOutdated("the registry changed since the rows were previewed: preview them again") from None
    return issued


def mask_uid(text: str) -> str:
    """Return a UID as it may be written down, also one that cannot be read."""
    signs = [sign for sign in text.strip().lower() if sign not in " :-"]
    return f"…{''.join(signs[-4:])}" if len(signs) > 4 else "…"


def _decided(desk: _Desk, layout: Layout, row: TableRow, today: date) -> tuple[RowFate, CardPlan | None]:
    cells = Cells(layout.values_of(row), desk.headings, (), today)
    try:
        worker, plan = desk.decide(row.number, cells)
    except Rejection as rejection:
        shown = tuple(_concealed(layout, index, cell) for index, cell in enumerate(row.cells))
        return RowFate(row.number, "", Fate.REJECTED, problems=rejection.problems, cells=shown), None
    name = f"{worker.name} {mask_uid(cells.values['uid'])}"
    return RowFate(row.number, name, Fate.ADDED if plan else Fate.UNCHANGED, mended=tuple(cells.mended)), plan


def _mend_uid(text: str) -> Mended[str]:
    if mending.was_rounded(text):
        raise Unmendable("Excelが桁を落としています。列の表示形式を「文字列」にして、番号を入力し直してください")
    try:
        return Mended(cards.read_uid(mending.narrow(text)))
    except InvalidInput:
        raise Unmendable(
            "0～9とA～Fの、偶数桁の番号を書いてください（40桁まで）。先頭の0が抜けていないか確かめてください"
        ) from None


def _mend_tech(text: str) -> Mended[CardTech]:
    tech = _TECHS.get(key_of(text))
    if tech is None:
        raise Unmendable(f"{_WHICH_TECH}: {mending.shown(text)}")
    return Mended(tech)


def _mend_uuid(text: str) -> Mended[UUID]:
    try:
        return Mended(UUID(text))
    except ValueError:
        raise Unmendable("技能者の画面のアドレスにあるIDを書いてください") from None


def _concealed(layout: Layout, index: int, cell: str) -> str:
    if layout.columns.get("uid") == index:
        return mask_uid(cell) if cell else cell
    return conceal(cell)
