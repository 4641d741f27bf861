"""The usual forms of 施工体制, filled with what is known; what is not known stays an empty box for the pen.

What must not be collected has no box: no 記号・番号 of health insurance, no 基礎年金番号, no 個人番号.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from admin.tiers.tree import ACROSS, DOWN, HEAD, MARGIN, draw
from admin.words import word
from core.documents.form_book import FormSheet, Half
from core.registry.model import Contractor, Position, Site
from core.registry.qualification_model import QualificationKind
from core.tiering.papers import Placed, StructurePaper
from core.tiering.proposal_model import NodeState

ROWS_A_SHEET = {"a3": 14, "a4": 10}
ROSTER_COLUMNS = (
    ("番号", 0.5),
    ("ふりがな／氏名", 1.7),
    ("技能者ID", 1.9),
    ("職種", 1.2),
    ("※", 0.6),
    ("雇入年月日／経験年数", 1.2),
    ("生年月日／年齢", 1.2),
    ("現住所", 1.8),
    ("最近の健康診断日", 1.3),
    ("健康・年金・雇用保険", 1.3),
    ("建退共", 0.7),
    ("雇入・職長・特別教育", 2.0),
    ("技能講習", 1.8),
    ("免許", 1.4),
    ("入場年月日", 1.3),
    ("受入教育実施年月日", 1.3),
)
_MARKS = {Position.FOREMAN.value: "職", Position.CREW_LEADER.value: "班"}
_INSURED = (
    ("健康保険", "health_insurance"),
    ("厚生年金", "pension_insurance"),
    ("雇用保険", "employment_insurance"),
)
ADULT = 18
_BLANK_PRIME = (
    "発注者名及び住所",
    "契約日",
    "契約営業所（元請契約）",
    "契約営業所（下請契約）",
    "発注者の監督員名",
    "監督員名",
    "現場代理人名",
    "監理技術者・主任技術者名（専任・非専任）",
    "資格内容",
    "監理技術者補佐名",
    "専門技術者名・担当工事内容",
)
_BLANK_LOWER = (
    "代表者名",
    "工事名称及び工事内容",
    "契約日",
    "現場代理人名",
    "主任技術者名（専任・非専任）",
    "資格内容",
    "安全衛生責任者名",
    "安全衛生推進者名",
    "雇用管理責任者名",
    "専門技術者名・担当工事内容",
)
_FOREIGN = (
    ("一号特定技能外国人の従事の有無", "有　・　無"),
    ("外国人建設就労者の従事の有無", "有　・　無"),
    ("外国人技能実習生の従事の有無", "有　・　無"),
)


def ledger_sheets(paper: StructurePaper) -> list[FormSheet]:
    """Return 施工体制台帳: the prime contractor beside each contractor directly below it."""
    left = Half("元請", _prime_boxes(paper.prime, paper.site))
    return [
        _form("施工体制台帳", placed, (left, Half("一次下請負業者", _lower_boxes(placed))))
        for placed in paper.placed
        if placed.node.tier == 1
    ]


def notice_sheets(paper: StructurePaper, reporting: Iterable[Placed]) -> list[FormSheet]:
    """Return 再下請負通知書: each reporting contractor beside each of those directly below it."""
    sheets = []
    for own in reporting:
        upper = own.upper.name if own.upper else own.node.upper_name
        boxes = (
            ("直近上位の注文者名", upper),
            ("元請名称・事業者ID", _named(paper.prime)),
            ("事業所名・現場ID", _joined(paper.site.name, paper.site.ccus_site_id)),
            *_lower_boxes(own),
        )
        left = Half("自社（報告下請負業者）", boxes)
        below = [each for each in paper.placed if each.node.upper_contractor_id == own.node.contractor_id]
        sheets += [_form("再下請負通知書", each, (left, Half("再下請負関係", _lower_boxes(each)))) for each in below]
    return sheets


def chart_pages(paper: StructurePaper, size: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the tiers' names, and the sheets of 施工体系図 as boxes by column and row with the lines between them."""
    nodes = tuple(node for node in paper.structure.nodes if node.state is NodeState.ACCEPTED)
    tree = draw(replace(paper.structure, nodes=nodes))
    by_place = {(each.node.contractor_id, each.node.upper_contractor_id): each for each in paper.placed}
    boxes: list[dict[str, Any]] = []
    for box in tree.boxes:
        placed = by_place.get((box.node.contractor_id, box.node.upper_contractor_id)) if box.node else None
        boxes.append(
            {
                "column": (box.x - MARGIN) // ACROSS,
                "row": (box.y - HEAD - MARGIN) // DOWN,
                "name": box.name,
                "facts": _chart_facts(placed) if placed else _prime_facts(paper),
            }
        )
    deepest = max((box["column"] for box in boxes), default=0)
    names = ["元請", *(word(f"tiers.tier.{tier}", "ja") for tier in range(1, deepest + 1))]
    return names, _sheets_of(boxes, ROWS_A_SHEET[size])


