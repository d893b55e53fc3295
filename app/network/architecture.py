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


STAGES = 4  # of a whole encoder


@dataclass(frozen=True)
class Architecture:
    """What shapes the network; `to_dict` of it stands in the weights index.

    A short network has the first stages of its encoder only, and no position-wise
    attention: with 2, its decoder begins at 1/8 with the first of `decoder`.
    """

    encoder: str = "mit_b0"
    decoder: tuple[int, ...] = (256, 128, 64, 32, 16)  # channels at 1/16, 1/8, 1/4, 1/2, 1/1
    pab: int = 64  # channels of the position-wise attention at 1/32; 0 in a short network
    stages: int = STAGES  # of the encoder

    def __post_init__(self) -> None:
        """Raises ValueError where the numbers don't fit each other."""
        if self.encoder not in ENCODERS.values():
            raise ValueError(f"encoder '{self.encoder}' is none of {', '.join(ENCODERS.values())}")
        blocks = self.stages + (1 if self.whole else 2)
        if not 2 <= self.stages <= STAGES or len(self.decoder) != blocks or bool(self.pab) != self.whole:
            raise ValueError(
                f"{self.stages} stages, decoder {list(self.decoder)}, pab {self.pab} don't fit: 4 stages "
                "have 5 numbers and a pab, 3 have 5 and none (0), 2 have 4 and none"
            )

    @property
    def whole(self) -> bool:
        """Whether it has all stages."""
        return self.stages == STAGES

    @property
    def name(self) -> str:
        """One word that tells architectures apart, fit for a file name."""
        end = f"pab{self.pab}" if self.whole else f"stages{self.stages}"
        return "-".join([self.encoder, *map(str, self.decoder), end])

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Architecture:
        """The inverse of `to_dict`."""
        stages = int(values.get("stages", STAGES))  # type: ignore[call-overload]  # older indices have none
        return cls(str(values["encoder"]), tuple(values["decoder"]), int(values["pab"]), stages)  # type: ignore[arg-type, call-overload]

    @classmethod
    def from_shapes(cls, shapes: Mapping[str, tuple[int, ...]]) -> Architecture:
        """Reads it off a state dict's shapes; raises ValueError where they are of another network."""
        try:
            width = shapes["encoder.patch_embed1.proj.weight"][0]
            depths = tuple(
                sum(f"encoder.block{i}.{j}.norm1.weight" in shapes for j in range(64))
                for i in range(1, STAGES + 1)
            )
            stages = STAGES - depths.count(0)
            encoder = {(blocks[:stages], w): name for (blocks, w), name in ENCODERS.items()}[
                depths[:stages], width
            ]
            # the second convolution of a decoder block gives the block's output
            decoder = [shapes[f"decoder.blocks.{i}.conv2.0.weight"][0] for i in range(stages + 1)]
            if stages < STAGES:
                return cls(encoder, (shapes["decoder.center.conv2.0.weight"][0], *decoder), 0, stages)
            return cls(encoder, tuple(decoder), shapes["decoder.center.top_conv.weight"][0])
        except (KeyError, IndexError) as missing:
            raise ValueError(f"not a MEDIAR-Former: {missing} is not there") from missing

    def to_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON."""
        return {**asdict(self), "decoder": list(self.decoder)}


OFFICIAL = Architecture("mit_b5", (1024, 512, 256, 128, 64), 256)  # the published checkpoints
COMPACT = Architecture("mit_b0", (128, 64, 32, 16), 0, 2)  # the carried pair
WIDE = Architecture("mit_b1", (256, 128, 32, 16), 0, 2)  # its specialists that were widened
