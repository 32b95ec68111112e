"""The whole loop once, thin, offline: the main job on embedded defaults, ending in one page."""
