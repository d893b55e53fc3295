"""What the weights' index says of the steps after the network, brought into a job."""

from __future__ import annotations

from dataclasses import replace

from ..errors import UsageError
from ..network import Network, Progress, ScaleBands, Setting, Weights, find_weights
from ..settings import Job


def chosen_weights(weights: str, settings: str, scales: str, specialist: str = "auto") -> Weights:
    """The weights of a name or path. Raises WeightsError, or UsageError for a `specialist` of no name.

    They come without their calibration under the `settings` "default", and
    scales that a user names are not left out by it. A specialist that is named
    is the only model, "none" is without.
    """
    found = alone(find_weights(weights), specialist)
    if settings == "default" or found.calibration is None:
        return replace(found, calibration=None)
    return found if scales == "auto" else replace(found, calibration=found.calibration.with_all_scales())


def alone(weights: Weights, specialist: str) -> Weights:
    """The weights as `--specialist` asks for them."""
    if specialist == "auto":
        return weights
    told = weights.specialists
    if specialist == "none":
        return replace(weights, specialists=None)
    one = told.named(specialist) if told else None
    if one is None:
        names = ", ".join(model.name for model in told.models) if told else "it has none"
        raise UsageError(f"specialist '{specialist}': {weights.name} knows no such model; {names}")
    return replace(weights, members=(one.member,), specialists=None, calibration=None)


def calibrated(job: Job, weights: Weights) -> Job:
    """`job` with the setting that holds for every image that no modality claims."""
    if weights.calibration is None:
        return job
    common = weights.calibration.common
    scales = ",".join(f"{scale:g}" for scale in common.scales)
    return with_setting(replace(job, scales=scales or job.scales), common)


def with_setting(job: Job, setting: Setting) -> Job:
    """`job` with the tracking and merging of a setting."""
    return replace(job, tracking=setting.tracking, merging=setting.merging)


def for_image(
    job: Job, network: Network, bands: ScaleBands, progress: Progress
) -> tuple[Job, ScaleBands, Setting]:
    """Job, layers that count, and setting of one image whose passes are over."""
    setting = network.setting(progress, Setting(tracking=job.tracking, merging=job.merging))
    return with_setting(job, setting), setting.heard(bands), setting


def in_words(weights: Weights) -> str:
    """For the log: which settings hold."""
    if weights.calibration is None:
        return "settings default"
    others = ", ".join(f"{one.setting.name}: {one.setting}" for one in weights.calibration.modalities)
    return f"settings calibrated: {weights.calibration.common}{f'; {others}' if others else ''}"
