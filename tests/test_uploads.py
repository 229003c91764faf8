"""Pictures that people bring: what is a picture, what is refused and how, and that what comes is as MNIST has it."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from lab.data import Dataset
from lab.data.centering import BOX, MIDDLE, Pixels, center_of_mass, centered, is_blank
from lab.data.uploads import KINDS, MOST_BYTES, PictureError, picture_from

DIGITS = Dataset.members["digits"]().images()
SEVEN = [(60, 40), (140, 40), (100, 160)]


def saved(picture: Image.Image | Pixels, kind: str = "PNG", **options: Any) -> bytes:
    """The file of a picture."""
    stream = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(stream, kind, **options)
    return stream.getvalue()


def drawn(ink: Any = 255, ground: Any = 0, mode: str = "L", right: int = 0, down: int = 0, width: int = 18) -> Any:
    """A seven on an even ground."""
    picture = Image.new(mode, (200, 200), ground)
    ImageDraw.Draw(picture).line([(x + right, y + down) for x, y in SEVEN], fill=ink, width=width)
    return picture


def taken(picture: Image.Image | Pixels, kind: str = "PNG", **options: Any) -> Pixels:
    return picture_from(saved(picture, kind, **options), "a.png")


def differ(one: Pixels, other: Pixels) -> float:
    """The mean difference of two pictures as a share of their light."""
    return float(np.abs(one.astype(int) - other).sum() / max(1, one.sum(), other.sum()))


def refusal(content: bytes, name: str = "a.png") -> str:
    """The sentence with which a file is refused, which names it."""
    with pytest.raises(PictureError) as refused:
        picture_from(content, name)
    assert str(refused.value).startswith(name[:20])
    return str(refused.value)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "JPEG"])
def test_an_image_of_a_dataset_comes_back_as_it_was(kind: str) -> None:
    for image in DIGITS.test.numpy()[:40]:
        assert np.array_equal(taken(image, kind, **({"lossless": True} if kind == "WEBP" else {})), image)


def test_every_test_image_is_taken_as_it_is() -> None:
    changed = [i for i, image in enumerate(DIGITS.test.numpy()) if not np.array_equal(taken(image), image)]
    assert changed == []


def test_the_result_is_as_mnist_has_it() -> None:
    found = taken(drawn())
    assert (found.shape, found.dtype) == ((28, 28), np.uint8)
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == BOX
    assert np.abs(np.subtract(center_of_mass(found), MIDDLE)).max() <= 0.5
    assert found.max() == 255


def test_the_aspect_ratio_is_kept() -> None:
    bar = np.zeros((300, 300), dtype=np.uint8)
    bar[50:250, 100:140] = 255
    found = taken(bar) > 127
    assert (np.ptp(np.flatnonzero(found.any(1))) + 1, np.ptp(np.flatnonzero(found.any(0))) + 1) == (20, 4)


def test_enlarged_images_come_back_nearly_as_they_were() -> None:
    wide = [image for image in map(centered, DIGITS.test.numpy()[:60])]
    off = [differ(image, taken(np.kron(image, np.ones((10, 10), dtype=np.uint8)))) for image in wide]
    assert np.mean(off) < 0.12


@given(st.integers(-40, 40), st.integers(-30, 30))
@settings(max_examples=20)
def test_where_the_ink_is_does_not_matter(right: int, down: int) -> None:
    assert differ(taken(drawn(right=right, down=down)), taken(drawn())) < 0.02


@given(st.sampled_from(["RGB", "L"]), st.integers(0, 255), st.integers(0, 255), st.integers(-30, 30))
@settings(max_examples=30)
def test_dark_on_light_is_light_on_dark(mode: str, ink: int, ground: int, right: int) -> None:
    if abs(ink - ground) < 30:
        return
    picture = drawn(ink, ground, right=right)
    turned = picture.point(lambda value: 255 - value)
    assert differ(taken(picture.convert(mode)), taken(turned.convert(mode))) < 0.02
    assert differ(taken(picture.convert(mode)), taken(drawn(right=right))) < 0.05  # and the contrast is stretched


@pytest.mark.parametrize(
    ("mode", "ink", "ground"),
    [
        ("RGBA", (0, 0, 0, 255), (255, 255, 255, 0)),  # black ink on what is transparent, though white below
        ("RGBA", (0, 0, 0, 255), (0, 0, 0, 0)),
        ("RGBA", (255, 255, 255, 255), (255, 255, 255, 0)),
        ("LA", (255, 255), (0, 0)),
        ("RGB", (200, 0, 0), (255, 255, 255)),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0, 0)),
        ("1", 0, 1),
        ("P", 1, 0),
        ("I;16", 60000, 500),
        ("I", 70000, -5),
        ("F", -3.5, 2.0),
    ],
)
def test_pictures_of_any_mode_show_the_same(mode: str, ink: Any, ground: Any) -> None:
    picture = drawn(ink, ground, mode)
    if mode == "P":
        picture.putpalette([255, 255, 255, 0, 0, 90])
    assert differ(taken(picture, "TIFF" if mode in ("CMYK", "F", "I") else "PNG"), taken(drawn())) < 0.03


def test_a_palette_with_a_transparent_color_shows_its_ink() -> None:
    picture = drawn(1, 0, "P")
    picture.putpalette([0, 0, 0, 0, 0, 0])
    assert differ(taken(picture, transparency=0), taken(drawn())) < 0.03


def photo(side: tuple[int, int] = (4032, 3024)) -> Image.Image:
    """A seven in pen on paper that is lit from one side, with the noise of a camera and a speck of dirt."""
    width, height = side
    noise = np.random.default_rng(0).normal(0, 5, (height, width)).astype(np.float32)
    light = 190 + np.linspace(-25, 25, width)[None] + np.linspace(15, -15, height)[:, None]
    paper = Image.fromarray((light + noise).clip(0, 255).astype(np.uint8))
    draw, unit = ImageDraw.Draw(paper), height / 300
    draw.line([((x + 60) * unit, (y + 40) * unit) for x, y in SEVEN], fill=50, width=round(4 * unit))
    draw.ellipse((20 * unit, 20 * unit, 21 * unit, 21 * unit), fill=40)
    return Image.merge("RGB", [paper, paper, paper.point(lambda value: round(value * 0.8))])


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_a_photo_of_twelve_megapixels_works(options: dict[str, bool]) -> None:
    content = saved(photo(), "JPEG", quality=88, **options)
    found = picture_from(content, "photo.jpg")
    clean = taken(drawn(width=4))
    shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]  # centers of mass are rounded
    assert min(differ(found, np.roll(clean, shift, (0, 1))) for shift in shifts) < 0.15
    assert not found[:3].any()  # no dirt, no noise


def test_a_pen_is_as_wide_as_a_brush_of_mnist() -> None:
    assert taken(drawn(width=3)).sum() > 0.7 * taken(drawn(width=12)).sum()


def test_a_photo_is_turned_upright() -> None:
    upright = photo((640, 480))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = saved(upright.rotate(90, expand=True), "JPEG", exif=exif, quality=95)
    assert differ(picture_from(turned, "a"), picture_from(saved(upright, "JPEG", quality=95), "a")) < 0.1


def test_a_turned_picture_of_sixteen_bits_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    upright = np.asarray(drawn().resize((1600, 1600))).astype(np.uint16) * 250
    turned = saved(Image.fromarray(np.rot90(upright, -1)), exif=exif)
    assert np.array_equal(picture_from(turned, "a"), picture_from(saved(Image.fromarray(upright)), "a"))


def test_a_phones_picture_with_a_second_view_works() -> None:
    content = saved(drawn(), "MPO", save_all=True, append_images=[drawn(100)])
    assert Image.open(io.BytesIO(content)).format == "MPO"
    assert differ(picture_from(content, "a.jpg"), taken(drawn())) < 0.03


def test_the_kind_is_told_by_the_content() -> None:
    assert differ(picture_from(saved(drawn(), "BMP"), "a.jpeg"), taken(drawn())) == 0


def test_a_text_that_is_called_a_picture_is_none() -> None:
    assert "is no picture" in refusal(b"Dear all,\n\nhere is the picture.\n", "digit.png")


def test_kinds_beyond_the_few_are_not_decoded() -> None:
    assert "is no picture that can be read" in refusal(saved(drawn(), "PPM"))
    assert "is no picture that can be read" in refusal(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_refused_with_its_number_of_pictures(kind: str) -> None:
    pictures = [drawn(right=shift) for shift in (0, 10, 20)]
    content = saved(pictures[0], kind, save_all=True, append_images=pictures[1:])
    assert "is animated, 3 pictures" in refusal(content)


def test_pages_are_refused() -> None:
    assert "more than one page" in refusal(saved(drawn(), "TIFF", save_all=True, append_images=[drawn()]))


@pytest.mark.parametrize("value", [0, 7, 128, 255])
def test_a_blank_picture_is_refused(value: int) -> None:
    assert "is blank" in refusal(saved(np.full((90, 120), value, dtype=np.uint8)))
    assert "is blank" in refusal(saved(np.full((28, 28), value, dtype=np.uint8)))


def test_mere_noise_and_mere_light_are_blank() -> None:
    generator = np.random.default_rng(1)
    assert "is blank" in refusal(saved(generator.integers(0, 256, (200, 200), dtype=np.uint8)))
    assert "is blank" in refusal(saved(generator.integers(120, 136, (200, 200), dtype=np.uint8)))
    assert "is blank" in refusal(saved(np.linspace(0, 255, 200).astype(np.uint8)[None].repeat(100, 0)))


def test_too_many_bytes_are_refused() -> None:
    assert "has more than 20 MB" in refusal(b"\0" * (MOST_BYTES + 1))


def bomb(width: int, height: int) -> bytes:
    """A PNG whose head announces a size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    chunks = [struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(("width", "height"), [(8001, 8000), (12000, 12000), (60000, 60000), (1, 2**31 - 1)])
def test_a_decompression_bomb_is_refused_unopened(width: int, height: int) -> None:
    assert "is too large: allowed are 64 million pixels" in refusal(bomb(width, height))


def test_a_long_name_is_cut() -> None:
    told = refusal(b"", "long" * 500 + "/digit.png")
    assert len(told) < 300
    assert "longlong" in told
    assert "/digit.png" in told


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_refused_in_a_sentence(content: bytes) -> None:
    refusal(content)


@given(st.sampled_from(KINDS), st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_files_raise_nothing_else(kind: str, data: st.DataObject) -> None:
    content = bytearray(saved(drawn().resize((48, 48)), kind))
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    try:
        found = picture_from(bytes(content[:cut]), "a")
    except PictureError:
        return
    assert (found.shape, found.dtype) == ((28, 28), np.uint8)


def strokes() -> st.SearchStrategy[Pixels]:
    """Rectangles of ink of any shape on a field of 28x28."""
    side = st.integers(1, 28)

    @st.composite
    def rectangle(draw: st.DrawFn) -> Pixels:
        height, width = draw(side), draw(side)
        top, left = draw(st.integers(0, 28 - height)), draw(st.integers(0, 28 - width))
        field = np.zeros((28, 28), dtype=np.uint8)
        field[top : top + height, left : left + width] = draw(st.integers(40, 255))
        return field

    return rectangle()


@given(strokes())
def test_centering_what_is_centered_changes_nothing(field: Pixels) -> None:
    once = centered(field)
    assert np.array_equal(centered(once), once)
    assert once.max() == field.max()


@given(strokes())
def test_centered_ink_fills_the_box_and_leaves_the_field_nowhere(field: Pixels) -> None:
    rows, columns = (np.flatnonzero((centered(field) > 0).any(axis)) for axis in (1, 0))
    assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= BOX


def test_nothing_centered_is_nothing() -> None:
    nothing = np.zeros((28, 28), dtype=np.uint8)
    assert is_blank(nothing)
    assert not centered(nothing).any()
