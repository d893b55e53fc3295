"""Colours that readers with any colour vision tell apart (Okabe and Ito, 2008, "Color Universal Design")."""

ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"

SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION)  # yellow is too faint on white


def rgb(colour: str) -> tuple[int, int, int]:
    """`#RRGGBB` → 0..255 each."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
