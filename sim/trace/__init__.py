"""One family followed through the model, where an arrangement runs and where nothing is done."""
