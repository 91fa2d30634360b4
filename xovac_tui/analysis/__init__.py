"""What the readings mean: lines, stability, vacuum, forecasts and advice. Pure."""
