"""What a site's row leads to. No database."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.ids import ContractorId, LineId, SiteId, uuid7
from core.imports.contractors import (
    ContractorBook,
    check,
    differing,
    refuse_second,
    same_row,
    without_respellings,
)
from core.imports.drafts import SiteDraft
from core.imports.model import Changes, Decision, Fate, ImportReach, Rejection, Remark
from core.imports.snapshot import Snapshot
from core.phone import PhoneSealer
from core.registry import rules
from core.registry.mending import key_of
from core.registry.model import Contractor, Site
from core.registry.places import with_day_code_key


@dataclass(slots=True)
class SiteDesk:
    """Decides on sites' rows, one after the other; what an earlier row adds is known to the later ones."""

    contractors: ContractorBook
    line_ids: Mapping[str, LineId]
    sealer: PhoneSealer
    headings: Mapping[str, str]
    by_ccus_id: dict[str, Site] = field(default_factory=dict)
    by_name: dict[tuple[str, ContractorId], dict[SiteId, Site]] = field(default_factory=lambda: defaultdict(dict))
    codes: dict[LineId, dict[str, SiteId]] = field(default_factory=lambda: defaultdict(dict))
    lines_of: dict[SiteId, set[LineId]] = field(default_factory=lambda: defaultdict(set))
    rows: dict[SiteId, int] = field(default_factory=dict)
    reach: ImportReach | None = None

    @classmethod
    def of(
        cls, snapshot: Snapshot, sealer: PhoneSealer, headings: Mapping[str, str], reach: ImportReach | None = None
    ) -> "SiteDesk":
        # A prime contractor's own sites alone: those below it have no part in them.
        reach = ImportReach(reach.own) if reach else None
        desk = cls(ContractorBook.of(snapshot.contractors, reach), snapshot.line_ids, sealer, headings, reach=reach)
        for line_id, site_id in snapshot.line_sites:
            desk.lines_of[site_id].add(line_id)
        for site in snapshot.sites:
            desk._put(site)
        return desk

    def decide(self, number: int, draft: SiteDraft) -> Decision:
        """Return what a row leads to. Raises Rejection when it cannot be taken."""
        prime, remarks = self._prime(draft)
        line_ids = {self._line(e164) for e164 in draft.lines} if self.reach is None else set()
        if draft.lines and self.reach is not None:
            remarks += (Remark(self.headings["lines"], "電話回線は運用者が設定します。この列は読みませんでした"),)
        known = self._known(draft.values, prime)
        if known is None:
            return self._add(number, draft.values, prime, line_ids, remarks)
        changed = replace(known, **without_respellings(known, draft.values))
        if prime is not None:
            changed = replace(changed, prime_contractor_id=prime.contractor_id)
        check(rules.check_site, changed, self.headings)
        new_lines = line_ids - self.lines_of[known.site_id]
        names = self._differing(known, changed, has_new_lines=bool(new_lines))
        if not names:
            told = remarks + same_row(self.rows.get(known.site_id))
            self.rows.setdefault(known.site_id, number)
            return Decision(Fate.UNCHANGED, remarks=told)
        refuse_second(self.rows.get(known.site_id), "現場")
        self._check_code(changed, self.lines_of[known.site_id] | new_lines)
        self._take(number, changed, new_lines, instead_of=known)
        changes = Changes(
            updated=[changed] if changed != known else [], line_sites=[(each, known.site_id) for each in new_lines]
        )
        return Decision(Fate.UPDATED, names, remarks, changes)

    def _prime(self, draft: SiteDraft) -> tuple[Contractor | None, tuple[Remark, ...]]:
        if draft.prime is None:
            return self.contractors.own, ()
        return self.contractors.find(draft.prime, self.headings)

    def _known(self, values: Mapping[str, Any], prime: Contractor | None) -> Site | None:
        ccus_id = values.get("ccus_site_id")
        if ccus_id in self.by_ccus_id:
            known = self.by_ccus_id[ccus_id]
            if self.reach is not None and known.prime_contractor_id != self.reach.own:
                text = "この現場IDは、ほかの現場に使われています。IDを確かめてください"
                raise Rejection(Remark(self.headings["ccus_site_id"], text))
            return known
        if prime is None or "name" not in values:
            return None
        found = list(self.by_name[key_of(values["name"]), prime.contractor_id].values())
        if ccus_id is not None:
            found = [site for site in found if site.ccus_site_id is None]
        if len(found) > 1:
            text = f"同じ名前の現場が{len(found)}つあります。{self.headings['ccus_site_id']}を書いてください"
            raise Rejection(Remark(self.headings["name"], text))
        return found[0] if found else None

    def _add(
        self,
        number: int,
        values: dict[str, Any],
        prime: Contractor | None,
        line_ids: set[LineId],
        remarks: tuple[Remark, ...],
    ) -> Decision:
        missing = [name for name in ("name", "starts_on") if name not in values]
        if prime is None:
            missing.append("contractor_name")
        if prime is None or missing:
            raise Rejection(*(Remark(self.headings[name], "空です。新しい現場には必要です") for name in missing))
        site = Site(SiteId(uuid7()), prime_contractor_id=prime.contractor_id, **values)
        if "site_code" not in values and any(self.codes[line_id] for line_id in line_ids):
            taken = {code for line_id in line_ids for code in self.codes[line_id]}
            site = replace(site, site_code=rules.free_code(taken))
            remarks += (Remark(self.headings["site_code"], f"空いているコード {site.site_code} を付けました"),)
        check(rules.check_site, site, self.headings)
        self._check_code(site, line_ids)
        added = with_day_code_key(self.sealer, site)
        self._take(number, added, line_ids)
        changes = Changes(added=[added], line_sites=[(line_id, added.site_id) for line_id in line_ids])
        return Decision(Fate.ADDED, remarks=remarks, changes=changes)

    def _line(self, e164: str) -> LineId:
        if e164 not in self.line_ids:
            raise Rejection(Remark(self.headings["lines"], "登録のない電話回線です。先に回線を登録してください"))
        return self.line_ids[e164]

    def _check_code(self, site: Site, line_ids: set[LineId]) -> None:
        for line_id in line_ids:
            if self.codes[line_id].get(site.site_code, site.site_id) != site.site_id:
                text = f"{site.site_code} は同じ電話回線の別の現場が使っています。別のコードを書いてください"
                raise Rejection(Remark(self.headings["site_code"], text))

    def _differing(self, known: Site, changed: Site, *, has_new_lines: bool) -> tuple[str, ...]:
        names = differing(known, changed, self.headings)
        if known.prime_contractor_id != changed.prime_contractor_id:
            names += (self.headings["contractor_name"],)
        return (*names, self.headings["lines"]) if has_new_lines else names

    def _take(self, number: int, site: Site, new_lines: set[LineId], instead_of: Site | None = None) -> None:
        if instead_of is not None:
            self.by_name[key_of(instead_of.name), instead_of.prime_contractor_id].pop(site.site_id)
            for line_id in self.lines_of[site.site_id]:
                self.codes[line_id].pop(instead_of.site_code, None)
        self.lines_of[site.site_id] |= new_lines
        self.rows[site.site_id] = number
        self._put(site)

    def _put(self, site: Site) -> None:
        if site.ccus_site_id is not None:
            self.by_ccus_id[site.ccus_site_id] = site
        self.by_name[key_of(site.name), site.prime_contractor_id][site.site_id] = site
        for line_id in self.lines_of[site.site_id]:
            self.codes[line_id][site.site_code] = site.site_id
