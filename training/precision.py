"""What a step is computed in: bfloat16 where the processor has it, else float32.

Without instructions for bfloat16 PyTorch multiplies matrices by plain loops: a
product of 1024 × 1024 took sixty times as long as in float32 on an AMD EPYC
with AVX2, and so would a laptop's.
"""

from __future__ import annotations

from functools import cache

import torch

INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "arm_bf16", "bf16")  # any of them, as torch.cpu names them


@cache
def has_bfloat16(device: str) -> bool:
    """Whether `device`, "cpu" or any CUDA one, computes in bfloat16 and not around it."""
    if not device.startswith("cpu"):
        return True
    has = torch.cpu.get_capabilities()
    return any(has.get(name, False) for name in INSTRUCTIONS)


def fastest(device: str = "cpu") -> torch.autocast:
    """The context that a network is called in, in training and where its training is judged."""
    kind = device.split(":")[0]
    return torch.autocast(kind, torch.bfloat16, enabled=has_bfloat16(device))
