"""「台帳」: sites, workers, contractors and lines, and the proposals to workers' records."""

from fastapi import APIRouter

from admin.registry import cards, contractors, lines, proposals, site_parts, sites, worker_parts, workers

router = APIRouter()
for part in (sites, site_parts, workers, worker_parts, cards, contractors, lines, proposals):
    router.include_router(part.router)
