"""What a shop has to be like, in plain Python: one creator, one workshop, and nobody else at work."""
