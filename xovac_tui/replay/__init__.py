"""A record played back as if its chamber were there."""
