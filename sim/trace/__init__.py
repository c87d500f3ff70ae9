"""One path through the model: a family in both twins, a pound through the ledger."""
