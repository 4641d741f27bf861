"""The accounts' room: the way in, one's own account, and the people of one's contractors."""

from fastapi import APIRouter

from admin.accounts import inviting, joining, own, passwords, people, second_step

router = APIRouter()
for part in (second_step, passwords, joining, own, inviting, people):  # /accounts/invite before /accounts/{account_id}
    router.include_router(part.router)
