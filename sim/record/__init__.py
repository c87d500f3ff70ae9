"""What is taken down of a run, and the rows made of it."""
