"""The report: reads results, contains no model."""
