"""What a draft says of itself is burned into the picture, and hides no more of it than a corner."""

import av
import numpy as np
import pytest

from onereel.adapters.stamp import stamped


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (1280, 720)])
@pytest.mark.parametrize("shade", [20, 235])
def test_a_stamp_reads_on_dark_and_on_bright_pictures_and_stays_in_its_corner(size, shade):
    width, height = size
    planes = np.full((height * 3 // 2, width), shade, np.uint8)

    luma = stamped(av.VideoFrame.from_ndarray(planes, format="yuv420p"), "DRAFT").to_ndarray()[:height]

    corner = luma[: height // 4, width // 2 :].astype(int)
    assert corner.max() - corner.min() > 60
    assert (luma[height // 4 :] == shade).all()
    assert (luma[:, : width // 3] == shade).all()
