"""A place: what its files say, its families, its services, and how it is settled and fitted."""
