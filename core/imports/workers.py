"""Whom a worker's row is about, and what it leads to. No database."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.ids import ContractorId, WorkerId, uuid7
from core.imports.contractors import ContractorBook, refuse_second, same_row
from core.imports.drafts import WorkerDraft
from core.imports.model import Decision, Fate, ImportReach, Rejection, Remark
from core.imports.snapshot import KnownWorker, Snapshot
from core.imports.worker_row import Surroundings, WorkerRow, holds
from core.phone import PhoneSealer
from core.registry.mending import key_of
from core.registry.model import SkilledWorker


@dataclass(slots=True)
class WorkerDesk:
    """Decides on workers' rows, one after the other; what an earlier row adds is known to the later ones."""

    contractors: ContractorBook
    around: Surroundings
    by_ccus_id: dict[str, KnownWorker] = field(default_factory=dict)
    by_name: dict[str, dict[WorkerId, KnownWorker]] = field(default_factory=lambda: defaultdict(dict))
    rows: dict[WorkerId, int] = field(default_factory=dict)
    reach: ImportReach | None = None

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        sealer: PhoneSealer,
        today: date,
        headings: Mapping[str, str],
        reach: ImportReach | None = None,
    ) -> "WorkerDesk":
        around = Surroundings(
            sealer=sealer,
            today=today,
            headings=headings,
            phone_ids=dict(snapshot.phone_ids),
            holders=dict(snapshot.holders),
            occupation_names=dict(snapshot.occupation_names),
            tells_sharing=reach is None,
        )
        desk = cls(ContractorBook.of(snapshot.contractors, reach), around, reach=reach)
        for known in snapshot.workers:
            desk._put(known)
        return desk

    def decide(self, number: int, draft: WorkerDraft) -> Decision:
        """Return what a row leads to. Raises Rejection when it cannot be taken."""
        employer_id, remarks = self._employer(draft)
        known = self._known(draft.values, employer_id)
        worker = known or self._stranger(draft.values)
        row = WorkerRow(self.around, draft, worker, is_new=known is None, remarks=remarks)
        row.fill(employer_id)
        if known is not None and not row.changed:
            told = (*row.remarks, *same_row(self.rows.get(known.worker.worker_id)))
            self.rows.setdefault(known.worker.worker_id, number)
            return Decision(Fate.UNCHANGED, remarks=told)
        refuse_second(self.rows.get(row.known.worker.worker_id), "技能者")
        self._take(number, row, instead_of=known)
        if known is None:
            return Decision(Fate.ADDED, (), tuple(row.remarks), row.changes)
        return Decision(Fate.UPDATED, tuple(row.changed), tuple(row.remarks), row.changes)

    def _employer(self, draft: WorkerDraft) -> tuple[ContractorId | None, list[Remark]]:
        if draft.employer is None:
            return self.reach.own if self.reach else None, []  # a contractor's own list seldom names it
        employer, remarks = self.contractors.find(draft.employer, self.around.headings)
        return employer.contractor_id, [*remarks]

    def _known(self, values: Mapping[str, Any], employer_id: ContractorId | None) -> KnownWorker | None:
        """Return the worker a row is about; None when it is about a new one."""
        ccus_id = values.get("ccus_worker_id")
        if ccus_id in self.by_ccus_id:
            self._check_owned(self.by_ccus_id[ccus_id], "ccus_worker_id")
            self._check_person(self.by_ccus_id[ccus_id].worker, values)
            return self.by_ccus_id[ccus_id]
        namesakes = self.by_name.get(key_of(values["name"]), {}).values() if "name" in values else ()
        found = [known for known in namesakes if self._is_same(known, values, employer_id)]
        if owned := [known for known in found if self._is_owned(known)]:
            found = owned
        elif others := [known for known in found if known.worker.birth_date and "birth_date" in values]:
            self._check_owned(others[0], "name")
        else:
            found = []  # with nothing but the name in common, another contractor's man is somebody else
        if len(found) > 1:
            text = f"同じ氏名の技能者が{len(found)}人います。{self.around.headings['ccus_worker_id']}を書いてください"
            raise Rejection(Remark(self.around.headings["name"], text))
        return found[0] if found else None

    def _is_owned(self, known: KnownWorker) -> bool:
        """Whether the worker's record may be changed by whoever brings the rows in."""
        if self.reach is None or known.worker.worker_id in self.rows:
            return True
        own, today = self.reach.own, self.around.today
        return any(
            each.contractor_id == own and (each.valid_until is None or each.valid_until >= today)
            for each in known.affiliations
        )

    def _check_owned(self, known: KnownWorker, column: str) -> None:
        if not self._is_owned(known):
            text = "ほかの会社に所属する技能者です。変更は取り込みではなく、技能者の画面から提案してください"
            raise Rejection(Remark(self.around.headings[column], text))

    def _check_person(self, worker: SkilledWorker, values: Mapping[str, Any]) -> None:
        """Raises Rejection when the row's id is, by everything else in it, another person's."""
        if key_of(values.get("name", worker.name)) == key_of(worker.name):
            return
        has_same_kana = bool(worker.name_kana) and key_of(values.get("name_kana", "")) == key_of(worker.name_kana)
        has_same_birth_date = worker.birth_date is not None and values.get("birth_date") == worker.birth_date
        if not has_same_kana and not has_same_birth_date:
            text = "この技能者IDは別の氏名で登録されています。IDと氏名を確かめてください"
            raise Rejection(Remark(self.around.headings["ccus_worker_id"], text))

    def _is_same(self, known: KnownWorker, values: Mapping[str, Any], employer_id: ContractorId | None) -> bool:
        """Whether a namesake is the same person: nothing speaks against it, and something beside the name for it."""
        worker = known.worker
        pairs = [(getattr(worker, name), values.get(name)) for name in ("ccus_worker_id", "birth_date")]
        kana = (key_of(worker.name_kana), key_of(values.get("name_kana", "")))
        if any(ours and theirs and ours != theirs for ours, theirs in (*pairs, kana)):
            return False
        ours_born, theirs_born = pairs[1]
        current = next((each for each in known.affiliations if holds(each, self.around.today)), None)
        has_same_employer = current is not None and current.contractor_id == employer_id
        return bool(ours_born and theirs_born) or has_same_employer or (ours_born == theirs_born and kana[0] == kana[1])

    def _stranger(self, values: Mapping[str, Any]) -> KnownWorker:
        if "name" not in values:
            text = "空です。登録のない技能者IDなので、新しい技能者として氏名が必要です"
            raise Rejection(Remark(self.around.headings["name"], text))
        return KnownWorker(SkilledWorker(WorkerId(uuid7()), values["name"]))

    def _take(self, number: int, row: WorkerRow, instead_of: KnownWorker | None) -> None:
        if instead_of is not None:
            self.by_name[key_of(instead_of.worker.name)].pop(instead_of.worker.worker_id)
        self.rows[row.known.worker.worker_id] = number
        self.around.phone_ids.update(row.new_phone_ids)
        self.around.occupation_names.update(row.new_occupations)
        for held in row.new_numbers:
            self.around.holders[held.phone_id] = (*self.around.holders.get(held.phone_id, ()), held)
        self._put(row.known)

    def _put(self, known: KnownWorker) -> None:
        if known.worker.ccus_worker_id is not None:
            self.by_ccus_id[known.worker.ccus_worker_id] = known
        self.by_name[key_of(known.worker.name)][known.worker.worker_id] = known