def chart_grid(paper: StructurePaper) -> list[tuple[int, int, str]]:
    """Return 施工体系図 as cells of a sheet: row, column, text."""
    names, pages = chart_pages(paper, "a3")
    cells, start = [(0, column, name) for column, name in enumerate(names)], 1
    for page in pages:
        for box in page["boxes"]:
            facts = "\n".join(f"{label} {text}" for label, text in box["facts"])
            cells.append((start + box["row"], box["column"], f"{box['name']}\n{facts}"))
        start += page["rows"]
    return cells


def roster_rows(people: Sequence[Mapping[str, Any] | None]) -> list[list[str]]:
    """Return a row under ROSTER_COLUMNS for each person, as a submission keeps them; one who was erased is empty."""
    return [_person(number, each) for number, each in enumerate(people, start=1)]


def roster_facts(
    paper: StructurePaper, contractor: Contractor, submitted_on: str, today: date
) -> list[tuple[str, str]]:
    """Return the head of 作業員名簿."""
    chain = {each.node.contractor_id: each for each in paper.placed}
    own = chain.get(contractor.contractor_id)
    first = own
    while first is not None and first.node.tier > 1:
        first = chain.get(first.node.upper_contractor_id)
    tier = word(f"tiers.tier.{own.node.tier}", "ja") if own and 0 < own.node.tier <= 9 else ""
    return [
        ("事業所名・現場ID", _joined(paper.site.name, paper.site.ccus_site_id)),
        ("元請", _named(paper.prime)),
        ("所長名", ""),
        ("一次会社名・事業者ID", _named(first.contractor) if first else ""),
        (f"{tier or '（　）次'}会社名・事業者ID", _named(contractor)),
        ("作成日／提出日", f"{today:%Y/%m/%d}／{submitted_on}"),
    ]


def period(start: date | None, end: date | None) -> str:
    return f"{start:%Y/%m/%d}～{f'{end:%Y/%m/%d}' if end else ''}" if start else ""


def _form(title: str, placed: Placed, halves: tuple[Half, Half]) -> FormSheet:
    widths = (26, 38, 4, 26, 38)
    return FormSheet(name=placed.contractor.name, title=title, halves=halves, widths=widths)


def _prime_boxes(prime: Contractor, site: Site) -> list[tuple[str, str]]:
    return [
        ("会社名・事業者ID", _named(prime)),
        ("事業所名・現場ID", _joined(site.name, site.ccus_site_id)),
        ("建設業の許可", prime.licence),
        ("工事名称及び工事内容", site.name),
        ("工期", period(site.starts_on, site.ends_on)),
        *((label, "") for label in _BLANK_PRIME),
        ("健康保険等の加入状況", insurance(prime)),
        *_FOREIGN,
    ]


def _lower_boxes(placed: Placed) -> list[tuple[str, str]]:
    contractor = placed.contractor
    return [
        ("会社名・事業者ID", _named(contractor)),
        ("住所", contractor.address),
        ("建設業の許可", contractor.licence),
        ("工期", period(placed.valid_from, placed.valid_until)),
        ("職長", "、".join(placed.foremen)),
        *((label, "") for label in _BLANK_LOWER),
        ("健康保険等の加入状況", insurance(contractor)),
        ("建設業退職金共済", {True: "加入", False: "未加入", None: ""}[contractor.mutual_aid]),
        *_FOREIGN,
    ]


def insurance(contractor: Contractor) -> str:
    """Return 健康保険 加入　厚生年金 加入　雇用保険 適用除外: whether, never a number; a gap where it is not known."""
    held = asdict(contractor)
    return "　".join(f"{label} {_status(held[name]) or '（　　）'}" for label, name in _INSURED)


