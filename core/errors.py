"""What cannot be done, as errors that carry a stable code and the ids concerned.

DomainError
├── NotFound            the thing named does not exist
├── NotAllowed          whoever asks may not do this, or no longer
├── InvalidInput        a value that no mending helps; `field` names it
└── Overlap             a validity that crosses another
SettingsError           the environment is incomplete or contradicts itself

Outcomes that are expected (a refused punch) are results, not errors; bugs and outages are any other exception.
"""


class DomainError(Exception):
    """Something a caller asked for that cannot be done; edges map `code` to a status and a sentence."""

    code = "domain_error"

    def __init__(self, message: str, **ids: object) -> None:
        super().__init__(message)
        self.ids = ids


class NotFound(DomainError):
    """The thing named does not exist, or not for whoever asks."""

    code = "not_found"


class NotAllowed(DomainError):
    """Whoever asks may not do this, or no longer."""

    code = "not_allowed"


class InvalidInput(DomainError):
    """A value that cannot be taken; `field` names it."""

    code = "invalid_input"

    def __init__(self, message: str, *, field: str, **ids: object) -> None:
        super().__init__(message, **ids)
        self.field = field


class Overlap(DomainError):
    """A validity crosses another of the same things."""

    code = "overlap"


class SettingsError(Exception):
    """The environment is incomplete or contradicts itself; the text names every problem, one a line."""
