"""The addresses that letters name: pages for those who sign in, signed links for all others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

from engine.domain.link import LinkRef
from engine.domain.message import MessageKind
from engine.usecases.posting import LetterLine

# what these say is done at the to-do; about all else the incident is read
_ASKS = frozenset({MessageKind.ASKED, MessageKind.REMINDED, MessageKind.RECORDED})


@dataclass(frozen=True)
class Addresses:
    """`public_url` is where people reach the pages, without a slash; `secret_key` signs links."""

    public_url: str
    secret_key: str = field(repr=False)

    def of(self, line: LetterLine) -> str:
        """Return where what a letter says is to be done, or read about."""
        if line.item_id is None or line.kind not in _ASKS:
            return self.of_incident(line)
        if line.todo_link is not None:
            return self._of_link(line.todo_link)
        return f"{self.public_url}/todos/{line.item_id}"

    def of_incident(self, line: LetterLine) -> str:
        """Return where the incident is followed."""
        if line.follow_link is not None:
            return self._of_link(line.follow_link)
        return f"{self.public_url}/incidents/{line.about.number}"

    def of_all(self, lines: Sequence[LetterLine]) -> str | None:
        """Return where all that is asked is answered on one page; None for who signs in nowhere."""
        is_there = len(lines) > 1 and all(line.todo_link is None for line in lines)
        return f"{self.public_url}/answers" if is_there else None

    def _of_link(self, link: LinkRef) -> str:
        return f"{self.public_url}/l/{token_of(link, self.secret_key)}"


def token_of(link: LinkRef, secret_key: str) -> str:
    """Return what stands in the address of a link."""
    return str(_signer(secret_key).dumps([link.id.hex, link.generation]))


def link_of(token: str, secret_key: str) -> LinkRef | None:
    """Return which link is meant; None for what we have not signed."""
    try:
        name, generation = _signer(secret_key).loads(token)
        return LinkRef(UUID(name), int(generation))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None


def _signer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="putright-link")
