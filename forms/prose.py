"""Markdown for instructions, help and the trail: people's words, made safe to show.

HTML in the text is shown, not obeyed; links lead to http, https, mail or the same site only;
there are no images (a picture from elsewhere tells its host who reads) and no headings (the page
has its own outline).
"""

import re
from functools import cache
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markupsafe import Markup

from engine.language import in_words

_FIRST_SEGMENT = re.compile(r"[/?#]")  # an address with a colon before one of these has a scheme
_SAFE_SCHEME = re.compile(r"(?:https?|mailto):", re.IGNORECASE)


class _SafeMarkdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Allow http, https, mailto and relative addresses."""
        # browsers skip control characters and blanks when they read a scheme; the library has
        # percent-encoded them before it asks
        bare = re.sub(r"[\x00-\x20\x7f]", "", unquote(url))
        if bare.startswith("//") or "\\" in bare:
            return False
        return bool(_SAFE_SCHEME.match(bare)) or ":" not in _FIRST_SEGMENT.split(bare)[0]


@cache
def _reader() -> MarkdownIt:
    reader = _SafeMarkdown("commonmark", {"html": False, "breaks": True})
    return reader.disable(["image", "heading", "lheading", "html_block", "html_inline"])


def markdown(text: str) -> Markup:
    """Return `text` as safe HTML blocks, ours in the reader's language; nothing for nothing."""
    text = in_words(text)
    if not text.strip():
        return Markup("")
    # rendered with HTML disabled, every character of the text escaped by the library
    return Markup(_reader().render(text).strip())  # noqa: S704
