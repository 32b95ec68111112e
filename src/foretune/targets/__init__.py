"""Forward returns: the only room that looks ahead."""
