"""Makes the weights: data, augmentation, phases, selection."""