def _insured(firm: Mapping[str, Any]) -> str:
    """Return the same in the three lines of a narrow box."""
    return "\n".join(f"{label[:2]} {_status(firm[name])}" for label, name in _INSURED)


def _status(status: str | None) -> str:
    return word(f"technicians.insurance.{status}", "ja") if status else ""


def _chart_facts(placed: Placed) -> list[tuple[str, str]]:
    return [
        ("ID", placed.contractor.ccus_contractor_id or ""),
        ("工期", period(placed.valid_from, placed.valid_until)),
        ("工事内容", ""),
        ("主任技術者", ""),
        ("職長", "、".join(placed.foremen)),
        ("安全衛生責任者", ""),
    ]


def _prime_facts(paper: StructurePaper) -> list[tuple[str, str]]:
    return [
        ("ID", paper.prime.ccus_contractor_id or ""),
        ("工期", period(paper.site.starts_on, paper.site.ends_on)),
        ("現場代理人", ""),
        ("監理技術者", ""),
        ("専門技術者", ""),
        ("統括安全衛生責任者", ""),
    ]


def _sheets_of(boxes: Sequence[dict[str, Any]], rows: int) -> list[dict[str, Any]]:
    """Divide a drawing into sheets between the branches of the first tier; the box at its left stands on each."""
    top, *rest = boxes or [{}]
    branches: list[list[dict[str, Any]]] = []
    for box in rest:
        if box["column"] <= 1 or not branches:
            branches.append([])
        branches[-1].append(box)
    sheets: list[list[dict[str, Any]]] = [[]]
    used = 0
    for branch in branches:
        height = 1 + max(box["row"] for box in branch) - min(box["row"] for box in branch)
        if used and used + height > rows:
            sheets.append([])
            used = 0
        first = branch[0]["row"]
        sheets[-1] += [box | {"row": used + box["row"] - first} for box in branch]
        used += height
    return [_sheet([top | {"row": 0}, *found]) for found in sheets] if top else []


def _sheet(boxes: list[dict[str, Any]]) -> dict[str, Any]:
    lines = []
    for number, box in enumerate(boxes):
        upper = next((each for each in reversed(boxes[:number]) if each["column"] == box["column"] - 1), None)
        if upper is not None:
            lines.append({"from": [upper["column"], upper["row"]], "to": [box["column"], box["row"]]})
    return {"boxes": boxes, "lines": lines, "rows": 1 + max(box["row"] for box in boxes)}


def _person(number: int, each: Mapping[str, Any] | None) -> list[str]:
    if each is None:
        return [str(number), "（削除済み）", *("" for _ in ROSTER_COLUMNS[2:])]
    worker, firm, age = each["worker"], each["contractor"], each["age"]
    mark = "".join([_MARKS.get(str(each["entry"]["position"]), ""), "未" if age is not None and age < ADULT else ""])
    years = worker["experience_years"]
    return [
        str(number),
        "\n".join(filter(None, (worker["name_kana"], worker["name"]))),
        worker["ccus_worker_id"] or "",
        each["occupation"] or "",
        mark,
        "\n".join(filter(None, (_day(worker["hired_on"]), f"{years}年" if years is not None else ""))),
        "\n".join(filter(None, (_day(worker["birth_date"]), f"{age}歳" if age is not None else ""))),
        worker["address"],
        _day(worker["last_health_check_on"]),
        _insured(firm),
        {True: "有", False: "無"}.get(firm["mutual_aid"], ""),
        _held(each, QualificationKind.SPECIAL_EDUCATION, QualificationKind.OTHER),
        _held(each, QualificationKind.SKILLS_TRAINING),
        _held(each, QualificationKind.LICENCE),
        _day(each["first_entry_on"]),
        _day(each["checks"].get("induction")),
    ]


def _held(each: Mapping[str, Any], *kinds: QualificationKind) -> str:
    return "、".join(held["name"] for held in each["qualifications"] if held["kind"] in {kind.value for kind in kinds})


def _day(value: date | str | None) -> str:
    return str(value).replace("-", "/") if value else ""


def _named(contractor: Contractor) -> str:
    return _joined(contractor.name, contractor.ccus_contractor_id)


def _joined(name: str, number: str | None) -> str:
    return f"{name}（{number}）" if number else name
