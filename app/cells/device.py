"""The two steps that cost the most, in torch: trajectories step by step, diffusion in stacks of equal boxes.

A device has threads enough to make every step of every pixel, so paths aren't
shared here. The other steps are the CPU's: they take a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import DeviceError
from ..settings import FLOW_SCALE, Tracking
from .foreground import foreground
from .masks import Form

STILL = 0.1  # px; a pixel that moved less in LOOK steps has arrived
LOOK = 8  # steps between two looks at who has arrived: each look waits for the device
STACK = 32_000_000  # px of all boxes that are diffused together: some 0.6 GB of the device's memory
UNIT = 1e18  # one step's heat, as in app.cells.diffusion


def device_form(name: str) -> Form:
    """The form for a torch device by its name; DeviceError where it isn't there."""
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise DeviceError(f"no CUDA device for tracking on '{name}': use --device cpu")
    return Form(partial(end_points, device=device), partial(flow_errors, device=device))


@torch.inference_mode()
def end_points(
    flow: NDArray[np.float32], probability: NDArray[np.float32], tracking: Tracking, *, device: torch.device
) -> NDArray[np.int32]:
    """As app.cells.trajectories.end_points: `(H, W)` int32 flat indices of ends, -1 off the foreground."""
    mask = foreground(probability, tracking.probability_threshold, tracking.min_size)
    height, width = mask.shape
    inside = torch.from_numpy(mask).to(device)
    step = torch.from_numpy(flow).to(device) * inside / FLOW_SCALE  # (2, H, W)
    step /= step.square().sum(0).sqrt().clamp(min=1)
    field = torch.nn.functional.pad(step, (0, 1, 0, 1)).permute(1, 2, 0).reshape(-1, 2)  # ((H+1)(W+1), 2)
    starts = inside.nonzero().float()  # (n, 2)
    limit = torch.tensor([height - 1, width - 1], device=device, dtype=torch.float32)
    at = starts.clone()
    active = torch.arange(len(at), device=device)
    for first in range(0, tracking.niter, LOOK):
        moving = at[active]
        for _ in range(min(LOOK, tracking.niter - first)):
            moving = (moving + bilinear(field, width + 1, moving)).clamp(min=0).minimum(limit)
        arrived = (moving - at[active]).abs().sum(1) < STILL
        at[active] = moving
        active = active[~arrived]
        if len(active) == 0:
            break
    nearest = (at + 0.5).floor().to(torch.int32)
    ends = torch.full((height, width), -1, dtype=torch.int32, device=device)
    ends[inside] = nearest[:, 0] * width + nearest[:, 1]
    return ends.cpu().numpy()


def bilinear(field: torch.Tensor, stride: int, at: torch.Tensor) -> torch.Tensor:
    """`field` `(rows × stride, 2)` between the pixels, at `(n, 2)` places → `(n, 2)`."""
    corner = at.floor()
    ty, tx = (at - corner).split(1, dim=1)  # (n, 1) each
    index = corner[:, 0].long() * stride + corner[:, 1].long()
    upper = torch.lerp(field[index], field[index + 1], tx)
    lower = torch.lerp(field[index + stride], field[index + stride + 1], tx)
    return torch.lerp(upper, lower, ty)


@torch.inference_mode()
def flow_errors(
    labels: NDArray[np.int32], boxes: NDArray[np.int32], flow: NDArray[np.float32], *, device: torch.device
) -> NDArray[np.float64]:
    """As app.cells.diffusion.flow_errors: `(n + 1,)` mean squared flow error per id."""
    errors = np.zeros(len(boxes))
    there = torch.from_numpy(labels).to(device)
    wanted = torch.from_numpy(flow).to(device) / FLOW_SCALE
    for cells, side in stacks(boxes):
        corners = torch.from_numpy(boxes[cells].astype(np.int64)).to(device)  # (n, 4)
        offsets = torch.arange(side, device=device)
        ys = (corners[:, 0, None] + offsets).clamp(max=labels.shape[0] - 1)[:, :, None]  # (n, side, 1)
        xs = (corners[:, 1, None] + offsets).clamp(max=labels.shape[1] - 1)[:, None, :]
        ids = torch.from_numpy(cells.astype(np.int32)).to(device)[:, None, None]
        inside = there[ys, xs] == ids  # (n, side, side)
        # places beyond the image repeat its last row and column: not this cell's pixels again
        inside &= (offsets < (corners[:, 2] - corners[:, 0])[:, None])[:, :, None]
        inside &= (offsets < (corners[:, 3] - corners[:, 1])[:, None])[:, None, :]
        steps = 2 * (corners[:, 2] - corners[:, 0] + corners[:, 3] - corners[:, 1])
        own = own_flow(inside, steps.tolist())  # (2, n, side, side)
        error = (own - wanted[:, ys, xs]).square().sum(0) * inside
        errors[cells] = (error.sum((1, 2)) / inside.sum((1, 2))).cpu().numpy()
    return errors


def stacks(boxes: NDArray[np.int32]) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Ids whose boxes fit squares of one side, those that need most steps first, within STACK px."""
    heights, widths = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    longest = np.maximum(heights, widths)
    sides = np.where(longest > 0, 2 ** np.ceil(np.log2(np.maximum(longest, 16))), 0).astype(int)
    for side in np.unique(sides[sides > 0]):
        cells = np.flatnonzero(sides == side)
        cells = cells[np.argsort(-(heights + widths)[cells], kind="stable")]
        for group in np.array_split(cells, -(-len(cells) * side**2 // STACK)):
            yield group, int(side)


def own_flow(inside: torch.Tensor, steps: list[int]) -> torch.Tensor:
    """`(n, side, side)` masks, each with its count of steps, descending → `(2, n, side, side)` unit flow."""
    n = len(inside)
    number = torch.arange(n, device=inside.device)
    cy, cx = centres(inside)
    share = torch.nn.functional.pad(inside, (1, 1, 1, 1)).float()
    heat = torch.zeros_like(share)
    active = n
    for step in range(steps[0]):
        while steps[active - 1] <= step:
            active -= 1
        heat[number[:active], cy[:active] + 1, cx[:active] + 1] += UNIT
        heat[:active] = torch.nn.functional.avg_pool2d(heat[:active], 3, 1, 1) * share[:active]
    log = torch.log1p(heat.double() / UNIT)
    flow = torch.stack((log[:, 2:, 1:-1] - log[:, :-2, 1:-1], log[:, 1:-1, 2:] - log[:, 1:-1, :-2]))
    return (flow / flow.square().sum(0).sqrt().clamp(min=1e-60)).float()


def centres(inside: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows and columns `(n,)` of each mask's own pixel nearest to its median."""
    side = inside.shape[1]
    offsets = torch.arange(side, device=inside.device)
    total = inside.sum((1, 2))[:, None]  # (n, 1)
    middles = []
    for axis in (2, 1):
        seen = inside.sum(axis).cumsum(1)  # (n, side) pixels up to each row, or column
        low = (seen <= (total - 1) // 2).sum(1)
        high = (seen <= total // 2).sum(1)
        middles.append((low + high)[:, None] / 2)
    far = (offsets - middles[0]).square()[:, :, None] + (offsets - middles[1]).square()[:, None, :]
    nearest = far.masked_fill(~inside, torch.inf).flatten(1).argmin(1)
    return nearest // side, nearest % side
