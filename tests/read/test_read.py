"""Every format and type: the pixels that went in come out."""

from __future__ import annotations

import struct

import imagecodecs
import numpy as np
import pytest
import tifffile

from app.errors import ReadError
from app.read import normalise, open_image, read_image

rng = np.random.default_rng(1)
GRAY = rng.integers(0, 256, (45, 70), dtype=np.uint8)
RGB = rng.integers(0, 256, (45, 70, 3), dtype=np.uint8)
DEEP = rng.integers(0, 65536, (45, 70), dtype=np.uint16)
ALPHA = np.concatenate([RGB, np.full((45, 70, 1), 200, np.uint8)], axis=2)
MANY = rng.integers(0, 4096, (5, 45, 70), dtype=np.uint16)


def steps(path, **options):
    with open_image(path, **options) as source:
        return source.rows(0, source.info.height)


def raw(path, **options):
    with open_image(path, **options) as source:
        return source.raw_rows(0, source.info.height)


def three(gray):
    return np.repeat(normalise(gray)[..., None], 3, axis=2)


@pytest.mark.parametrize(
    "pixels", [GRAY, DEEP, RGB, np.stack([DEEP] * 3, -1)], ids=["8", "16", "rgb", "rgb16"]
)
def test_png(tmp_path, pixels):
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(pixels))
    expected = normalise(pixels) if pixels.ndim == 3 else three(pixels)
    np.testing.assert_array_equal(steps(path), expected)
    image = read_image(path)
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, expected / np.float32(255))


@pytest.mark.parametrize("pixels", [ALPHA, np.stack([GRAY, GRAY // 2], -1)], ids=["rgba", "gray+alpha"])
def test_alpha_is_dropped_before_the_percentiles(tmp_path, pixels):
    """Opacity is no intensity: it must not move the scale."""
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(pixels))
    np.testing.assert_array_equal(raw(path), pixels[..., :-1])
    expected = three(pixels[..., 0]) if pixels.shape[2] == 2 else normalise(pixels[..., :3])
    np.testing.assert_array_equal(steps(path), expected)


def test_jpeg_and_bmp_equal_their_decoders(tmp_path):
    (tmp_path / "a.jpg").write_bytes(imagecodecs.jpeg8_encode(RGB, level=90))
    (tmp_path / "g.jpg").write_bytes(imagecodecs.jpeg8_encode(GRAY, level=90))
    (tmp_path / "a.bmp").write_bytes(imagecodecs.bmp_encode(RGB))
    np.testing.assert_array_equal(
        raw(tmp_path / "a.jpg"), imagecodecs.jpeg8_decode((tmp_path / "a.jpg").read_bytes())
    )
    assert raw(tmp_path / "g.jpg").shape == (45, 70, 1)
    np.testing.assert_array_equal(raw(tmp_path / "a.bmp"), RGB)


@pytest.mark.parametrize("tile", [None, (16, 32)], ids=["strips", "tiles"])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "zstd", "packbits", "lzma", "jpeg2000", "png"])
@pytest.mark.parametrize("pixels", [GRAY, DEEP, RGB], ids=["8", "16", "rgb"])
def test_tiff_compressions(tmp_path, pixels, compression, tile):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, compression=compression, tile=tile)
    np.testing.assert_array_equal(raw(path).reshape(pixels.shape), pixels)


def test_tiff_with_jpeg_equals_tifffile(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, RGB, compression="jpeg", tile=(32, 32), photometric="ycbcr", subsampling=(2, 2))
    np.testing.assert_array_equal(raw(path), tifffile.imread(path))


@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("predictor", [False, True])
def test_tiff_types(tmp_path, kind, order, predictor):
    """Both byte orders, with and without differences between neighbours."""
    if predictor and kind in ("u8", "i8"):
        pytest.skip("tifffile writes no predictor for 64-bit integers")
    path = tmp_path / "a.tif"
    pixels = (DEEP.astype(np.float64) / 1000 - (30 if kind[0] != "u" else 0)).astype(kind)
    options = {"compression": "zlib", "predictor": True} if predictor else {}
    tifffile.imwrite(path, pixels, byteorder=order, **options)
    values = raw(path)
    np.testing.assert_array_equal(values[..., 0], pixels)
    assert values.dtype.isnative
    np.testing.assert_array_equal(steps(path), three(pixels))


