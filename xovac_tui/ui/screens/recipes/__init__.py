"""What is done with recipes from the Recipes tab: load and start, make, keep, exchange."""
