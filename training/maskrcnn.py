"""Mask R-CNN (He et al., ICCV 2017) as torchvision has it, for cells: random weights, small anchors.

What it finds in an image and in its two mirror images goes into one label image
in order of confidence: an instance takes what is still free, and none that is
covered by more than half.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.batches import Batch
from training.data import Sample
from training.precision import fastest
from training.settings import Phase

Found = tuple[NDArray[np.bool_], NDArray[np.float32]]  # (N, H, W) masks, (N,) scores

ANCHORS = ((8,), (16,), (32,), (64,), (128,))  # px, one size at each of the five maps of the pyramid
MOST = 400  # instances of a view
SURE = 0.5  # least score of an instance, and least value of a pixel inside
MIN_SIZE = 16  # px
MIRRORED = ((), (2,), (1,))  # axes of (3, H, W)


def mask_rcnn(_phase: Phase) -> nn.Module:
    """ResNet-50 with a feature pyramid; nothing is downloaded, images are taken at their own size."""
    from torchvision.models.detection import maskrcnn_resnet50_fpn
    from torchvision.models.detection.anchor_utils import AnchorGenerator

    model: nn.Module = maskrcnn_resnet50_fpn(
        weights=None,
        weights_backbone=None,
        num_classes=2,
        rpn_anchor_generator=AnchorGenerator(ANCHORS, ((0.5, 1.0, 2.0),) * len(ANCHORS)),
        rpn_post_nms_top_n_test=MOST,
        box_detections_per_img=MOST,
        box_score_thresh=SURE,
        _skip_resize=True,
    )
    return model


def rcnn_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    _loss: object,
    rate: float,
    clip: float,
    device: str,
) -> tuple[float, float, float]:
    """One step as `fit.train_step`: the losses of boxes and masks, those of proposals, the norm."""
    image, labels, _ = batch
    for group in optimizer.param_groups:
        group["lr"] = rate
    with fastest(device):
        losses = model(list(image.to(device)), [target(one) for one in labels])
    first = losses["loss_classifier"] + losses["loss_box_reg"] + losses["loss_mask"]
    second = losses["loss_objectness"] + losses["loss_rpn_box_reg"]
    optimizer.zero_grad(set_to_none=True)
    (first + second).backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    return first.item(), second.item(), norm.item()


def target(labels: torch.Tensor) -> dict[str, torch.Tensor]:
    """`(S, S)` labels → boxes `(N, 4)` x0, y0, x1, y1, classes `(N,)` and masks `(N, S, S)`."""
    ids = torch.unique(labels[labels > 0])
    masks = labels[None] == ids[:, None, None]  # (N, S, S)
    boxes = torch.zeros(len(ids), 4)
    for box, mask in zip(boxes, masks, strict=True):
        ys, xs = torch.nonzero(mask, as_tuple=True)
        box[:] = torch.stack([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
    return {"boxes": boxes, "labels": torch.ones(len(ids), dtype=torch.int64), "masks": masks.to(torch.uint8)}


@torch.inference_mode()
def instances(model: nn.Module, sample: Sample, _phase: Phase) -> NDArray[np.int32]:
    """`(H, W)` labels of a whole image: three views, one order of confidence."""
    image = torch.from_numpy(sample.image.transpose(2, 0, 1).astype(np.float32) / 255)
    views = []
    for axes in MIRRORED:
        (found,) = model([image.flip(axes)])
        views.append(turned_back(found, axes))
    masks, scores = (np.concatenate([view[part] for view in views]) for part in (0, 1))
    return in_order(masks, scores)


def turned_back(found: Mapping[str, Any], axes: Sequence[int]) -> Found:
    """Masks of a view on the image's own grid, and scores."""
    masks = (found["masks"][:, 0] > SURE).flip(tuple(axes))  # the axes of (N, H, W) are those of (3, H, W)
    return masks.numpy(), found["scores"].float().numpy()


def in_order(masks: NDArray[np.bool_], scores: NDArray[np.float32]) -> NDArray[np.int32]:
    """Labels 1..n: the surest instance first, then what is mostly free."""
    labels = np.zeros(masks.shape[1:], np.int32)
    count = 0
    for i in np.argsort(-scores, kind="stable"):
        free = masks[i] & (labels == 0)
        if free.sum() >= max(MIN_SIZE, masks[i].sum() / 2):
            count += 1
            labels[free] = count
    return labels
