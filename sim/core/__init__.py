"""What everything else stands on: money, luck, values with their sources."""
