"""The name by which others call the tracking: `app.flows.compute_masks`. It happens in `cells`."""

from .cells import compute_masks

__all__ = ["compute_masks"]
