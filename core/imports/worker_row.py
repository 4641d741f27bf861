"""One worker's row being worked on: what it makes of his data, employer, numbers and trades. No database."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from core.ids import ContractorId, PhoneId, WorkerId, uuid7
from core.imports.contractors import check, differing, without_respellings
from core.imports.drafts import WorkerDraft
from core.imports.model import Changes, Rejection, Remark
from core.imports.snapshot import KnownWorker
from core.phone import PhoneSealer
from core.registry import rules
from core.registry.mending import key_of, shown
from core.registry.model import Affiliation, Occupation, PhoneNumber
from core.registry.service import phone_of

ONE_DAY = timedelta(days=1)
_CODED = re.compile(r"(?:([0-9]{1,2})-([0-9]{2})|([0-9]{3,4}))[ :.-]*(.*)")


@dataclass(slots=True)
class Surroundings:
    """What all rows of a file share; what an earlier row adds is put in for the later ones."""

    sealer: PhoneSealer
    today: date
    headings: Mapping[str, str]
    phone_ids: dict[str, PhoneId]
    holders: dict[PhoneId, tuple[PhoneNumber, ...]]
    occupation_names: dict[str, str]
    tells_sharing: bool = True  # that a number is shared is told to those only who may see everybody

    def others_holding(self, phone_id: PhoneId, worker_id: WorkerId, day: date) -> int:
        """Return how many other workers hold a phone on a day."""
        held = self.holders.get(phone_id, ())
        return len({each.worker_id for each in held if holds(each, day)} - {worker_id})


def holds(validity: rules.Dated, day: date) -> bool:
    return rules.covers(validity.valid_from, validity.valid_until, day)


@dataclass(slots=True)
class WorkerRow:
    """One row being worked on: the worker as he was, and step by step what he becomes."""

    around: Surroundings
    draft: WorkerDraft
    known: KnownWorker
    is_new: bool
    remarks: list[Remark]
    changed: list[str] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    new_phone_ids: dict[str, PhoneId] = field(default_factory=dict)
    new_numbers: list[PhoneNumber] = field(default_factory=list)
    new_occupations: dict[str, str] = field(default_factory=dict)

    def fill(self, employer_id: ContractorId | None) -> None:
        """Work out everything the row changes. Raises Rejection when something crosses what is registered."""
        self._fill_worker()
        if employer_id is not None:
            self._fill_employer(employer_id)
        elif self.is_new:
            self._remark("contractor_name", "所属がないため、入場は「所属なし」として要確認になります")
        for e164 in self.draft.phones:
            self._fill_phone(e164)
        if self.draft.occupations is not None:
            self._fill_occupations(self.draft.occupations)

    def _fill_worker(self) -> None:
        worker = replace(self.known.worker, **without_respellings(self.known.worker, self.draft.values))
        if self.draft.emergency_phone is not None:
            phone_id = self._phone_id(self.draft.emergency_phone)
            if phone_id != worker.emergency_phone_id:
                self.changed.append(self.around.headings["emergency_phone"])
            worker = replace(worker, emergency_phone_id=phone_id)
        check(rules.check_worker, worker, self.around.headings)
        self.changed += differing(self.known.worker, worker, self.around.headings)
        if self.is_new:
            self.changes.added.append(worker)
        elif worker != self.known.worker:
            self.changes.updated.append(worker)
        self.known = replace(self.known, worker=worker)

    def _fill_employer(self, employer_id: ContractorId) -> None:
        start = self.draft.affiliated_from or self.around.today
        mine = [each for each in self.known.affiliations if each.contractor_id == employer_id]
        current = next((each for each in self.known.affiliations if holds(each, self.around.today)), None)
        if any(each.valid_from == start for each in mine):
            return
        if current in mine and current is not None:
            if self.draft.affiliated_from is not None:
                self._move_start(current, start)
            return
        if current is not None:
            self._end_before(current, start)
        added = Affiliation(uuid7(), self.known.worker.worker_id, employer_id, start)
        self._check_free(added)
        self.changes.added.append(added)
        self._keep_affiliation(added)

    def _move_start(self, current: Affiliation, start: date) -> None:
        if start > self.around.today:
            self._remark("affiliated_from", f"すでに所属しているため、先の日付（{start}）には変えていません")
            return
        moved = replace(current, valid_from=start)
        self._check_free(moved)
        self.changes.updated.append(moved)
        self._keep_affiliation(moved, "affiliated_from")

    def _end_before(self, current: Affiliation, start: date) -> None:
        if start <= current.valid_from:
            text = f"今の所属（{current.valid_from}から）より前の日付です。所属開始日を確かめてください"
            raise Rejection(Remark(self.around.headings["affiliated_from"], text))
        ended = replace(current, valid_until=start - ONE_DAY)
        self.changes.updated.append(ended)
        self._keep_affiliation(ended)
        self._remark("contractor_name", f"前の所属を{start - ONE_DAY}で終わりにします")

    def _check_free(self, wanted: Affiliation) -> None:
        others = [each for each in self.known.affiliations if each.affiliation_id != wanted.affiliation_id]
        if any(rules.overlaps(wanted, other) for other in others):
            raise Rejection(Remark(self.around.headings["affiliated_from"], "ほかの所属の期間と重なります"))

    def _keep_affiliation(self, affiliation: Affiliation, column: str = "contractor_name") -> None:
        others = [each for each in self.known.affiliations if each.affiliation_id != affiliation.affiliation_id]
        self.known = replace(self.known, affiliations=(*others, affiliation))
        if self.around.headings[column] not in self.changed:
            self.changed.append(self.around.headings[column])

    def _fill_phone(self, e164: str) -> None:
        worker_id, today = self.known.worker.worker_id, self.around.today
        phone_id = self._phone_id(e164)
        held = [each for each in self.known.phone_numbers if each.phone_id == phone_id]
        if any(each.valid_until is None or each.valid_until >= today for each in held):
            return
        added = PhoneNumber(uuid7(), phone_id, worker_id, self._phone_start(phone_id))
        if any(rules.overlaps(added, other) for other in held):
            raise Rejection(Remark(self.around.headings["phone_from"], "同じ番号の以前の期間と重なります"))
        others = self.around.others_holding(phone_id, worker_id, max(today, added.valid_from))
        if others and self.around.tells_sharing:
            self._remark("phone", f"ほかの{others}人と共用の番号です。電話では誰かをたずねます")
        if not self.is_new and any(holds(each, today) for each in self.known.phone_numbers):
            self._remark("phone", "番号を加えます。前からの番号も有効なままです")
        self.changes.added.append(added)
        self.new_numbers.append(added)
        self.known = replace(self.known, phone_numbers=(*self.known.phone_numbers, added))
        self.changed.append(self.around.headings["phone"])

    def _phone_start(self, phone_id: PhoneId) -> date:
        """Return from when a number counts: a new worker's from his first day, so that earlier calls find him.

        Unless somebody else has it, who may have called with it: then from today.
        """
        today = self.around.today
        if self.draft.phone_from is not None:
            return self.draft.phone_from
        since = min(self.draft.affiliated_from or today, today)
        is_shared = self.around.others_holding(phone_id, self.known.worker.worker_id, since) > 0
        return since if self.is_new and not is_shared else today

    def _phone_id(self, e164: str) -> PhoneId:
        for blind_index in self.around.sealer.blind_indexes(e164):
            found = self.around.phone_ids.get(blind_index) or self.new_phone_ids.get(blind_index)
            if found is not None:
                return found
        phone = phone_of(self.around.sealer.seal(e164))
        self.changes.added.append(phone)
        self.new_phone_ids[phone.blind_index] = phone.phone_id
        return phone.phone_id

    def _fill_occupations(self, wanted: Iterable[str]) -> None:
        codes = tuple(dict.fromkeys(self._code(text) for text in wanted))
        if codes != self.known.occupations:
            self.changes.occupations[self.known.worker.worker_id] = codes
            self.known = replace(self.known, occupations=codes)
            self.changed.append(self.around.headings["occupations"])

    def _code(self, text: str) -> str:
        """Return the code of an occupation given by code or name; a code that is not listed yet will be."""
        names = self.around.occupation_names | self.new_occupations
        found = _CODED.fullmatch(text)
        if found is None:
            return self._code_by_name(text, names)
        code = (found[1].zfill(2) + found[2]) if found[1] else found[3].zfill(4)
        if found[3] and len(found[3]) < 4:
            self._remark("occupations", f"先頭の0を補いました（{code}）")
        if code not in names:
            self.new_occupations[code] = found[4] or f"職種{code}"
            self.changes.added.append(Occupation(code, self.new_occupations[code]))
            self._remark("occupations", f"{code} は名称が一覧にない職種コードです。このまま登録します")
        return code

    def _code_by_name(self, text: str, names: Mapping[str, str]) -> str:
        codes = [code for code, name in names.items() if key_of(name) == key_of(text)]
        if len(codes) != 1:
            reason = "一覧にない職種名です" if not codes else "同じ名前の職種が複数あります"
            raise Rejection(
                Remark(self.around.headings["occupations"], f"{reason}。4桁の職種コードで書いてください: {shown(text)}")
            )
        return codes[0]

    def _remark(self, column: str, text: str) -> None:
        self.remarks.append(Remark(self.around.headings[column], text))
