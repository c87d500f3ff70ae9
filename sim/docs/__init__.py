"""Tables of the description of the model, made from what the code declares."""
