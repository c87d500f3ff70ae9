"""Tables and files of finished runs."""
