"""What shapes a MEDIAR-Former, apart from its weights; read off a state dict without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

# blocks in each of the four stages, and channels of the first (Xie et al., SegFormer, 2021, table 6)
ENCODERS: dict[tuple[tuple[int, ...], int], str] = {
    ((2, 2, 2, 2), 32): "mit_b0",
    ((2, 2, 2, 2), 64): "mit_b1",
    ((3, 4, 6, 3), 64): "mit_b2",
    ((3, 4, 18, 3), 64): "mit_b3",
    ((3, 8, 27, 3), 64): "mit_b4",
    ((3, 6, 40, 3), 64): "mit_b5",
}


@dataclass(frozen=True)
class Architecture:
    """What shapes the network; `to_dict` of it stands in the weights index."""

    encoder: str = "mit_b0"
    decoder: tuple[int, ...] = (256, 128, 64, 32, 16)  # channels at 1/16, 1/8, 1/4, 1/2, 1/1
    pab: int = 64  # channels of the position-wise attention at 1/32

    @property
    def name(self) -> str:
        """One word that tells architectures apart, fit for a file name."""
        return "-".join([self.encoder, *map(str, self.decoder), f"pab{self.pab}"])

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Architecture:
        """The inverse of `to_dict`."""
        return cls(str(values["encoder"]), tuple(values["decoder"]), int(values["pab"]))  # type: ignore[arg-type, call-overload]

    @classmethod
    def from_shapes(cls, shapes: Mapping[str, tuple[int, ...]]) -> Architecture:
        """Reads it off a state dict's shapes; raises ValueError where they are of another network."""
        try:
            first = shapes["encoder.patch_embed1.proj.weight"][0]
            depths = tuple(
                sum(f"encoder.block{i}.{j}.norm1.weight" in shapes for j in range(64)) for i in (1, 2, 3, 4)
            )
            # the second convolution of a decoder block gives the block's output
            decoder = tuple(shapes[f"decoder.blocks.{i}.conv2.0.weight"][0] for i in range(5))
            pab = shapes["decoder.center.top_conv.weight"][0]
            return cls(ENCODERS[depths, first], decoder, pab)
        except (KeyError, IndexError) as missing:
            raise ValueError(f"not a MEDIAR-Former: {missing} is not there") from missing

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {**asdict(self), "decoder": list(self.decoder)}


OFFICIAL = Architecture("mit_b5", (1024, 512, 256, 128, 64), 256)  # the published checkpoints
