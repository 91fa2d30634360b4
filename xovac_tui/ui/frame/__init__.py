"""What surrounds every tab: bars, strips and the notice for a small terminal."""
