"""Other systems that do the same work, set up from their registries, each in a folder of its own below build/peers."""
