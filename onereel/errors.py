"""What can go wrong in a production.

* OnereelError
  x BadInput          a person must change the brief, the shot list or the settings; nothing was paid
  x StudioBusy        quota or outage, refused before acceptance; the same call may work later
    - NotYet          somebody who comes after the camera is busy; what was filmed is kept and waits
  x Refused           the studio will not do this; retrying cannot help
    - NotAllowed      it will do nothing of the kind, whoever asks: key, permission, billing, a model that is not there
    - NotAsked        this run has stopped asking that model
    - Filtered        a safety filter took the answer; its reason word for word
    - NoAnswer        accepted, but nothing came back (no image, no film, unreadable answer)
      + NotKept       it came, and was paid, and the vault would not have it
    - Gone            the operation or file we ask about cannot be had; what it cost, it cost
  x OutcomeUnknown    the connection died after the request left; it may have been paid
  x Unfit             what was drawn or filmed was judged and is not good enough
  x StillFilming      the deadline passed; the operation can still be collected
  x BudgetReached     the next call would go over the budget
  x FootageError      the bytes are not the media they claim to be
  x VaultError        the vault cannot be read or written
    - NotInVault      nothing is kept under that key
    - Corrupted       what is kept is not what was stored
"""

from datetime import datetime
from typing import Self


class OnereelError(Exception):
    """Anything a production can fail of; the message says what, which, and what now.

    Attributes:
        code: The vendor's short name for it: an HTTP status, a code of google.rpc, a finish reason; empty where it is
            none of the vendor's.
    """

    code: str = ""

    def coded(self, code: object) -> Self:
        """Give it the vendor's code, and return it."""
        self.code = str(code)[:80]
        return self


class BadInput(OnereelError, ValueError):
    """A person must change something; nothing was requested and nothing was paid.

    Attributes:
        problems: Each thing to change, where there are several.
    """

    def __init__(self, message: str, *, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems or (message,)


class StudioBusy(OnereelError):
    """The studio refused before accepting; the same call may work later.

    Attributes:
        after: Seconds the studio asked us to wait, or None when it did not say.
        until: When to come back, where only a new day lifts the quota: not worth retrying in this run.
    """

    def __init__(self, message: str, *, after: float | None = None, until: datetime | None = None) -> None:
        super().__init__(message)
        self.after = after
        self.until = until


class NotYet(StudioBusy):
    """The camera did its part, and somebody who comes after it is busy: no other camera would help.

    What was filmed is kept; the next run goes on from there.
    """


class Refused(OnereelError):
    """The studio will not do this; retrying the same call cannot help."""


class NotAllowed(Refused):
    """The studio will do nothing of the kind, whatever is asked: bad key, no permission, no billing, no such model."""


class NotAsked(Refused):
    """This run has stopped asking that model; nothing was sent.

    Attributes:
        until: When to come back, where its quota of the day is used up.
    """

    def __init__(self, message: str, *, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class Filtered(Refused):
    """A safety filter took the answer. A film is not charged then; a drawing's prompt and thinking still are.

    Attributes:
        reasons: The vendor's reasons, word for word.
        random: True where the vendor's filter is known to let the same words pass on another try.
        usd: What was charged all the same.
    """

    def __init__(self, message: str, *, reasons: tuple[str, ...] = (), random: bool = False, usd: float = 0.0) -> None:
        super().__init__(message)
        self.reasons = reasons
        self.random = random
        self.usd = usd


class NoAnswer(Refused):
    """The call was answered without what was asked for: no picture, no film, no readable text.

    Attributes:
        usd: What the empty answer cost (an image model bills its prompt and thinking).
    """

    def __init__(self, message: str, *, usd: float = 0.0) -> None:
        super().__init__(message)
        self.usd = usd


class NotKept(NoAnswer):
    """What was asked for came, and was paid, and the vault would not keep it."""


class Gone(Refused):
    """The operation or file we ask about cannot be had; that says nothing about what was paid for it."""


class OutcomeUnknown(OnereelError):
    """The connection died after the request left, or the studio timed out: it may have been paid."""


class Unfit(OnereelError):
    """What was drawn or filmed was judged and is not good enough.

    Nothing more is bought on a drawing then, until a person decides; a shot is filmed again as its policy says.
    """


class StillFilming(OnereelError):
    """The deadline passed while the studio was still filming; the operation stays collectable."""


class BudgetReached(OnereelError):
    """The next call would go over the budget; it was not ordered."""


class FootageError(OnereelError, ValueError):
    """The bytes are not the media they claim to be."""


class VaultError(OnereelError, OSError):
    """The vault cannot be read or written."""


class NotInVault(VaultError, KeyError):
    """Nothing is kept under that key."""

    __str__ = OnereelError.__str__


class Corrupted(VaultError):
    """What is kept under the key is not what was stored there."""