def test_single_bits(tmp_path):
    """Truth values stay two values apart, compressed or not."""
    mask = GRAY > 128
    for name, options in (
        ("plain", {}),
        ("packbits", {"compression": "packbits"}),
        ("tiled", {"tile": (16, 16)}),
    ):
        path = tmp_path / f"{name}.tif"
        tifffile.imwrite(path, mask, **options)
        np.testing.assert_array_equal(steps(path)[..., 1], mask * np.uint8(255))


def test_palette_of_tiff_becomes_colours(tmp_path):
    """The numbers of a palette image are no intensities."""
    colours = rng.integers(0, 256, (3, 256), dtype=np.uint16)
    path = tmp_path / "p.tif"
    tifffile.imwrite(path, GRAY, photometric="palette", colormap=colours * 257)
    np.testing.assert_array_equal(raw(path), colours.T.astype(np.uint8)[GRAY])


def test_planes_of_colour_may_lie_apart(tmp_path):
    path = tmp_path / "a.tif"
    for tile in (None, (16, 16)):
        for compression in (None, "zlib"):
            tifffile.imwrite(
                path,
                np.moveaxis(RGB, -1, 0),
                photometric="rgb",
                planarconfig="separate",
                tile=tile,
                compression=compression,
            )
            np.testing.assert_array_equal(raw(path), RGB)


@pytest.mark.parametrize("kind", ["ome", "imagej"])
def test_named_channels(tmp_path, kind):
    """Five channels: all are kept for measurements, the network sees the first three or those asked for."""
    path = tmp_path / ("a.ome.tif" if kind == "ome" else "a.tif")
    tifffile.imwrite(path, MANY, imagej=kind == "imagej", metadata={"axes": "CYX"})
    with open_image(path) as source:
        assert source.info.axes == "CYX"
        assert source.info.channels == 5
        assert "first 3 of its 5 channels" in source.info.notes[-1]
    stacked = np.moveaxis(MANY, 0, -1)
    np.testing.assert_array_equal(raw(path), stacked)
    np.testing.assert_array_equal(steps(path), normalise(stacked[..., :3]))
    np.testing.assert_array_equal(steps(path, channels=(4, 0, 2)), normalise(stacked[..., [4, 0, 2]]))
    with pytest.raises(ReadError, match="has no channel 5, it holds 5; choose --channels from 0 to 4"):
        open_image(path, channels=(0, 1, 5))


def test_two_channels_leave_the_third_empty(tmp_path):
    path = tmp_path / "a.tif"
    for pixels in (MANY[:2], np.moveaxis(MANY[:2], 0, -1)):
        tifffile.imwrite(path, pixels)
        expected = np.zeros((45, 70, 3), np.uint8)
        expected[..., :2] = normalise(np.moveaxis(MANY[:2], 0, -1))
        np.testing.assert_array_equal(steps(path), expected)


