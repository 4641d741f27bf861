"""What the environment decides, read and checked once at start.

Every variable may be given as NAME or, for secrets kept in files, as NAME_FILE with a path. Settings.load() names every
problem at once; nothing here has a default that would be unsafe in production.
"""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import phonenumbers

from core.errors import SettingsError
from core.phone import PhoneSealer, parse_key_ring

DEFAULT_DATABASE_URL = "sqlite:///var/genba.db"
DEFAULT_REGION = "JP"
MIN_SECRET_CHARS = 32
NO_CARRIERS_ACCOUNT = "AC" + "d" * 32  # of the demo and of the training world: no carrier has it


class WebhookReach(StrEnum):
    """Which addresses the webhooks of partners may go to."""

    PUBLIC = "public"  # https, and public addresses only
    ANY = "any"  # http and networks of one's own too: for tests, and for receivers in the same house
    NONE = "none"  # nothing leaves: a demo, a training world


@dataclass(frozen=True, slots=True)
class CarrierAccount:
    """Credentials of one account at one carrier: its id and the secret that signs its requests."""

    carrier: str
    account: str
    secret: str
    space: str = ""  # SignalWire: the host name of the space; empty elsewhere

    @property
    def is_inert(self) -> bool:
        """Whether no carrier has this account: nothing is ever sent in its name."""
        return self.account == NO_CARRIERS_ACCOUNT


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is decided outside the code."""

    database_url: str
    redis_url: str | None
    public_urls: tuple[str, ...]  # without a trailing slash; the first is the one we write into answers
    secret_key: str
    sealer: PhoneSealer
    carriers: tuple[CarrierAccount, ...]
    phone_regions: tuple[str, ...]
    spool_path: Path
    secure_cookies: bool
    second_factor_required: bool = False  # for the roles that reach most; see core.accounts.rules
    smtp_url: str | None = None  # None: nothing is mailed, and pages show links to be handed over
    mail_from: str = ""
    release_key: str | None = None  # the public half of the operator's, base64; devices learn it at their enrolment
    webhooks: WebhookReach = WebhookReach.PUBLIC
    is_training: bool = False  # a world to learn in; only `genba training` says so

    @property
    def public_url(self) -> str:
        return self.public_urls[0]

    @property
    def is_embedded(self) -> bool:
        """Whether the database is a file of this machine and jobs run in the server's own thread."""
        return self.database_url.startswith("sqlite")

    @property
    def is_inert(self) -> bool:
        """Whether no carrier knows us, as in the demo and the training world."""
        return bool(self.carriers) and all(account.is_inert for account in self.carriers)

    def carrier_account(self, carrier: str) -> CarrierAccount | None:
        return next((account for account in self.carriers if account.carrier == carrier), None)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from the environment.

        Raises SettingsError, one problem a line, when something is missing or contradicts itself.
        """
        return _Reader(os.environ if environ is None else environ).settings()


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        path = self.environ.get(f"{name}_FILE")
        if path:
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                self.problems.append(f"{name}_FILE: cannot read {path}: {error.strerror}")
                return default
        return self.environ.get(name, default).strip()

    def settings(self) -> Settings:
        sealer = self._sealer()
        secret_key = self.text("GENBA_SECRET_KEY")
        if len(secret_key) < MIN_SECRET_CHARS:
            self.problems.append(
                f"GENBA_SECRET_KEY: at least {MIN_SECRET_CHARS} characters, e.g. `openssl rand -hex 32`"
            )
        public_urls = self._public_urls()
        carriers = self._carriers()
        second_factor_required = self._second_factor(public_urls)
        smtp_url, mail_from = self._mail()
        release_key = self._release_key()
        database_url, phone_regions = self._database_url(), self._phone_regions()
        webhooks = self._webhooks()
        if self.problems or sealer is None:
            raise SettingsError("\n".join(self.problems))
        return Settings(
            database_url=database_url,
            redis_url=self.text("GENBA_REDIS_URL") or None,
            public_urls=public_urls,
            secret_key=secret_key,
            sealer=sealer,
            carriers=carriers,
            phone_regions=phone_regions,
            spool_path=Path(self.text("GENBA_SPOOL", "var/spool.db")),
            secure_cookies=public_urls[0].startswith("https://"),
            second_factor_required=second_factor_required,
            smtp_url=smtp_url,
            mail_from=mail_from,
            release_key=release_key,
            webhooks=webhooks,
            is_training=self.text("GENBA_TRAINING") == "1",
        )

    def _database_url(self) -> str:
        url = with_driver(self.text("GENBA_DATABASE_URL", DEFAULT_DATABASE_URL))
        if not url.startswith(("sqlite:///", "postgresql+psycopg://")):  # the address itself may hold a password
            self.problems.append("GENBA_DATABASE_URL: sqlite:///var/genba.db or postgresql://user:password@host/name")
        return url

    def _phone_regions(self) -> tuple[str, ...]:
        typed = self.text("GENBA_PHONE_REGIONS").replace(" ", "").upper().split(",")
        regions = tuple(dict.fromkeys(region for region in typed if region)) or (DEFAULT_REGION,)
        if unknown := [region for region in regions if region not in phonenumbers.SUPPORTED_REGIONS]:
            self.problems.append(f"GENBA_PHONE_REGIONS: two letters each, such as JP,VN; not {', '.join(unknown)}")
        return regions

    def _sealer(self) -> PhoneSealer | None:
        rings = []
        for name in ("GENBA_DATA_KEYS", "GENBA_INDEX_KEYS"):
            try:
                rings.append(parse_key_ring(self.text(name)))
            except ValueError as error:
                self.problems.append(f"{name}: {error}; `genba keys new` prints one")
        if len(rings) < 2:
            return None
        if {key.secret for key in rings[0].keys} & {key.secret for key in rings[1].keys}:
            self.problems.append("GENBA_DATA_KEYS and GENBA_INDEX_KEYS share a key: each purpose needs its own")
        return PhoneSealer(*rings)

    def _public_urls(self) -> tuple[str, ...]:
        urls = tuple(url.strip().rstrip("/") for url in self.text("GENBA_PUBLIC_URL").split(",") if url.strip())
        if not urls:
            self.problems.append("GENBA_PUBLIC_URL: the address the carrier calls, e.g. https://genba.example.jp")
        for url in urls:
            try:
                parts = urlsplit(url)
            except ValueError:
                self.problems.append(f"GENBA_PUBLIC_URL: not an address: {url}")
                continue
            if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
                self.problems.append(f"GENBA_PUBLIC_URL: not a plain http(s) address: {url}")
            elif parts.netloc != parts.netloc.lower():
                self.problems.append(f"GENBA_PUBLIC_URL: write the host in lower case, as it is signed: {url}")
        return urls

    def _second_factor(self, public_urls: tuple[str, ...]) -> bool:
        is_public = any(url.startswith("https://") for url in public_urls)
        chosen = self.text("GENBA_SECOND_FACTOR") or ("required" if is_public else "optional")
        if chosen not in ("required", "optional"):
            self.problems.append(f"GENBA_SECOND_FACTOR: required or optional, not {chosen}")
        return chosen == "required"

    def _release_key(self) -> str | None:
        key = self.text("GENBA_RELEASE_KEY")
        try:
            is_right = len(base64.b64decode(key, validate=True)) in (0, 32)
        except ValueError:
            is_right = False
        if not is_right:
            self.problems.append("GENBA_RELEASE_KEY: base64 of 32 bytes, as `genba releases key` prints it")
        return key or None

    def _mail(self) -> tuple[str | None, str]:
        url, sender = self.text("GENBA_SMTP_URL"), self.text("GENBA_MAIL_FROM")
        if bool(url) != bool(sender):
            self.problems.append("GENBA_SMTP_URL and GENBA_MAIL_FROM belong together: only one of them is set")
        if url and (urlsplit(url).scheme not in ("smtp", "smtps") or not urlsplit(url).hostname):
            self.problems.append("GENBA_SMTP_URL: not of the form smtp(s)://user:password@host:port")
        if sender and "@" not in sender:
            self.problems.append(f"GENBA_MAIL_FROM: not a mail address: {sender}")
        return url or None, sender

    def _webhooks(self) -> WebhookReach:
        chosen = self.text("GENBA_WEBHOOKS") or WebhookReach.PUBLIC
        if self.text("GENBA_TRAINING") == "1":
            return WebhookReach.NONE
        if chosen not in set(WebhookReach):
            self.problems.append(f"GENBA_WEBHOOKS: {', '.join(WebhookReach)}, not {chosen}")
            return WebhookReach.NONE
        return WebhookReach(chosen)

    def _carriers(self) -> tuple[CarrierAccount, ...]:
        accounts = []
        for carrier, id_name, secret_name in (
            ("twilio", "GENBA_TWILIO_ACCOUNT_SID", "GENBA_TWILIO_AUTH_TOKEN"),
            ("signalwire", "GENBA_SIGNALWIRE_PROJECT_ID", "GENBA_SIGNALWIRE_SIGNING_KEY"),
        ):
            account, secret = self.text(id_name), self.text(secret_name)
            if bool(account) != bool(secret):
                self.problems.append(f"{id_name} and {secret_name} belong together: only one of them is set")
            elif account:
                space = self.text("GENBA_SIGNALWIRE_SPACE") if carrier == "signalwire" else ""
                accounts.append(CarrierAccount(carrier, account, secret, space))
        return tuple(accounts)


def with_driver(database_url: str) -> str:
    """Name the driver we ship, so that operators can paste the address their provider gives them."""
    for prefix in ("postgres://", "postgresql://"):
        if database_url.startswith(prefix):
            return "postgresql+psycopg://" + database_url.removeprefix(prefix)
    return database_url
