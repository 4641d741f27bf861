"""What `genba tiers build` does: bring a site's proposal up to date by hand, and print its structure as it is then."""

from dataclasses import asdict
from uuid import UUID

import click

from core.ids import ContractorId
from core.scope import EVERYTHING
from core.tiering import proposing, service
from core.tiering.proposal_model import Node, Structure
from core.tiering.structure import read_structure
from core.tiering.wording import text_of
from genba.commands.by_hand import print_json, print_table, site_named
from genba.runtime import open_runtime

_STATES = {
    "proposed": "推定（未承認）",
    "declared": "申告",
    "invited": "招待中",
    "accepted": "承認済み",
    "rejected": "却下",
}
_HEADINGS = ("会社", "上位会社", "次数", "状態", "確からしさ", "要確認", "理由")


def build_site(site: str, *, as_json: bool) -> None:
    """Bring a site's proposal up to date, and print its structure.

    Raises NotFound or InvalidInput when the site is not known by that name.
    """
    with open_runtime() as runtime:
        now = runtime.clock.now()
        with runtime.database.read() as session:
            thought = proposing.think(session, site_named(session, site), now)
        with runtime.database.write() as session:
            credited = service.bring_up_to_date(session, *thought, now)
            structure = read_structure(session, EVERYTHING, thought[0].site_id)
    if as_json:
        print_json(_as_json(structure) | {"days_credited": credited.given, "days_withdrawn": credited.withdrawn})
        return
    click.echo(f"{structure.site_name}（元請 {structure.prime_name}）")
    print_table(_HEADINGS, [_cells(structure, node) for node in structure.nodes])
    click.echo(f"{len(structure.nodes)} contractor(s), {len(structure.to_decide)} to decide", err=True)


def _cells(structure: Structure, node: Node) -> tuple[str, ...]:
    name = "　" * max(node.tier - 1, 0) + node.name
    tier = f"{node.tier}次" if node.tier else ""
    review = "要確認" if node.needs_decision or node.question else ""
    reasons = _reasons(structure, node)
    return (name, node.upper_name, tier, _STATES[node.state], f"{node.confidence:.2f}", review, "。".join(reasons[:1]))


def _reasons(structure: Structure, node: Node) -> list[str]:
    """Return the evidence in words: what speaks against an accepted link where it is questioned."""
    evidence = node.question.evidence if node.question else node.evidence
    return [text_of(each, "ja", lambda other: _name(structure, other)) for each in evidence]


def _name(structure: Structure, contractor_id: str) -> str:
    return structure.names.get(ContractorId(UUID(contractor_id)), "") if contractor_id else ""


def _as_json(structure: Structure) -> dict[str, object]:
    head = ("site_id", "site_name", "prime_contractor_id", "prime_name", "proposed_at", "deepest_tier")
    nodes = [asdict(node) | {"evidence": _reasons(structure, node)} for node in structure.nodes]
    return {**{name: getattr(structure, name) for name in head}, "contractors": nodes}
