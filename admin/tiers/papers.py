"""The papers of 施工体制."""

from fastapi import APIRouter

router = APIRouter()
