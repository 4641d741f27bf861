"""What the tests of imports arrange with: a text becomes a table, a preview, and rows of the registry."""

from datetime import date

from core.db import Session
from core.imports.model import Fate, ImportKind
from core.imports.previewing import ImportPreview, apply, preview
from core.imports.reading import parse_table
from core.phone import PhoneSealer

TODAY = date(2026, 11, 16)
WORKERS, CONTRACTORS, SITES = ImportKind.WORKERS, ImportKind.CONTRACTORS, ImportKind.SITES


def look(session: Session, sealer: PhoneSealer, kind: ImportKind, text: str) -> ImportPreview:
    return preview(session, sealer, kind, parse_table(text.encode()), TODAY)


def bring_in(session: Session, sealer: PhoneSealer, kind: ImportKind, text: str) -> ImportPreview:
    previewed = look(session, sealer, kind, text)
    apply(session, previewed)
    return previewed


def fates(previewed: ImportPreview) -> list[Fate]:
    return [row.fate for row in previewed.fates]


def reasons(previewed: ImportPreview) -> list[tuple[str, ...]]:
    return [tuple(problem.text for problem in row.problems) for row in previewed.fates]
