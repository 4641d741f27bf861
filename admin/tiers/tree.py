"""A structure as a drawing: where each contractor's box lies, and the lines between them. Tiers are columns. Pure.

The drawing is for the eye; whoever cannot see it, or has no mouse, has the list with the same content.
"""

from collections import defaultdict
from dataclasses import dataclass

from core.ids import ContractorId
from core.tiering.proposal_model import Node, NodeState, Structure

BOX_WIDTH, BOX_HEIGHT = 138, 46
ACROSS, DOWN = BOX_WIDTH + 22, BOX_HEIGHT + 10  # from one tier to the next, from one box to the next
MARGIN, HEAD = 4, 26
NAME_WIDTH = 18  # of a box, in half-width signs


@dataclass(frozen=True, slots=True)
class Box:
    """A contractor's place in the drawing; node is None for the prime contractor, and for an upper nobody is shown."""

    contractor_id: ContractorId
    name: str
    node: Node | None
    x: int
    y: int

    @property
    def short_name(self) -> str:
        return shortened(self.name, NAME_WIDTH)


@dataclass(frozen=True, slots=True)
class Line:
    """From an upper to a lower one; node is the lower one's place."""

    node: Node
    path: str


@dataclass(frozen=True, slots=True)
class Tree:
    """The whole drawing; columns are the depths with their left edge."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    columns: tuple[tuple[int, int], ...]

    @property
    def edges(self) -> list[tuple[NodeState, str]]:
        """The lines of each state as one path."""
        paths: dict[NodeState, str] = defaultdict(str)
        for line in self.lines:
            paths[line.node.state] += line.path
        return list(paths.items())


def draw(structure: Structure) -> Tree:
    """Return the drawing of a structure: each upper beside the first of its lower ones."""
    lowers: dict[ContractorId, list[Node]] = defaultdict(list)
    for node in structure.nodes:
        lowers[node.upper_contractor_id].append(node)
    standing = {node.contractor_id for node in structure.nodes}
    tops = [upper for upper in lowers if upper not in standing]
    if not tops or structure.prime_contractor_id in tops or not structure.nodes:
        tops = list(dict.fromkeys([structure.prime_contractor_id, *tops]))
    drawing = _Drawing(lowers, structure)
    for top in tops:
        drawing.place(top, None, 0)
    deepest = max((depth for depth, _ in drawing.columns), default=0)
    return Tree(
        width=2 * MARGIN + deepest * ACROSS + BOX_WIDTH,
        height=HEAD + 2 * MARGIN + max(1, drawing.rows) * DOWN,
        boxes=tuple(drawing.boxes),
        lines=tuple(drawing.lines),
        columns=tuple(sorted(drawing.columns)),
    )


def shortened(name: str, width: int) -> str:
    """Return a name that is at most so many half-width signs wide, without 株式会社 when that lets it fit."""
    plain = name.replace("株式会社", "(株)").replace("有限会社", "(有)") if _width(name) > width else name
    if _width(plain) <= width:
        return plain
    kept = ""
    for sign in plain:
        if _width(kept + sign) > width - 2:
            break
        kept += sign
    return f"{kept}…"


class _Drawing:
    """Places boxes depth first; a contractor that stands twice has those below it once."""

    def __init__(self, lowers: dict[ContractorId, list[Node]], structure: Structure) -> None:
        self._lowers, self._structure = lowers, structure
        self._spread: set[ContractorId] = set()
        self.boxes: list[Box] = []
        self.lines: list[Line] = []
        self.columns: set[tuple[int, int]] = set()
        self.rows = 0

    def place(self, contractor_id: ContractorId, node: Node | None, depth: int) -> Box:
        row = self.rows
        box = Box(contractor_id, self._name(contractor_id, node), node, *self._corner(depth, row))
        self.boxes.append(box)
        self.columns.add((depth, box.x))
        below = [] if contractor_id in self._spread else self._lowers.get(contractor_id, [])
        self._spread.add(contractor_id)
        for lower in below:
            self.lines.append(Line(lower, _path(box, self.place(lower.contractor_id, lower, depth + 1))))
        self.rows = max(self.rows, row + 1)
        return box

    def _corner(self, depth: int, row: int) -> tuple[int, int]:
        return MARGIN + depth * ACROSS, HEAD + MARGIN + row * DOWN

    def _name(self, contractor_id: ContractorId, node: Node | None) -> str:
        if node is not None:
            return node.name
        if contractor_id == self._structure.prime_contractor_id:
            return self._structure.prime_name
        return self._structure.names.get(contractor_id, "")


def _path(upper: Box, lower: Box) -> str:
    start, middle = upper.x + BOX_WIDTH, upper.x + BOX_WIDTH + (ACROSS - BOX_WIDTH) // 2
    from_y, to_y = upper.y + BOX_HEIGHT // 2, lower.y + BOX_HEIGHT // 2
    if from_y == to_y:
        return f"M{start} {from_y}H{lower.x}"
    return f"M{start} {from_y}H{middle}V{to_y}H{lower.x}"


def _width(text: str) -> int:
    return sum(1 if sign.isascii() or "｡" <= sign <= "ﾟ" else 2 for sign in text)
