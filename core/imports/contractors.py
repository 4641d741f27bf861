"""What a contractor's row leads to, and how rows of workers and sites find their contractor. No database."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from core.errors import InvalidInput
from core.ids import ContractorId, uuid7
from core.imports.drafts import ContractorDraft, ContractorRef
from core.imports.model import Changes, Decision, Fate, ImportReach, Rejection, Remark
from core.registry import rules
from core.registry.mending import key_of
from core.registry.model import Contractor, LegalForm

_CORPORATE = re.compile("株式会社|有限会社|合同会社|合資会社|合名会社|組合|法人")


@dataclass(slots=True)
class ContractorBook:
    """Contractors by CCUS id and by name; those of the file's earlier rows are put in as it is read."""

    by_ccus_id: dict[str, Contractor] = field(default_factory=dict)
    by_name: dict[str, dict[ContractorId, Contractor]] = field(default_factory=lambda: defaultdict(dict))
    own: Contractor | None = None  # for whom rows are brought in; the book then has nobody out of reach

    @classmethod
    def of(cls, contractors: Iterable[Contractor], reach: ImportReach | None = None) -> "ContractorBook":
        book = cls()
        for contractor in contractors:
            if reach is None or contractor.contractor_id in reach.employers:
                book.put(contractor)
            if reach is not None and contractor.contractor_id == reach.own:
                book.own = contractor
        return book

    def put(self, contractor: Contractor, instead_of: Contractor | None = None) -> None:
        if instead_of is not None:
            self.by_name[key_of(instead_of.name)].pop(instead_of.contractor_id, None)
        if contractor.ccus_contractor_id is not None:
            self.by_ccus_id[contractor.ccus_contractor_id] = contractor
        self.by_name[key_of(contractor.name)][contractor.contractor_id] = contractor

    def named(self, name: str) -> list[Contractor]:
        return list(self.by_name.get(key_of(name), {}).values())

    def find(self, ref: ContractorRef, headings: Mapping[str, str]) -> tuple[Contractor, tuple[Remark, ...]]:
        """Return the contractor a row names, with what is to be told of it.

        Raises Rejection when nobody, or more than one, is meant.
        """
        if ref.ccus_id is not None:
            return self._find_by_id(ref.ccus_id, ref.name, headings)
        found = self.named(ref.name or "")
        heading = headings["contractor_name"]
        if not found and self.own is not None:
            raise Rejection(Remark(heading, self._out_of_reach(self.own)))
        if not found:
            raise Rejection(Remark(heading, "登録のない事業者です。先に事業者を取り込むか、名称をそろえてください"))
        if len(found) > 1:
            text = f"同じ名前の事業者が{len(found)}社あります。{headings['ccus_contractor_id']}を書いてください"
            raise Rejection(Remark(heading, text))
        return found[0], ()

    def _find_by_id(
        self, ccus_id: str, name: str | None, headings: Mapping[str, str]
    ) -> tuple[Contractor, tuple[Remark, ...]]:
        heading = headings["ccus_contractor_id"]
        if ccus_id not in self.by_ccus_id and self.own is not None:
            raise Rejection(Remark(heading, self._out_of_reach(self.own)))
        if ccus_id not in self.by_ccus_id:
            raise Rejection(Remark(heading, f"登録のない事業者IDです（{ccus_id}）。先に事業者を取り込んでください"))
        contractor = self.by_ccus_id[ccus_id]
        if name is not None and key_of(name) != key_of(contractor.name):
            text = f"登録の名称「{contractor.name}」と違います。IDの事業者として扱いました"
            return contractor, (Remark(headings["contractor_name"], text),)
        return contractor, ()

    def _out_of_reach(self, own: Contractor) -> str:
        """Return the same words for a contractor that is not registered and for one that is somebody else's."""
        others = "か、自社の現場に入っている協力会社" if len(self.by_name) > 1 else ""
        return f"「{own.name}」{others}の分だけを取り込めます。会社名を確かめてください"


