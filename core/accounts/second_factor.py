"""The second factor: codes of an app (TOTP, RFC 6238), a mailed link in their place, and recovery codes.

An app's secret is sealed under the data ring of the phone numbers: that ring has key ids and is rotated, which a key
derived from the secret of the sessions could not be without shutting everybody out. The sealed text names its account,
so that a secret moved to another account's row opens nothing.
"""

import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime, timedelta

import pyotp

from core.accounts import factor_store, store
from core.accounts.model import SecondFactor
from core.db import Session
from core.errors import InvalidInput
from core.ids import AccountId
from core.phone import PhoneSealer

ISSUER = "Genba Call"
STEP_S = 30
STEPS_AROUND = 1  # a phone's clock may be off by that many steps
BEGUN_FOR = timedelta(minutes=30)
RECOVERY_CODES = 10
_CODE_GROUPS, _GROUP_SIGNS = 3, 4
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # 31: a code has 59 bits, so its bare hash gives nothing away


def find_factor(session: Session, account_id: AccountId) -> SecondFactor:
    """Return what is set up for an account; an empty one when nothing is."""
    return factor_store.find_factor(session, account_id) or SecondFactor(account_id)


def begin_app(session: Session, sealer: PhoneSealer, account_id: AccountId, now: datetime) -> str:
    """Return the secret to show for an app, in base32; one that was begun shortly before is shown again.

    An app that is already set up goes on working until the new one is confirmed.
    """
    factor = find_factor(session, account_id)
    if factor.new_secret and factor.begun_at and now - factor.begun_at < BEGUN_FOR:
        return _unseal(sealer, account_id, factor.new_secret)
    secret = pyotp.random_base32()
    factor_store.put_factor(session, account_id, new_secret=_seal(sealer, account_id, secret), begun_at=now)
    return secret


def begun_secret(session: Session, sealer: PhoneSealer, account_id: AccountId) -> str | None:
    """Return the secret that was shown and is not yet confirmed."""
    factor = find_factor(session, account_id)
    return _unseal(sealer, account_id, factor.new_secret) if factor.new_secret else None


def app_address(secret: str, login: str) -> str:
    """Return what an app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def confirm_app(session: Session, sealer: PhoneSealer, account_id: AccountId, code: str, now: datetime) -> list[str]:
    """Set the app up whose secret was shown, and return new recovery codes.

    Raises InvalidInput when the code is not the app's.
    """
    secret = begun_secret(session, sealer, account_id)
    step = _step_of(secret, code, now) if secret else None
    if secret is None or step is None:
        raise InvalidInput("the code is not the app's", field="code")
    factor_store.put_factor(
        session,
        account_id,
        secret=_seal(sealer, account_id, secret),
        new_secret=None,
        begun_at=None,
        app_since=now,
        last_step=step,
    )
    return new_recovery_codes(session, account_id)


def confirm_mail(session: Session, account_id: AccountId, now: datetime) -> list[str]:
    """Make mailed links the second factor, after one has come through; return new recovery codes."""
    factor_store.put_factor(session, account_id, mail_since=now)
    return new_recovery_codes(session, account_id)


def remove(session: Session, account_id: AccountId) -> None:
    """Take the second factor and its recovery codes away: the way back for who has lost all of them."""
    factor_store.delete_factor(session, account_id)


def new_recovery_codes(session: Session, account_id: AccountId) -> list[str]:
    """Return fresh codes, each good for once; the earlier ones stop working. They are kept as hashes alone."""
    codes = ["-".join(_group() for _ in range(_CODE_GROUPS)) for _ in range(RECOVERY_CODES)]
    factor_store.replace_recovery_codes(session, account_id, [_code_hash(account_id, code) for code in codes])
    return codes


def take_code(session: Session, sealer: PhoneSealer, account_id: AccountId, text: str, now: datetime) -> str | None:
    """Use up a code; return what it was, "app" or "recovery", or None when it is neither, or was used before.

    Call it with the account's row locked, as sessions do.
    """
    plain = _plain(text)
    factor = find_factor(session, account_id)
    if plain.isdigit() and factor.secret and factor.app_since:
        step = _step_of(_unseal(sealer, account_id, factor.secret), plain, now)
        return "app" if step is not None and factor_store.take_step(session, account_id, step) else None
    is_taken = factor_store.use_recovery_code(session, account_id, _code_hash(account_id, plain), now)
    return "recovery" if is_taken else None


def count_recovery_codes(session: Session, account_id: AccountId) -> int:
    return factor_store.count_recovery_codes(session, account_id)


def reseal(
    session: Session, sealer: PhoneSealer, after: AccountId | None = None, limit: int = 500
) -> tuple[int, AccountId | None]:
    """Seal the next accounts' secrets anew under the current key.

    Return how many were, and where to go on: None at the end.
    """
    found = factor_store.list_factors(session, after, limit)
    current = f"{sealer.data.current.key_id}:"
    count = 0
    for factor in found:
        kept = {"secret": factor.secret, "new_secret": factor.new_secret}
        old = {name: text for name, text in kept.items() if text and not text.startswith(current)}
        if old:
            fresh = {name: sealer.encrypt(sealer.decrypt(text)) for name, text in old.items()}
            factor_store.put_factor(session, factor.account_id, **fresh)
            count += 1
    return count, found[-1].account_id if found else None


def lock_account(session: Session, account_id: AccountId) -> None:
    """Keep others from using up the account's codes until this transaction ends."""
    store.get_account(session, account_id, for_update=True)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step a code belongs to, of those around now; None when it belongs to none."""
    totp, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP_S
    steps = range(present - STEPS_AROUND, present + STEPS_AROUND + 1)
    plain = _plain(code).encode()
    fitting = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), plain)]
    return fitting[-1] if fitting else None


def _plain(text: str) -> str:
    """Return a code as it was meant: full width made plain, no spaces and hyphens, capitals made small."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def _group() -> str:
    return "".join(secrets.choice(_SIGNS) for _ in range(_GROUP_SIGNS))


def _code_hash(account_id: AccountId, code: str) -> str:
    return hashlib.sha256(f"{account_id}|{_plain(code)}".encode()).hexdigest()


def _seal(sealer: PhoneSealer, account_id: AccountId, secret: str) -> str:
    return sealer.encrypt(f"totp|{account_id}|{secret}")


def _unseal(sealer: PhoneSealer, account_id: AccountId, sealed: str) -> str:
    purpose, owner, secret = sealer.decrypt(sealed).split("|")
    if (purpose, owner) != ("totp", str(account_id)):
        raise ValueError(f"the secret kept for account {account_id} belongs to something else")
    return secret
