"""Charts in character cells: numbers in, cells out."""
