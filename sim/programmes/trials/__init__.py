"""Trials emulated: what was published of each, the same measured in the model, and effects solved so that both agree."""