def test_stacks_ask_for_a_page(tmp_path):
    """Each plane of T × Z by its number, with its channels."""
    stack = rng.integers(0, 999, (2, 3, 2, 20, 30), dtype=np.uint16)
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, stack, metadata={"axes": "TZCYX"}, compression="zlib")
    with pytest.raises(ReadError, match=r"axes TZCYX: T \(time\) 2, Z \(depth\) 3; .* --page N \(0 to 5\)"):
        open_image(path)
    for page in range(6):
        np.testing.assert_array_equal(raw(path, page=page), np.moveaxis(stack[page // 3, page % 3], 0, -1))
    with pytest.raises(ReadError, match="has no page 6, it holds 6"):
        open_image(path, page=6)


def test_imagej_hyperstack_with_one_description(tmp_path):
    """ImageJ describes the first page only where the stack is one piece."""
    stack = rng.integers(0, 999, (4, 3, 20, 30), dtype=np.uint16)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "ZCYX"})
    np.testing.assert_array_equal(raw(path, page=2), np.moveaxis(stack[2], 0, -1))


def test_pages_of_unlike_size(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(GRAY, metadata=None)
        writer.write(GRAY[:20, :31], metadata=None)
    with pytest.raises(ReadError, match="holds 2 images: YX 45 × 70, YX 20 × 31"):
        open_image(path)
    np.testing.assert_array_equal(raw(path, page=1)[..., 0], GRAY[:20, :31])


def test_pyramid_gives_its_largest_level(tmp_path):
    """Sub-images, as OME writes them, and reduced pages after the first."""
    big = rng.integers(0, 256, (256, 320, 3), dtype=np.uint8)
    for name, options in (("sub.ome.tif", {"subifds": 2}), ("pages.tif", {})):
        with tifffile.TiffWriter(tmp_path / name) as writer:
            writer.write(big, tile=(64, 64), photometric="rgb", **options)
            for level in (2, 4):
                writer.write(
                    big[::level, ::level], tile=(64, 64), photometric="rgb", subfiletype=1, metadata=None
                )
        np.testing.assert_array_equal(raw(tmp_path / name), big)


def test_slide_gives_its_baseline(tmp_path):
    """SVS: tiles, a thumbnail, a smaller level, a label; only the first is the slide."""
    big = rng.integers(0, 256, (256, 320, 3), dtype=np.uint8)
    path = tmp_path / "a.svs"
    with tifffile.TiffWriter(path) as writer:
        text = "Aperio Image Library v11.2.1\n320x256 (64x64) JPEG/RGB Q=70|AppMag = 20|MPP = 0.4990"
        writer.write(big, tile=(64, 64), photometric="rgb", description=text, metadata=None)
        writer.write(
            big[::8, ::8], photometric="rgb", description="Aperio Image Library v11.2.1", metadata=None
        )
        writer.write(big[::4, ::4], tile=(64, 64), photometric="rgb", description="Aperio\n", metadata=None)
    with open_image(path) as source:
        assert source.info.pixel_size_um == (0.499, 0.499)
        np.testing.assert_array_equal(source.raw_rows(0, 256), big)


def test_flat_file_has_one_page(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(GRAY))
    open_image(path, page=0).close()
    with pytest.raises(ReadError, match="has no page 1"):
        open_image(path, page=1)


def test_decoders_do_not_write_to_the_screen(tmp_path, capfd):
    """libpng complains about colour profiles on standard error, in C, where no logger helps."""
    good = imagecodecs.png_encode(GRAY)
    text = struct.pack(">I", 9) + b"tEXt" + b"Comment\0x" + b"bad!"
    profile = struct.pack(">I", 12) + b"iCCP" + b"name\0\0nozlib" + b"bad!"
    path = tmp_path / "a.png"
    path.write_bytes(good[:33] + text + profile + good[33:])
    np.testing.assert_array_equal(raw(path)[..., 0], GRAY)
    path.write_bytes(good.replace(b"IDAT", b"kDAT"))
    with pytest.raises(ReadError, match="damaged PNG"):
        open_image(path)
    assert capfd.readouterr() == ("", "")


def test_wrong_checksum_is_refused(tmp_path):
    """A PNG whose pixels changed on the way must not give labels."""
    data = bytearray(imagecodecs.png_encode(GRAY))
    data[-14] ^= 1
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with pytest.raises(ReadError, match="the checksum of its IDAT is wrong"):
        open_image(path)


def test_real_images_equal_their_decoder(cells):
    """Training read all of them through imagecodecs; the reader must give the same values."""
    for path in sorted(cells.glob("*/images/*.png"))[::9]:
        pixels = imagecodecs.imread(path)
        expected = three(pixels) if pixels.ndim == 2 else normalise(pixels)
        np.testing.assert_array_equal(steps(path), expected, err_msg=path.name)
