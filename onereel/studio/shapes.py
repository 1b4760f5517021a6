"""Which shape an image model draws when nobody says."""

from collections.abc import Sequence

from onereel.pixels import drawing_size


def nearest_ratio(width: int, height: int, ratios: Sequence[str]) -> str:
    """Return the aspect ratio closest to the shape of a picture of this size."""

    def distance(ratio: str) -> float:
        drawn_width, drawn_height = drawing_size(ratio, "1K")
        return abs(drawn_width / drawn_height / (width / height) - 1)

    return min(ratios, key=distance)
