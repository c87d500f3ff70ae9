"""The institutions: parties with accounts, and the decisions each kind makes."""
