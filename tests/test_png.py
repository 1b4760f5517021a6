"""Our own PNG files read like any other."""

import io

import numpy as np
import pytest
from PIL import Image

from onereel.png import write_png


@pytest.mark.parametrize("height", [1, 2, 31, 32, 33, 64, 65])
def test_every_pixel_comes_back_whatever_the_height(height):
    padded = np.random.default_rng(height).integers(0, 256, (height, 64), np.uint8)
    picture = padded[:, :21].reshape(height, 7, 3)

    assert np.array_equal(np.asarray(Image.open(io.BytesIO(write_png(picture)))), picture)
