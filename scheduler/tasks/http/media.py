"""What kind of body an answer says that it has."""

import codecs
import re
from dataclasses import dataclass
from email.message import Message

# Others are not texts, or take a time that grows faster than the text.
_CHARSETS = re.compile(r"utf-(?:16|32)(?:-[bl]e)?|iso8859-\d+|cp\d+|koi8-\w+|shift_jis\w*|euc_\w+|gb\w+|big5\w*")
_TEXTS = re.compile(r"text/|application/(?:.*\+)?(?:json|xml|yaml|javascript|x-ndjson|x-www-form-urlencoded|problem)")


@dataclass(frozen=True, slots=True)
class Media:
    """The kind of a body. `charset` is the codec of a text that is neither UTF-8 nor ASCII."""

    name: str
    charset: str | None

    @classmethod
    def of(cls, content_type: str) -> "Media":
        """Read the header, empty where there is none."""
        message = Message()
        message["Content-Type"] = content_type
        given = message.get_param("charset")
        return cls(message.get_content_type() if content_type else "", _codec(given if isinstance(given, str) else ""))

    @property
    def is_text(self) -> bool:
        """Whether people can read it. What says nothing of itself is taken for a text."""
        return not self.name or _TEXTS.match(self.name) is not None


def _codec(charset: str) -> str | None:
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return None
    return name if _CHARSETS.fullmatch(name) else None
