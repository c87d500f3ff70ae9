"""What is run, and how the runs are carried out."""
