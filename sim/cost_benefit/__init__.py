"""The cost-benefit tool: a user's file, where benefits come from, the cases made of them."""
