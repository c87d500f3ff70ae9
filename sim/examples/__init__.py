"""Published examples, worked."""
