"""What parties agree: terms, the market, outcome payments, investment, bonds."""
