"""Every error that a user may meet, in one small tree.

    MediarError
    ├── UsageError          wrong flags or settings             exit status 2
    ├── ImageError          one image; the rest of the folder goes on
    │   ├── ReadError       the file can't be read as an image
    │   ├── MemoryLimitError  it would not fit the memory allowed
    │   ├── TrackingError   flows that can't be tracked (NaN, wrong shape)
    │   └── WriteError      its outputs can't be written
    ├── RequestError        what a client of `serve` asks for can't be done


    │   ├── WriteError      its outputs can't be written
    │   └── PartError       a part of a slide failed on every worker that tried it
    ├── WeightsError        weights are missing, damaged or of another shape
    └── DeviceError         the device asked for is not there
        └── ClusterError    the workers, or whoever deals out their work, are gone

Each message is one line: what, what was wrong with it, what to do.
"""


class MediarError(Exception):
    """Base of all; `str()` is the line that the user sees."""


class UsageError(MediarError):
    """Wrong flags or settings."""


class ImageError(MediarError):
    """One image failed; the others are not touched by it."""


class ReadError(ImageError):
    """The file can't be read as an image."""


class MemoryLimitError(ImageError):
    """The image would need more memory than is allowed."""


class TrackingError(ImageError):
    """Flow or probability can't be tracked."""


class WriteError(ImageError):
    """An output can't be written."""


class PartError(ImageError):
    """A part of a slide failed on every worker that tried it."""


class WeightsError(MediarError):
    """Weights are missing, damaged or of another architecture."""


class DeviceError(MediarError):
    """The device asked for is not there."""


class RequestError(MediarError):
    """What a client of `serve` asks for can't be done; `status` is HTTP's word for why."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class ClusterError(DeviceError):
    """The workers, or whoever deals out their work, are gone."""
