"""What a studio is asked for: the kinds of call, as the tally counts them and faults name them."""

from enum import StrEnum


class Kind(StrEnum):
    """A kind of call. The first four are paid; the others are free."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    EXTENSION = "extension"
    POLL = "poll"
    DOWNLOAD = "download"
    UPLOAD = "upload"


PAID = (Kind.TEXT, Kind.IMAGE, Kind.VIDEO, Kind.EXTENSION)
FILMED = (Kind.VIDEO, Kind.EXTENSION)
EVERY = tuple(Kind)
