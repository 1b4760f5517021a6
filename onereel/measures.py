"""What was measured while a film was decoded: numbers a frame, kept so that it can be judged again without decoding."""

from pydantic import Field

from onereel.noun import Noun


class Jump(Noun):
    """A frame that differs from the one before far more than its neighbours do."""

    frame: int = Field(ge=1, description="The first frame after it.")
    change: float = Field(description="Mean difference of luma to the frame before, 0 to 255.")
    times: float = Field(description="How many times the median change of the half second around it.")
    alike: float = Field(
        description="Correlation of the pictures before and just after, -1 to 1: high after a flash, low after a cut."
    )


class Loop(Noun):
    """The period after which a film comes closest to repeating itself."""

    seconds: float = Field(gt=0)
    difference: float = Field(description="Mean difference of luma between the film and itself a period later.")
    movement: float = Field(description="The same between any two of its frames, on average.")


class Bars(Noun):
    """Black edges that are there in every frame, as fractions of the picture's height and width."""

    top: float = 0.0
    bottom: float = 0.0
    left: float = 0.0
    right: float = 0.0


class PictureMeasures(Noun):
    """What a single picture is like."""

    contrast: float = Field(ge=0, description="Standard deviation of luma, 0 to 127.")
    sharpness: float = Field(
        ge=0, description="Standard deviation of the Laplacian of luma over its contrast, about 600 lines high at most."
    )
    bars: Bars


class Loudness(Noun):
    """The sound of a film, in dBFS: 0 is full scale, -120 stands for nothing at all."""

    level: float = Field(description="RMS of the whole.")
    peak: float = Field(description="Largest sample.")
    rail: float = Field(description="Share of the samples at full scale.")
    tenths: tuple[float, ...] = Field(description="RMS of each tenth of a second.")


class Measures(Noun):
    """What a film looks and sounds like, frame by frame; luma is the encoded one: 16 black, 235 white."""

    fps: float = Field(gt=0)
    luma: tuple[int, ...] = Field(description="Mean of each frame.")
    lit: tuple[float, ...] = Field(description="Percent of each frame that is brighter than black.")
    white: tuple[float, ...] = Field(description="Percent of each frame at the white level or above.")
    change: tuple[float, ...] = Field(description="Mean difference of luma to the frame before; the first has 0.")
    moved: tuple[float, ...] = Field(
        description="Difference of luma to the frame two seconds before over that of neighbouring pixels: about how "
        "many pixels the picture moved. Every quarter of a second, from two seconds on."
    )
    jumps: tuple[Jump, ...] = ()
    loop: Loop | None = None
    bars: Bars = Bars()
    sound: Loudness | None = Field(default=None, description="None: there is no sound track.")
