"""The rows of a large world, in the order they are copied: everything follows from the counts alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from core.phone import PhoneSealer
from core.registry.folding import search_text

Rows = Iterator[Mapping[str, object]]

SURNAMES = (
    *(("佐藤", "サトウ"), ("鈴木", "スズキ"), ("高橋", "タカハシ"), ("田中", "タナカ"), ("渡辺", "ワタナベ")),
    *(("伊藤", "イトウ"), ("山本", "ヤマモト"), ("中村", "ナカムラ"), ("小林", "コバヤシ"), ("大野", "オオノ")),
)
GIVEN_NAMES = (
    *(("健一", "ケンイチ"), ("大輔", "ダイスケ"), ("翔", "ショウ"), ("拓也", "タクヤ"), ("花子", "ハナコ")),
    *(("美咲", "ミサキ"), ("進", "ススム"), ("隆", "タカシ"), ("裕太", "ユウタ"), ("康平", "コウヘイ")),
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is. Every worker comes on each of the last working days until the punches are used up."""

    workers: int = 200_000
    punches: int = 10_000_000
    sites: int = 3_000
    contractors: int = 12_000
    primes: int = 300

    @property
    def days(self) -> int:
        return max(1, self.punches // (2 * self.workers))


def id_of(kind: int, n: int) -> str:
    """Return the id of the nth thing of a kind; the first contractors are the primes."""
    return f"01900000-{kind:04x}-7000-8000-{n:012x}"


def working_days(today: date, count: int) -> list[date]:
    """Return the last working days up to today, Saturdays among them."""
    days: list[date] = []
    day = today
    while len(days) < count:
        if day.weekday() < 6:
            days.append(day)
        day -= timedelta(days=1)
    return days[::-1]


@dataclass(frozen=True, slots=True)
class World:
    size: Size
    sealer: PhoneSealer
    days: list[date]
    occupation_codes: tuple[str, ...]

    def registry(self) -> Iterator[tuple[str, Rows]]:
        """Yield the tables of the registry with their rows, parents first."""
        yield "contractors", self._contractors()
        yield "phones", self._phones()
        yield "workers", self._workers()
        yield "worker_occupations", self._occupations()
        yield "phone_numbers", self._phone_numbers()
        yield "affiliations", self._affiliations()
        yield "sites", self._sites()
        yield "lines", self._lines()
        yield "line_sites", ({"line_id": id_of(4, n), "site_id": id_of(2, n)} for n in range(self.size.sites))
        yield "participations", self._participations()

    def site_of(self, worker: int) -> int:
        return self.employer_of(worker) % self.size.sites

    def prime_of_site(self, site: int) -> int:
        return site % self.size.primes

    def employer_of(self, worker: int) -> int:
        return self.size.primes + worker % (self.size.contractors - self.size.primes)

    def _contractors(self) -> Rows:
        for n in range(self.size.contractors):
            name, kana = f"{_surname(n)[0]}建設{n}", f"{_surname(n)[1]}ケンセツ{n}"
            yield {
                "contractor_id": id_of(3, n),
                "ccus_contractor_id": f"{n:014d}",
                "name": name,
                "name_kana": kana,
                "legal_form": "one_person" if n % 7 == 6 else "corporation",
                "licence": "",
                "address": "",
                "search_text": search_text(name, kana),
            }

    def _phones(self) -> Rows:
        for n in range(self.size.workers):
            sealed = self.sealer.seal(f"+8190{10_000_000 + n:08d}")
            yield {
                "phone_id": id_of(5, n),
                "blind_index": sealed.blind_index,
                "last4_index": sealed.last4_index,
                "cipher": sealed.cipher,
                "mask": sealed.mask,
            }

    def _workers(self) -> Rows:
        for n in range(self.size.workers):
            (surname, surname_kana), (given, given_kana) = _surname(n), _given(n)
            name, kana = f"{surname} {given}{n}", f"{surname_kana} {given_kana}{n}"
            yield {
                "worker_id": id_of(1, n),
                "ccus_worker_id": f"{n + 10**13:014d}",
                "name": name,
                "name_kana": kana,
                "birth_date": date(1960 + n % 45, 1 + n % 12, 1 + n % 28),
                "address": "",
                "emergency_name": "",
                "language": "ja",
                "search_text": search_text(name, kana),
            }

    def _occupations(self) -> Rows:
        for n in range(self.size.workers):
            code = self.occupation_codes[n % len(self.occupation_codes)]
            yield {"worker_id": id_of(1, n), "rank": 1, "occupation_code": code}

    def _phone_numbers(self) -> Rows:
        for n in range(self.size.workers):
            yield {
                "phone_number_id": id_of(6, n),
                "phone_id": id_of(5, n),
                "worker_id": id_of(1, n),
                "valid_from": self.days[0],
            }

    def _affiliations(self) -> Rows:
        for n in range(self.size.workers):
            yield {
                "affiliation_id": id_of(7, n),
                "worker_id": id_of(1, n),
                "contractor_id": id_of(3, self.employer_of(n)),
                "valid_from": self.days[0],
            }

    def _sites(self) -> Rows:
        for n in range(self.size.sites):
            name, kana = f"第{n}現場", f"ダイ{n}ゲンバ"
            yield {
                "site_id": id_of(2, n),
                "name": name,
                "name_kana": kana,
                "prime_contractor_id": id_of(3, self.prime_of_site(n)),
                "address": "",
                "kind": "building",
                "starts_on": self.days[0],
                "site_code": "0001",
                "day_starts_min": 0,
                "closes_min": 1200,
                "minimum_stay_min": 30,
                "day_code_required": False,
                "day_code_key": "",
                "sms_receipt": False,
                "search_text": search_text(name, kana),
            }

    def _lines(self) -> Rows:
        for n in range(self.size.sites):
            yield {
                "line_id": id_of(4, n),
                "e164": line_number(n),
                "carrier": "twilio",
                "name": f"第{n}現場",
                "mode": "sentence",
                "direction": "either",
                "language": "ja",
            }

    def _participations(self) -> Rows:
        for n in range(self.size.primes, self.size.contractors):
            site = n % self.size.sites
            if n % 7 != 6 or self.prime_of_site(site) != n:
                yield {
                    "participation_id": id_of(8, n),
                    "site_id": id_of(2, site),
                    "contractor_id": id_of(3, n),
                    "valid_from": self.days[0],
                }


def line_number(site: int) -> str:
    """Return the number of a site's line."""
    return f"+8150{20_000_000 + site:08d}"


def _surname(n: int) -> tuple[str, str]:
    return SURNAMES[n % len(SURNAMES)]


def _given(n: int) -> tuple[str, str]:
    return GIVEN_NAMES[n // len(SURNAMES) % len(GIVEN_NAMES)]
