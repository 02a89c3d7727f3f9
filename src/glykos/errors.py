"""The whole error hierarchy on one page.

::

    GlykosError                 a sentence for people, a next step, context without personal data
    ├── UsageError              our own code broke a contract: a bug
    ├── FormatError             a whole file cannot be read
    │   ├── UnknownFormat       nothing we know looks like this
    │   ├── DamagedFile         we know the format, but this file is broken
    │   │   └── UnclearTable    a table of one's own: which column is what, in which unit?
    │   └── AmbiguousDates      the order of day and month cannot be proved
    ├── NotEnoughForReport      the chosen report has nothing to show
    ├── AccessDenied            the door stayed shut
    ├── ConflictError           somebody else changed the same thing, or it belongs to another person
    ├── RenderError             a document could not be turned into a file
    ├── ConfigurationError      the installation is set up incompletely or insecurely
    └── SealError               a sealed value could not be opened (wrong key, moved or altered)

Failures of one row are not exceptions: they are ``formats.Issue`` values. A metric without
enough data answers ``metrics.NotEnoughData``, not an exception and not NaN.
"""

from collections.abc import Mapping


class GlykosError(Exception):
    """Root of all named failures.

    Args:
        message: one sentence for people; never contains a glucose value, name or e-mail address.
        hint: the next step the person can take, as one sentence.
        context: facts for the log (ids, offsets, counts), without personal data.
    """

    #: Exit status of the command line for this class (documented in docs/reference/cli.md).
    exit_code = 1

    def __init__(
        self, message: str, hint: str = "", *, context: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context = dict(context or {})


class UsageError(GlykosError):
    """Our own code broke a contract; seeing this is a bug."""

    exit_code = 2


class FormatError(GlykosError):
    """A whole file cannot be read; nothing of it was used."""

    exit_code = 3


class UnknownFormat(FormatError):
    """The content matches no format we read."""


class DamagedFile(FormatError):
    """The format is known, but this file is truncated, too large or contradicts itself."""


class WholeRecord(FormatError):
    """Everything of a record as Glykos saved it: no export, and brought in at another place."""


class UnclearTable(DamagedFile):
    """A table of one's own of which the columns or the unit of glucose have to be told."""


class AmbiguousDates(FormatError):
    """Day and month cannot be told apart in this file, and we never guess."""

    exit_code = 5


class NotEnoughForReport(GlykosError):
    """The chosen report has nothing to show in the chosen period."""

    exit_code = 4


class AccessDenied(GlykosError):
    """The actor may not do this with this person's data."""


class ConflictError(GlykosError):
    """The change collides with what is stored, for example another person's device."""

    exit_code = 2


class RenderError(GlykosError):
    """A document could not be turned into a file."""


class ConfigurationError(GlykosError):
    """The installation is set up incompletely or insecurely; the program refuses to start."""

    exit_code = 6


class SealError(GlykosError):
    """A sealed value could not be opened: wrong key, moved or altered."""
