"""What a proposal always is, whatever the facts: a tree that hangs from the prime."""

from dataclasses import replace
from datetime import date
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from core.tiering.inference import infer
from core.tiering.model import (
    ContractorFacts,
    EvidenceKind,
    KnownRelation,
    Passage,
    Proposal,
    ProposedLink,
    RelationSource,
    SiteFacts,
)
from core.tiering.weights import load_weights
from core.tiering.wording import LANGUAGES, text_of
from tests.tiering.site import FIRST_DAY, PRIME, answered, approved, crew, declared, instant, site

NAMES = ("甲", "乙", "丙", "丁", "戊", PRIME, "外の会社")
WEIGHTS = load_weights()

relations = st.builds(
    KnownRelation,
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.sampled_from(RelationSource),
    st.sampled_from((None, PRIME, "別の元請")),
    st.sampled_from((None, "中央ビル", "前の現場")),
    st.sampled_from((None, FIRST_DAY, date.min, date.max)),
)
contractors = st.builds(
    ContractorFacts,
    st.sampled_from(NAMES),
    st.sampled_from((None, "鉄筋", "とび・土工", "何か")),
    st.booleans(),
    st.sampled_from((None, 0, 3_000_000)),
    st.sampled_from((None, True, False)),
)


@st.composite
def passages(draw: st.DrawFn) -> Passage:
    from core.attendance.model import Direction  # noqa: PLC0415

    return Passage(
        draw(st.sampled_from("abcdefgh")),
        draw(st.sampled_from(NAMES[:6])),
        instant(draw(st.integers(0, 6)), "07:30", draw(st.integers(-40, 700))),
        draw(st.sampled_from(Direction)),
    )


sites = st.builds(
    SiteFacts,
    st.just("中央ビル"),
    st.just(PRIME),
    st.lists(contractors, max_size=6, unique_by=lambda each: each.contractor_id),
    st.lists(passages(), max_size=40),
    st.lists(relations, max_size=12),
)


def link(proposal: Proposal, contractor_id: str) -> ProposedLink:
    return next(each for each in proposal.links if each.contractor_id == contractor_id)


def kinds(found: ProposedLink) -> set[EvidenceKind]:
    return {each.kind for each in found.evidence}


@given(sites)
@settings(max_examples=80, deadline=None)
def test_a_proposal_is_a_tree_that_hangs_from_the_prime(facts: SiteFacts) -> None:
    links = {each.contractor_id: each for each in infer(facts, WEIGHTS).links}
    assert {each for each in links if links[each].has_entered} == {each.contractor_id for each in facts.passages} - {
        PRIME
    }
    assert PRIME not in links
    for each in links.values():
        tier, at = 0, each.contractor_id
        while at != PRIME:
            at = links[at].upper_contractor_id
            tier += 1
            assert tier <= len(links)
        assert tier == each.tier
        assert 0 <= each.confidence <= 1
        assert each.evidence
        assert all(text_of(evidence, language) for evidence in each.evidence for language in LANGUAGES)


@given(sites, st.integers())
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_facts_does_not_matter(facts: SiteFacts, seed: int) -> None:
    rng = Random(seed)
    mixed = replace(
        facts,
        contractors=rng.sample(list(facts.contractors), len(facts.contractors)),
        passages=rng.sample(list(facts.passages), len(facts.passages)),
        relations=rng.sample(list(facts.relations), len(facts.relations)),
    )
    assert infer(mixed, WEIGHTS) == infer(facts, WEIGHTS)


@given(sites, st.sampled_from(NAMES[:5]), st.sampled_from(NAMES[:5]))
@settings(max_examples=40, deadline=None)
def test_an_upper_that_is_declared_is_not_less_likely_for_it(facts: SiteFacts, lower: str, upper: str) -> None:
    there = {each.contractor_id for each in facts.passages}
    if lower == upper or not {lower, upper} <= there:
        return
    told = replace(facts, relations=[*facts.relations, declared(lower, upper)])
    was_proposed = link(infer(facts, WEIGHTS), lower).upper_contractor_id == upper
    contradicts = any(each.contractor_id in (upper, lower) for each in facts.relations)
    if was_proposed and not contradicts:
        assert link(infer(told, WEIGHTS), lower).upper_contractor_id == upper


