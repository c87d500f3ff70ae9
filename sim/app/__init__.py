"""One page in a browser: arrangements compared live, in a trainer's order (docs/teaching.md)."""