@dataclass(slots=True)
class ContractorDesk:
    """Decides on contractors' rows, one after the other."""

    book: ContractorBook
    headings: Mapping[str, str]
    rows: dict[ContractorId, int] = field(default_factory=dict)

    def decide(self, number: int, draft: ContractorDraft) -> Decision:
        """Return what a row leads to. Raises Rejection when it cannot be taken."""
        known = self._known(draft.values)
        if known is None:
            return self._add(number, draft.values)
        changed = replace(known, **without_respellings(known, draft.values))
        check(rules.check_contractor, changed, self.headings)
        if changed == known:
            told = same_row(self.rows.get(known.contractor_id))
            self.rows.setdefault(known.contractor_id, number)
            return Decision(Fate.UNCHANGED, remarks=told)
        refuse_second(self.rows.get(known.contractor_id), "事業者")
        self.rows[known.contractor_id] = number
        self.book.put(changed, instead_of=known)
        names = differing(known, changed, self.headings)
        return Decision(Fate.UPDATED, names, changes=Changes(updated=[changed]))

    def _known(self, values: Mapping[str, Any]) -> Contractor | None:
        ccus_id, name = values.get("ccus_contractor_id"), values.get("name")
        if ccus_id in self.book.by_ccus_id:
            return self.book.by_ccus_id[ccus_id]
        found = self.book.named(name) if name else []
        if ccus_id is not None:
            found = [contractor for contractor in found if contractor.ccus_contractor_id is None]
        if len(found) > 1:
            text = f"同じ名前の事業者が{len(found)}社あります。{self.headings['ccus_contractor_id']}を書いてください"
            raise Rejection(Remark(self.headings["name"], text))
        return found[0] if found else None

    def _add(self, number: int, values: Mapping[str, Any]) -> Decision:
        if "name" not in values:
            raise Rejection(Remark(self.headings["name"], "名称が空です。新しい事業者には名称を書いてください"))
        remarks = self._namesakes(values["name"])
        form = values.get("legal_form")
        if form is None:
            if not _CORPORATE.search(values["name"]):
                text = "空です。法人・個人事業主・一人親方 のどれかを書いてください"
                raise Rejection(Remark(self.headings["legal_form"], text))
            form = LegalForm.CORPORATION
            remarks += (Remark(self.headings["legal_form"], "名称から「法人」としました"),)
        added = Contractor(ContractorId(uuid7()), **{**values, "legal_form": form})
        check(rules.check_contractor, added, self.headings)
        self.rows[added.contractor_id] = number
        self.book.put(added)
        return Decision(Fate.ADDED, remarks=remarks, changes=Changes(added=[added]))

    def _namesakes(self, name: str) -> tuple[Remark, ...]:
        if not self.book.named(name):
            return ()
        return (Remark(self.headings["name"], "同じ名前の事業者がほかにあります（IDが違うので別の事業者とします）"),)


def check(rule: Any, model: object, headings: Mapping[str, str]) -> None:
    """Apply a rule of the registry. Raises Rejection, at the column of the value, when it does not hold."""
    try:
        rule(model)
    except InvalidInput as error:
        text = "この値は使えません。書き方を確かめてください"
        if error.field == "ends_on":
            text = "開始日より前の日付です"
        raise Rejection(Remark(headings.get(error.field, error.field), text)) from None


def same_row(earlier: int | None) -> tuple[Remark, ...]:
    return (Remark("", f"{earlier}行目と同じ内容です"),) if earlier is not None else ()


def refuse_second(earlier: int | None, what: str) -> None:
    """Raises Rejection when an earlier row of the file was about the same one."""
    if earlier is not None:
        text = f"{earlier}行目と同じ{what}ですが、内容が違います。1行にまとめてください"
        raise Rejection(Remark("", text))


def without_respellings(known: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values without names that are spelt like the registered ones but for width, case and lost spaces."""
    return {
        name: value
        for name, value in values.items()
        if name not in ("name", "name_kana")
        or key_of(value) != key_of(getattr(known, name))
        or value.count(" ") > getattr(known, name).count(" ")
    }


def differing(old: Any, new: Any, headings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the headings of the fields in which two versions of a model differ."""
    names = [each.name for each in fields(old) if getattr(old, each.name) != getattr(new, each.name)]
    return tuple(headings[name] for name in names if name in headings)
