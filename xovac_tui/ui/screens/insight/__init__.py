"""The Insight tab."""