def test_a_declared_upper_is_proposed() -> None:
    facts = site(
        crew("甲", "07:30", days=range(10)), crew("乙", "08:00", days=range(10)), relations=(declared("乙", "甲"),)
    )
    found = link(infer(facts, WEIGHTS), "乙")
    assert (found.upper_contractor_id, found.tier) == ("甲", 2)
    assert EvidenceKind.DECLARED in kinds(found)


def test_an_upper_that_never_entered_stands_between() -> None:
    facts = site(crew("乙", "08:00", days=range(10)), relations=(declared("乙", "来ない会社"),))
    proposal = infer(facts, WEIGHTS)
    assert [(each.contractor_id, each.upper_contractor_id, each.tier) for each in proposal.links] == [
        ("来ない会社", PRIME, 1),
        ("乙", "来ない会社", 2),
    ]
    assert link(proposal, "来ない会社").needs_review
    assert EvidenceKind.NEVER_ENTERED in kinds(link(proposal, "乙"))


def test_two_declared_uppers_are_asked_about() -> None:
    facts = site(
        *(crew(name, "07:30", days=range(10)) for name in ("甲", "乙", "丙")),
        relations=(declared("丙", "甲"), answered("丙", "乙")),
    )
    found = link(infer(facts, WEIGHTS), "丙")
    assert found.needs_review
    assert EvidenceKind.TWO_UPPERS in kinds(found)


def test_a_contractor_that_comes_now_with_one_and_now_with_another_is_asked_about() -> None:
    facts = site(
        crew("甲", "07:00", days=range(30), wander=7),
        crew("乙", "08:10", days=range(30), wander=11),
        crew("丙", "07:01", days=range(0, 30, 2), wander=7),
        crew("丙", "08:11", days=range(1, 30, 2), wander=11),
        relations=(declared("丙", "甲"),),
    )
    found = link(infer(facts, WEIGHTS), "丙")
    assert (found.upper_contractor_id, found.needs_review) == ("甲", True)
    assert EvidenceKind.TWO_UPPERS in kinds(found)


def test_what_other_primes_sites_say_is_in_no_text() -> None:
    together = [crew(name, "07:30", days=range(6), wander=5) for name in ("甲", "乙")]
    elsewhere = tuple(approved("乙", "甲", number, prime="別の元請") for number in range(9))
    told, untold = (infer(site(*together, relations=each), WEIGHTS) for each in (elsewhere, ()))
    assert link(told, "乙").upper_contractor_id == "甲"
    own_words = {text_of(each) for each in link(told, "乙").evidence}
    if link(untold, "乙").upper_contractor_id == "甲":
        assert own_words <= {text_of(each) for each in link(untold, "乙").evidence}
    assert not any("別の元請" in text or "以前の現場" in text or "9" in text for text in own_words)


def test_an_upper_that_only_another_primes_site_knows_is_not_named() -> None:
    facts = site(
        crew("乙", "08:00", days=range(10)),
        relations=tuple(approved("乙", "知られない会社", number, prime="別の元請") for number in range(5)),
    )
    assert "知られない会社" not in str(infer(facts, WEIGHTS))


def test_nobody_entered_and_nothing_is_proposed() -> None:
    assert infer(site(), WEIGHTS).links == ()


def test_a_gate_whose_clock_is_thousands_of_years_ahead_is_no_trouble() -> None:
    """Beside it all that is known is so old that its weight is nothing."""
    ahead = [replace(each, at=each.at.replace(year=9998)) for each in crew("乙", "07:30", days=range(5))]
    facts = site(ahead, relations=[approved("乙", "外の会社", 1)])
    assert [each.contractor_id for each in infer(facts, WEIGHTS).links if each.has_entered] == ["乙"]
